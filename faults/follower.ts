// A client that sends one message and follows its task to the end, whichever gateway dies: it keeps every frame.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { stateOf } from '../test/harness/frames';
import { streamMessage, subscribe, type Frame, type Stream } from '../test/harness/stream';
import type { WireMessage } from '../test/harness/wire';

/** Between two tries of a client that was refused, in milliseconds. */
const RETRY_MS = 100;

const SEEN_POLL_MS = 20;

const TERMINAL = /_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

export interface FollowerOptions {
  /** The gateways; the next one is tried after each failure. Asked at each try, for they may come and go. */
  readonly urls: () => readonly string[];
  readonly message: WireMessage;
  /** Which of the gateways is the first. Default: 0. */
  readonly first?: number;
  /** Epoch milliseconds after which it gives up. */
  readonly deadline: number;
}

export interface Reconnect {
  /** Epoch milliseconds at which the stream before was cut. */
  readonly cutAt: number;
  /** From the request that was taken to its first frame. */
  readonly firstFrameMs: number;
}

export class Follower {
  /** Each event as it came; the snapshots with which resumed streams begin are left out. */
  readonly frames: Frame[] = [];
  readonly reconnects: Reconnect[] = [];
  /** Resolves when the task has ended, or the deadline is over. */
  readonly over: Promise<void>;
  readonly key = randomUUID();
  private readonly options: FollowerOptions;
  private tries: number;
  private open: Stream | undefined;

  constructor(options: FollowerOptions) {
    this.options = options;
    this.tries = options.first ?? 0;
    this.over = this.follow();
  }

  /** Absent until the first frame. */
  get taskId(): string | undefined {
    return this.frames[0]?.event.task?.id;
  }

  get message(): WireMessage {
    return this.options.message;
  }

  get lastId(): number {
    return this.frames.findLast(({ id }) => id !== undefined)?.id ?? 0;
  }

  /** The last event that has come by now, also on a stream that is still open. */
  get seenId(): number {
    return Math.max(this.lastId, this.open?.lastId ?? 0);
  }

  get hasEnded(): boolean {
    return this.frames.some((frame) => TERMINAL.test(stateOf(frame) ?? ''));
  }

  private async follow(): Promise<void> {
    let cutAt: number | undefined;
    while (!this.hasEnded && Date.now() < this.options.deadline) {
      const isResumed = this.taskId !== undefined;
      const from = Date.now();
      const stream = await this.request().catch(() => undefined);
      if (stream === undefined) {
        this.tries += 1;
        await delay(RETRY_MS);
        continue;
      }
      await this.read(stream, isResumed);
      const [first] = stream.frames;
      if (cutAt !== undefined && first !== undefined) {
        this.reconnects.push({ cutAt, firstFrameMs: first.at - from });
      }
      cutAt = Date.now();
      this.tries += 1;
    }
  }

  private request(): Promise<Stream> {
    const { urls, message } = this.options;
    const all = urls();
    const url = all[this.tries % all.length] ?? '';
    if (this.taskId !== undefined) return subscribe(url, this.taskId, this.lastId);
    return streamMessage(url, message, { 'Idempotency-Key': this.key });
  }

  /** Takes the frames as they come, so that a stream that is cut has left them here. */
  private async read(stream: Stream, isResumed: boolean): Promise<void> {
    this.open = stream;
    const late = AbortSignal.timeout(Math.max(1, this.options.deadline - Date.now()));
    late.addEventListener('abort', () => stream.close(), { once: true });
    await stream.over;
    this.frames.push(...stream.frames.slice(isResumed ? 1 : 0));
    this.open = undefined;
  }
}

/** Resolves when each has seen so many events, or is over. */
export async function untilSeen(followers: readonly Follower[], events: number): Promise<void> {
  for (const follower of followers) {
    let isOver = false;
    void follower.over.then(() => {
      isOver = true;
    });
    while (!isOver && follower.seenId < events) await delay(SEEN_POLL_MS);
  }
}
