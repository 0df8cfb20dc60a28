// A client that stops reading in the middle of a stream, is cut off, and comes back for the rest.

import { createHash } from 'node:crypto';
import { LeanReader, type LeanFrame } from './lean-reader';
import type { ServerSocket } from './server-sockets';

/** The digest of each event by its number. */
export type Digests = Map<number, string>;

export function digestOf({ raw }: LeanFrame): string {
  return createHash('sha256').update(raw).digest('base64');
}

export interface StalledReaderOptions {
  readonly url: string;
  readonly taskId: string;
  /** Frames after which it stops. */
  readonly stopsAfter: number;
}

export class StalledReader {
  /** Of everything that it has read, in the order of its arrival. */
  readonly read: (readonly [id: number, digest: string])[] = [];
  /** Epoch milliseconds at which the server was seen to have let go of it. */
  cutAt: number | undefined;
  /** Epoch milliseconds at which its system was last seen to take something. */
  tookAt = 0;
  isStalled = false;
  private readonly options: StalledReaderOptions;
  private readonly reader: LeanReader;
  private owedBytes = -1;

  constructor(options: StalledReaderOptions) {
    this.options = options;
    this.reader = this.open(0);
  }

  /** What the system tells of its connection now. */
  look(sockets: ReadonlyMap<number, ServerSocket>): void {
    if (!this.isStalled || this.cutAt !== undefined) return;
    const { isOpen = false, owedBytes = 0 } = sockets.get(this.reader.port) ?? {};
    if (!isOpen) this.cutAt = Date.now();
    else if (owedBytes !== this.owedBytes) this.tookAt = Date.now();
    this.owedBytes = owedBytes;
  }

  /** Reads what is left of the old connection, and then all that is missing. */
  async comeBack(): Promise<void> {
    this.reader.resume();
    await this.reader.over;
    await this.open(this.read.at(-1)?.[0] ?? 0).over;
  }

  close(): void {
    this.reader.close();
  }

  private open(cursor: number): LeanReader {
    const { url, taskId, stopsAfter } = this.options;
    let isSnapshot = true;
    const reader = new LeanReader({
      ...{ url, method: 'SubscribeToTask', params: { id: taskId }, cursor },
      onFrame: (frame) => {
        if (!isSnapshot) this.read.push([frame.id, digestOf(frame)]);
        isSnapshot = false;
        if (cursor === 0 && !this.isStalled && this.read.length >= stopsAfter) {
          reader.pause();
          this.isStalled = true;
        }
      },
    });
    return reader;
  }
}
