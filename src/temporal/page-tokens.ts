// Page tokens of listings: the last task of a page, signed together with what was listed.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { TaskError, TaskErrorReason } from './task-error';

/** The last task of a page: the next page begins after it. */
export interface Cursor {
  /** Of its status, RFC 3339. */
  readonly time: string;
  readonly id: string;
}

/** 128 bits: as hard to guess as a task id. */
const SIGNATURE_BYTES = 16;

export class PageTokens {
  private readonly key: Buffer;

  constructor(key: Buffer) {
    this.key = key;
  }

  /** @param filter what is listed, and whose: a token is good for nothing else. */
  write(filter: string, { time, id }: Cursor): string {
    const position = Buffer.from(JSON.stringify([time, id]));
    const signature = this.sign(filter, position);
    return Buffer.concat([signature, position]).toString('base64url');
  }

  /** @throws TaskError `invalid` for a token of another listing, or of somebody else's making. */
  read(filter: string, token: string): Cursor {
    const bytes = Buffer.from(token, 'base64url');
    const signature = bytes.subarray(0, SIGNATURE_BYTES);
    const position = bytes.subarray(SIGNATURE_BYTES);
    if (
      signature.length < SIGNATURE_BYTES ||
      !timingSafeEqual(signature, this.sign(filter, position))
    ) {
      throw new TaskError(TaskErrorReason.invalid, 'pageToken: not a token of this listing');
    }
    const [time, id] = JSON.parse(position.toString()) as [string, string];
    return { time, id };
  }

  private sign(filter: string, position: Buffer): Buffer {
    const hmac = createHmac('sha256', this.key).update(filter).update('\n').update(position);
    return hmac.digest().subarray(0, SIGNATURE_BYTES);
  }
}
