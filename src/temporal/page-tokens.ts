// Page tokens of listings: the last task of a page, signed together with what was listed.

import { readSigned, writeSigned } from './signed-token';
import { TaskError, TaskErrorReason } from './task-error';

/** The last task of a page: the next page begins after it. */
export interface Cursor {
  /** Of its status, RFC 3339. */
  readonly time: string;
  readonly id: string;
}

export class PageTokens {
  private readonly key: Buffer;

  constructor(key: Buffer) {
    this.key = key;
  }

  /** @param filter what is listed, and whose: a token is good for nothing else. */
  write(filter: string, { time, id }: Cursor): string {
    return writeSigned(this.key, filter, JSON.stringify([time, id]));
  }

  /** @throws TaskError `invalid` for a token of another listing, or of somebody else's making. */
  read(filter: string, token: string): Cursor {
    const position = readSigned(this.key, filter, token);
    if (position === undefined) {
      throw new TaskError(TaskErrorReason.invalid, 'pageToken: not a token of this listing');
    }
    const [time, id] = JSON.parse(position) as [string, string];
    return { time, id };
  }
}
