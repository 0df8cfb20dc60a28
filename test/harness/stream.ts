// An open stream of A2A 1.0, kept frame by frame with arrival times.

import { envelope, request, type Call, type Headings } from './calls';
import { WAIT_MS, within } from './eventually';
import { readSse } from './sse';
import type { WireEvent, WireMessage, WireTask } from './wire';

export interface Frame {
  readonly id: number | undefined;
  readonly raw: string;
  readonly event: WireEvent;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
}

/** One open stream; it keeps every frame. */
export class Stream {
  readonly frames: Frame[] = [];
  keepAlives = 0;
  /** Resolves when the stream is over: `end` as the server meant it, `cut` when it broke. */
  readonly over: Promise<'end' | 'cut'>;
  private readonly abort: AbortController;
  private readonly waiting = new Set<() => void>();
  private isOver = false;

  constructor(response: Response, abort: AbortController) {
    this.abort = abort;
    this.over = this.read(response)
      .then(
        () => 'end' as const,
        () => 'cut' as const,
      )
      .finally(() => {
        this.isOver = true;
        this.wake();
      });
  }

  get lastId(): number {
    return this.frames.findLast(({ id }) => id !== undefined)?.id ?? 0;
  }

  get task(): WireTask {
    const task = this.frames[0]?.event.task;
    if (task === undefined) throw new Error('the stream did not begin with a task');
    return task;
  }

  /** The first frame, seen or to come, that fits. */
  async until(what: string, fits: (frame: Frame) => boolean): Promise<Frame> {
    await this.untilTrue(what, () => this.frames.some(fits));
    return this.frames.find(fits)!;
  }

  /** Looks again after each frame and each keep-alive. */
  async untilTrue(what: string, isTrue: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS;
    while (!isTrue()) {
      const left = deadline - Date.now();
      if (this.isOver || left <= 0) {
        const seen = this.frames.map(({ raw }) => raw.slice(0, 300)).join('\n');
        throw new Error(`${this.isOver ? 'over' : 'too late'}: ${what}; seen so far:\n${seen}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The frames of a stream that must end by itself, in time. */
  async toEnd(): Promise<readonly Frame[]> {
    const how = await within('the end of the stream', this.over).catch((err: unknown) => {
      throw new Error(
        `${String(err)}; last: ${this.frames.at(-1)?.raw.slice(0, 500) ?? 'nothing'}`,
      );
    });
    if (how === 'cut') throw new Error(`the stream broke after event ${String(this.lastId)}`);
    return this.frames;
  }

  close(): void {
    this.abort.abort();
  }

  private async read(response: Response): Promise<void> {
    if (response.body === null) throw new Error('no body');
    const decoder = new TextDecoder();
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          if (chunk.byteLength < 100 && decoder.decode(chunk).startsWith(':')) {
            this.keepAlives += 1;
            this.wake();
          }
          controller.enqueue(chunk);
        },
      }),
    );
    for await (const { id, raw, data } of readSse(new Response(counted))) {
      const said = data as { readonly result?: WireEvent; readonly error?: unknown } & WireEvent;
      if (said.error !== undefined) throw new Error(raw);
      this.frames.push({
        id: id === undefined ? undefined : Number(id),
        raw,
        event: said.result ?? said,
        at: Date.now(),
      });
      this.wake();
    }
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
    this.waiting.clear();
  }
}

/** Opens a stream; throws when it is refused. */
async function openStream(url: string, call: Call): Promise<Stream> {
  const abort = new AbortController();
  const response = await request(url, { ...call, signal: abort.signal });
  if (response.status !== 200) {
    throw new Error(`stream refused: ${String(response.status)} ${await response.text()}`);
  }
  return new Stream(response, abort);
}

export function streamMessage(
  url: string,
  message: WireMessage,
  headers: Headings = {},
): Promise<Stream> {
  return openStream(url, { body: envelope('SendStreamingMessage', { message }), headers });
}

/** With a cursor the stream resumes after that event. */
export function subscribe(url: string, id: string, cursor?: number): Promise<Stream> {
  const headers = cursor === undefined ? {} : { 'Last-Event-ID': String(cursor) };
  return openStream(url, { body: envelope('SubscribeToTask', { id }), headers });
}

/** The whole stream of a task, from its first event on, as a newcomer reads it. */
export async function readWhole(url: string, id: string): Promise<readonly Frame[]> {
  return (await subscribe(url, id, 0)).toEnd();
}
