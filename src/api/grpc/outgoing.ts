// The messages of one stream on their way out: how much waits for the client, and how long.

import type { ServerWritableStream } from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { WRITE_STALL_MS } from '../sse';

type StreamCall = ServerWritableStream<unknown, unknown>;

/** More waits in no stream, besides the one message that went over it. */
const UNSENT_BYTES = 16_384;

export class Outgoing {
  private readonly call: StreamCall;
  private readonly writeRaw: (bytes: Buffer, taken: () => void) => void;
  private readonly signal: AbortSignal;
  private unsentBytes = 0;
  private stall: NodeJS.Timeout | undefined;
  private wake: (() => void) | undefined;

  /** @param signal aborts when nobody waits for the stream any more. */
  constructor(call: StreamCall, signal: AbortSignal) {
    this.call = call;
    // Kept, because the edge puts this object behind `call.write`.
    const write = call.write.bind(call) as (bytes: Buffer, taken: () => void) => boolean;
    this.writeRaw = write;
    this.signal = signal;
    call.once('cancelled', () => {
      clearTimeout(this.stall);
    });
    signal.addEventListener('abort', () => this.wake?.(), { once: true });
  }

  /** Queues one message. Await `ready` before the next one. */
  write(bytes: Buffer): void {
    this.unsentBytes += bytes.length;
    this.stall ??= setTimeout(() => {
      cutOff(this.call);
    }, WRITE_STALL_MS);
    // Told when HTTP/2 has sent it, which the client's window allows or does not.
    this.writeRaw(bytes, () => {
      this.unsentBytes -= bytes.length;
      if (this.unsentBytes > 0) this.stall?.refresh();
      else {
        clearTimeout(this.stall);
        this.stall = undefined;
      }
      if (this.unsentBytes < UNSENT_BYTES) this.wake?.();
    });
  }

  /** Resolves when the client has taken most of what was written, or has gone. */
  async ready(): Promise<void> {
    if (this.unsentBytes < UNSENT_BYTES || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
  }
}

/** What grpc-js keeps within a call and does not tell of. */
interface InnerCall {
  readonly call?: { readonly stream?: ServerHttp2Stream };
}

/**
 * Drops a call whose client reads nothing; with its cursor it can come back. A status would wait
 * behind the messages that are not read, and grpc-js offers nothing else: hence the stream below.
 */
function cutOff(call: StreamCall): void {
  const { call: inner } = call as StreamCall & InnerCall;
  inner?.stream?.close(constants.NGHTTP2_CANCEL);
  // It may have been closed before anybody listened.
  call.emit('cancelled', 'cancelled');
}
