// The client of the fault tests: JSON-RPC 1.0 and REST calls, and streams kept frame by frame with arrival times.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readSse } from '../harness/sse';

/** No single wait of these tests is longer; what takes longer is stuck. */
const WAIT_MS = 40_000;

export interface WirePart {
  readonly text?: string;
  readonly raw?: string;
  readonly url?: string;
  readonly data?: unknown;
}

export interface WireMessage {
  readonly messageId: string;
  readonly role: string;
  readonly parts: readonly WirePart[];
  readonly [key: string]: unknown;
}

export interface WireArtifact {
  readonly artifactId: string;
  readonly name?: string;
  readonly parts: readonly WirePart[];
}

interface WireStatus {
  readonly state: string;
  readonly message?: WireMessage;
}

export interface WireTask {
  readonly id: string;
  readonly contextId: string;
  readonly status: WireStatus;
  readonly history?: readonly WireMessage[];
  readonly artifacts?: readonly WireArtifact[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface WireEvent {
  readonly task?: WireTask;
  readonly statusUpdate?: { readonly status: WireStatus };
  readonly artifactUpdate?: {
    readonly artifact: WireArtifact;
    readonly append?: boolean;
    readonly lastChunk?: boolean;
  };
}

interface WireError {
  readonly code: number;
  readonly message: string;
}

/** An answer in full; `ms` is how long it took. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly ms: number;
}

export type Rpc<T> = Answer<{ readonly result?: T; readonly error?: WireError }>;

export type Headings = Readonly<Record<string, string>>;

/** `init.path` is appended to the address; a body makes it a POST. */
export async function http<T>(
  url: string,
  { path = '/', body, headers = {} }: { path?: string; body?: unknown; headers?: Headings },
): Promise<Answer<T>> {
  const from = Date.now();
  const response = await fetch(url + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json', ...headers },
    signal: AbortSignal.timeout(WAIT_MS),
  });
  const parsed = (await response.json()) as T;
  return {
    status: response.status,
    headers: response.headers,
    body: parsed,
    ms: Date.now() - from,
  };
}

function envelope(method: string, params: unknown): unknown {
  // One id for all: frames of two streams are then equal to the byte.
  return { jsonrpc: '2.0', id: 1, method, params };
}

export function rpc<T>(
  url: string,
  method: string,
  params: unknown,
  headers: Headings = {},
): Promise<Rpc<T>> {
  return http(url, { body: envelope(method, params), headers });
}

/** The result of a call that must succeed. */
export async function result<T>(call: Promise<Rpc<T>>): Promise<T> {
  const { body } = await call;
  if (body.result === undefined) throw new Error(`refused: ${JSON.stringify(body)}`);
  return body.result;
}

export function getTask(url: string, id: string): Promise<WireTask> {
  return result(rpc<WireTask>(url, 'GetTask', { id }));
}

export async function sendAndLeave(
  url: string,
  message: WireMessage,
  headers: Headings = {},
): Promise<WireTask> {
  const params = { message, configuration: { returnImmediately: true } };
  const { task } = await result(rpc<{ task: WireTask }>(url, 'SendMessage', params, headers));
  return task;
}

/** A message for a test skill; its options travel as the data part. */
export function messageFor(skillId: string, options: object = {}, more: object = {}): WireMessage {
  return {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    parts: [{ text: 'please' }, { data: options }],
    metadata: { skillId },
    ...more,
  };
}

export function answerTo(task: WireTask, text: string): WireMessage {
  return { messageId: randomUUID(), role: 'ROLE_USER', taskId: task.id, parts: [{ text }] };
}

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
async function openStream(
  url: string,
  { path = '/', body, headers = {} }: { path?: string; body?: unknown; headers?: Headings },
): Promise<Stream> {
  const abort = new AbortController();
  const response = await fetch(url + path, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json', ...headers },
    signal: abort.signal,
  });
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
  const frames = await (await subscribe(url, id, 0)).toEnd();
  return frames;
}

/** Rejects when it takes longer than the longest wait of these tests. */
export async function within<T>(what: string, promise: Promise<T>, ms = WAIT_MS): Promise<T> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).then(
    () => {
      throw new Error(`${what} did not come within ${String(ms)} ms`);
    },
    () => new Promise<never>(() => undefined),
  );
  return Promise.race([promise, late]).finally(() => {
    done.abort();
  });
}

/** Asks again until the answer fits: for what announces itself to nobody. */
export async function untilAnswer<T>(
  what: string,
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: at last ${JSON.stringify(answer)}`);
    await delay(50);
  }
}

/** Fails unless the ids are 1..N, each once, in order. */
export function expectEveryId(frames: readonly Frame[]): void {
  const ids = frames.flatMap(({ id }) => id ?? []);
  expect(ids).toEqual(ids.map((_id, index) => index + 1));
  expect(ids.length).toBeGreaterThan(2);
}

export function stateOf({ event }: Frame): string | undefined {
  return event.task?.status.state ?? event.statusUpdate?.status.state;
}

export function lastState(frames: readonly Frame[]): string | undefined {
  return stateOf(frames.at(-1)!);
}

export function textOf(parts: readonly WirePart[] | undefined): string {
  return (parts ?? []).map(({ text = '' }) => text).join('');
}

/** The texts of the status updates, in order; updates without a text left out. */
export function progressTexts(frames: readonly Frame[]): readonly string[] {
  return frames.flatMap(({ event }) => {
    const message = event.statusUpdate?.status.message;
    return message === undefined ? [] : [textOf(message.parts)];
  });
}

/** What a client holds of each artifact after these frames: name to text. */
export function foldArtifacts(frames: readonly Frame[]): Readonly<Record<string, string>> {
  const folded: Record<string, string> = {};
  for (const { event } of frames) {
    for (const { artifactId, parts } of event.task?.artifacts ?? []) {
      folded[artifactId] = textOf(parts);
    }
    if (event.artifactUpdate === undefined) continue;
    const { artifact, append = false } = event.artifactUpdate;
    const held = append ? (folded[artifact.artifactId] ?? '') : '';
    folded[artifact.artifactId] = held + textOf(artifact.parts);
  }
  return folded;
}

export function artifactTexts(task: WireTask): Readonly<Record<string, string>> {
  const artifacts = task.artifacts ?? [];
  return Object.fromEntries(artifacts.map((a) => [a.artifactId, textOf(a.parts)]));
}

/** `line 1\n` … `line n\n` as the streaming skills write them. */
export function lines(count: number, prefix = ''): string {
  return Array.from({ length: count }, (_, i) => `${prefix}line ${String(i + 1)}\n`).join('');
}

/** Random choices that can be had again: `FAULT_SEED` of a printed run repeats it. */
export function seeded(): { readonly seed: number; between(low: number, high: number): number } {
  const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
  let state = seed;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { seed, between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** A figure for the reader of the test run. */
export function note(text: string): void {
  process.stdout.write(`    ${text}\n`);
}
