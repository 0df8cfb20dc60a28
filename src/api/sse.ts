// Server-sent events on one response: frames, ids, keep-alive, backpressure, disconnect.

import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { watchReader } from './reader-watch';

/**
 * Below the 5 s read timeout of common clients, with room for a busy event loop. One newline: with
 * ids in use, a blank line after the comment makes a Python parser deliver an empty event.
 */
const SSE_KEEP_ALIVE_MS = 3_500;
const KEEP_ALIVE = ': ka\n';

/** Frames that are ready together leave in writes of this size: half the cost of one write each. */
const COALESCE_BYTES = 16_384;

/** A client that reads nothing for so long is cut off; with its cursor it can come back. */
export const WRITE_STALL_MS = 30_000;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  Connection: 'keep-alive',
  'X-Accel-Buffering': 'no',
};

export interface SseFrame {
  /** One line of JSON. */
  readonly data: string;
  readonly id?: number;
  /** An SSE event name; only errors have one. */
  readonly event?: 'error';
}

export interface SseOptions {
  /**
   * `per-event`: every event is one write that starts with `data: `, its id a write before it.
   * Clients that read HTTP chunks instead of events depend on it.
   */
  readonly writes: 'per-event' | 'coalesced';
  /** Default: `WRITE_STALL_MS`. */
  readonly stallMs?: number;
}

/** One stream. Created before the first frame; `open` or `openInTime` sends the headers. */
export class SseResponse {
  private readonly res: ServerResponse;
  private readonly perEvent: boolean;
  private readonly writeRaw: (text: string) => boolean;
  private readonly endRaw: () => void;
  private pending = '';
  private flushTimer: NodeJS.Immediate | undefined;
  private keepAlive: NodeJS.Timeout | undefined;
  private patience: NodeJS.Timeout | undefined;
  private hasWrittenInBulk = false;
  private readonly stallMs: number;
  private isWatched = false;

  constructor(res: ServerResponse, { writes, stallMs = WRITE_STALL_MS }: SseOptions) {
    this.res = res;
    this.stallMs = stallMs;
    this.perEvent = writes === 'per-event';
    // Kept, because the REST edge puts this object behind `res.write` and `res.end`.
    const write = res.write.bind(res) as (text: string) => boolean;
    const end = res.end.bind(res) as () => void;
    this.writeRaw = write;
    this.endRaw = end;
  }

  open(): void {
    clearTimeout(this.patience);
    if (!this.res.headersSent) {
      this.res.statusCode = 200;
      // Not by `writeHead`, which may not keep them: the REST edge looks at the content type.
      for (const [name, value] of Object.entries(HEADERS)) this.res.setHeader(name, value);
      this.res.flushHeaders();
    }
    this.startKeepAlive();
  }

  /**
   * Sends the headers when the first frame takes long: a reply has none until it is there, and
   * clients give up on silence. A refusal after that is a frame instead of a status.
   */
  openInTime(): void {
    this.patience = setTimeout(() => {
      if (this.res.headersSent) return;
      this.open();
      this.writeRaw(KEEP_ALIVE);
    }, SSE_KEEP_ALIVE_MS);
    this.res.once('close', () => {
      clearTimeout(this.patience);
    });
  }

  private startKeepAlive(): void {
    if (this.keepAlive !== undefined) return;
    this.keepAlive = setInterval(() => {
      this.flush();
      // A full socket needs no comment; but nobody may be there any more to empty it.
      if (this.res.writableNeedDrain) this.watch();
      else this.writeRaw(KEEP_ALIVE);
    }, SSE_KEEP_ALIVE_MS);
    this.res.once('close', () => {
      clearInterval(this.keepAlive);
    });
  }

  /** Queues one frame. Await `ready` before the next one. */
  write(frame: SseFrame): void {
    const id = frame.id === undefined ? '' : `id: ${String(frame.id)}\n`;
    const event = frame.event === undefined ? '' : `event: ${frame.event}\n`;
    const data = `data: ${frame.data}\n\n`;
    if (this.perEvent) {
      if (id !== '') this.writeRaw(id);
      this.writeRaw(event + data);
      return;
    }
    this.pending += id + event + data;
    if (this.pending.length < COALESCE_BYTES) {
      this.flushTimer ??= global.setImmediate(() => {
        this.flush();
      });
      return;
    }
    this.flush();
    this.hasWrittenInBulk = true;
  }

  /** Resolves when the client has taken what was written; cuts off one that takes nothing. */
  async ready(): Promise<void> {
    // A replay has all its events at hand; without a break it would block every other request.
    if (this.hasWrittenInBulk) await setImmediate();
    this.hasWrittenInBulk = false;
    if (!this.res.writableNeedDrain || this.res.destroyed) return;
    this.watch();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.res.off('drain', done);
        this.res.off('close', done);
        resolve();
      };
      this.res.once('drain', done);
      this.res.once('close', done);
    });
  }

  /** Until the socket has room again. */
  private watch(): void {
    if (this.isWatched) return;
    this.isWatched = true;
    const stop = watchReader(this.res.socket, {
      ms: this.stallMs,
      onStall: () => {
        this.res.destroy();
      },
    });
    const done = (): void => {
      this.isWatched = false;
      this.res.off('drain', done);
      this.res.off('close', done);
      stop();
    };
    this.res.once('drain', done);
    this.res.once('close', done);
  }

  end(): void {
    clearTimeout(this.patience);
    clearInterval(this.keepAlive);
    this.flush();
    if (this.res.writableNeedDrain) this.watch();
    if (!this.res.writableEnded) this.endRaw();
  }

  private flush(): void {
    if (this.flushTimer !== undefined) clearImmediate(this.flushTimer);
    this.flushTimer = undefined;
    if (this.pending === '' || this.res.writableEnded) return;
    const text = this.pending;
    this.pending = '';
    this.writeRaw(text);
  }
}
