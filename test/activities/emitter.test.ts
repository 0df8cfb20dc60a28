// What leaves a worker, and when: batches, their pace and their size, and what a fault does to them (D5, D9).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Emitter, type EmitterOptions, type Spoken } from '../../src/activities/emitter';
import { createDirectoryPartStore, type PartStore } from '../../src/storage/part-store';
import { restoreParts } from '../../src/temporal/stored-parts';
import { TASK_INLINE_BYTES } from '../../src/workflows/contract';
import type { Batch } from '../../src/workflows/emission';
import type { ContentPart, Part } from '../../src/workflows/task';

const KIB = 1_024;
const BATCH_BYTES = 256 * KIB;

/** What a batch adds to its parts: kind, time and ids of each emission. */
const FRAME_BYTES = 8 * KIB;

const INTERVAL_MS = 100;

/** Timers may fire a little early against the wall clock. */
const CLOCK_SLACK_MS = 3;

const NOT_FOUND = 5;
const UNAVAILABLE = 14;

let folder: string;
let store: PartStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-emitter-'));
  store = createDirectoryPartStore(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** As the Temporal client throws it. */
function serviceError(code: number): Error {
  return Object.assign(new Error('signal failed'), { code, details: '', metadata: {} });
}

interface Wire {
  readonly emitter: Emitter;
  /** Every batch for which `send` was called, repeats included. */
  readonly sent: readonly Batch[];
  /** `Date.now()` of each call. */
  readonly sentAt: readonly number[];
  /** The most batches that were under way at once. */
  readonly mostInFlight: number;
  readonly failures: readonly unknown[];
  /** Resolves when `count` batches were sent. */
  untilSent(count: number): Promise<void>;
  /** Sends stay under way from now on, until they are let through. */
  hold(): void;
  letThrough(): void;
}

interface WireOptions extends Partial<EmitterOptions> {
  /** What `send` throws, call by call; then it works. */
  readonly throws?: readonly Error[];
}

function open({ throws = [], ...options }: WireOptions = {}): Wire {
  const sent: Batch[] = [];
  const sentAt: number[] = [];
  const failures: unknown[] = [];
  const waiting = new Set<() => void>();
  let gate: PromiseWithResolvers | undefined;
  let inFlight = 0;
  let mostInFlight = 0;
  const emitter = new Emitter({
    turn: 1,
    attempt: 1,
    store,
    inlineBytes: 0,
    signal: new AbortController().signal,
    onFailure: (err) => failures.push(err),
    send: async (batch) => {
      const fault = throws[sent.length];
      sent.push(batch);
      sentAt.push(Date.now());
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      for (const wake of waiting) wake();
      await (gate?.promise ?? setImmediate());
      inFlight -= 1;
      if (fault !== undefined) throw fault;
    },
    ...options,
  });
  return {
    emitter,
    sent,
    sentAt,
    failures,
    get mostInFlight() {
      return mostInFlight;
    },
    async untilSent(count) {
      while (sent.length < count) {
        const next = withResolvers();
        waiting.add(next.resolve);
        await next.promise;
        waiting.delete(next.resolve);
      }
    },
    hold() {
      gate = withResolvers();
    },
    letThrough() {
      gate?.resolve();
      gate = undefined;
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  resolve(): void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Enough turns of the event loop for everything that waits for no timer. */
async function nextTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

const progress = (text: string): Spoken => ({ kind: 'progress', at: 0, parts: [{ text }] });

type Chunk = Partial<Extract<Spoken, { kind: 'artifact' }>>;
const chunk = (text: string, more: Chunk = {}): Spoken => ({
  kind: 'artifact',
  at: 0,
  artifactId: 'a',
  parts: [{ text }],
  append: true,
  last: false,
  ...more,
});

const textsOf = (batches: readonly Batch[]): readonly string[] =>
  partsOf(batches).map((part) => ('text' in part ? part.text : JSON.stringify(part)));

const partsOf = (batches: readonly Batch[]): readonly Part[] =>
  batches.flatMap(({ emissions }) => emissions.flatMap(({ parts }) => parts));

const bytesOf = (batch: Batch): number => Buffer.byteLength(JSON.stringify(batch));

describe('pace', () => {
  test('the first batch leaves at once', async () => {
    const { emitter, sent } = open();
    await emitter.emit(progress('one'));
    await nextTurns();
    expect(textsOf(sent)).toEqual(['one']);
  });

  test('what is said in one go leaves together', async () => {
    const { emitter, sent } = open();
    for (const text of ['one', 'two', 'three']) await emitter.emit(progress(text));
    await emitter.flush();
    expect(sent.map((batch) => textsOf([batch]))).toEqual([['one', 'two', 'three']]);
  });

  test('a second batch waits for the interval', async () => {
    const { emitter, sentAt, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    await emitter.emit(progress('two'));
    await untilSent(2);
    expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(INTERVAL_MS - CLOCK_SLACK_MS);
  });

  test('what is said within an interval leaves together at its end', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    for (const text of ['two', 'three', 'four']) {
      await emitter.emit(progress(text));
      await nextTurns();
    }
    await untilSent(2);
    expect(textsOf(sent.slice(1))).toEqual(['two', 'three', 'four']);
  });

  test('one batch is under way at a time', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    await wire.emitter.emit(progress('two'));
    const flushed = wire.emitter.flush();
    await nextTurns();
    wire.letThrough();
    await flushed;
    expect(wire).toMatchObject({ mostInFlight: 1, sent: { length: 2 } });
  });

  test('flush does not wait for the interval', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    await emitter.emit(progress('two'));
    await nextTurns();
    void emitter.flush();
    await nextTurns();
    expect(textsOf(sent)).toEqual(['one', 'two']);
  });

  test('flush resolves when everything is recorded, not before', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    let isFlushed = false;
    const flushed = wire.emitter.flush().then(() => {
      isFlushed = true;
    });
    await nextTurns();
    expect(isFlushed).toBe(false);
    wire.letThrough();
    await flushed;
  });

  test('after a flush the interval counts again', async () => {
    const { emitter, sentAt, untilSent } = open();
    await emitter.emit(progress('one'));
    await emitter.flush();
    await emitter.emit(progress('two'));
    await untilSent(2);
    expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(INTERVAL_MS - CLOCK_SLACK_MS);
  });

  test('a stream that lasts slows down, so that a run does not run out of signals', async () => {
    const { emitter, sentAt, untilSent } = open();
    for (let n = 0; n < 2_000; n += 1) {
      await emitter.emit(progress('x'));
      await emitter.flush();
    }
    await emitter.emit(progress('slow'));
    await untilSent(2_001);
    expect(sentAt[2_000]! - sentAt[1_999]!).toBeGreaterThanOrEqual(500 - CLOCK_SLACK_MS);
  });

  test('batches are numbered from 0', async () => {
    const { emitter, sent } = open({ turn: 3, attempt: 2 });
    for (const text of ['one', 'two', 'three']) {
      await emitter.emit(progress(text));
      await emitter.flush();
    }
    expect(sent.map(({ turn, attempt, n }) => [turn, attempt, n])).toEqual([
      [3, 2, 0],
      [3, 2, 1],
      [3, 2, 2],
    ]);
  });
});

describe('chunks of an artifact that wait together', () => {
  async function said(...spoken: readonly Spoken[]): Promise<readonly Batch[]> {
    const { emitter, sent } = open();
    for (const one of spoken) await emitter.emit(one);
    await emitter.flush();
    return sent;
  }

  test('travel as one', async () => {
    const sent = await said(chunk('a', { append: false }), chunk('b'), chunk('c', { last: true }));
    expect(sent[0]?.emissions).toEqual([chunk('abc', { append: false, last: true })]);
  });

  test.each<[string, readonly Spoken[]]>([
    ['when they belong to two artifacts', [chunk('a'), chunk('b', { artifactId: 'b' })]],
    ['when the second one starts over', [chunk('a'), chunk('b', { append: false })]],
    ['when the first one is the last', [chunk('a', { last: true }), chunk('b')]],
    ['when something else is said between', [chunk('a'), progress('p'), chunk('b')]],
    ['when they would be too big together', [chunk('a'.repeat(40_000)), chunk('b'.repeat(40_000))]],
  ])('stay apart %s', async (_name, spoken) => {
    expect((await said(...spoken))[0]?.emissions).toEqual(spoken);
  });
});

describe('size', () => {
  async function sizesOf(spoken: readonly Spoken[]): Promise<readonly number[]> {
    const { emitter, sent } = open();
    // In one go: nobody waits for the backpressure.
    await Promise.all(spoken.map((one) => emitter.emit(one)));
    await emitter.flush();
    return sent.map(bytesOf);
  }
  const ten = Array.from({ length: 10 }, (_, index) => index);

  test('a batch of many texts stays within 256 KiB', async () => {
    const sizes = await sizesOf(ten.map(() => progress('x'.repeat(60_000))));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a batch of emissions with many parts stays within 256 KiB', async () => {
    const parts: readonly ContentPart[] = ten.map(() => ({ text: 'x'.repeat(25_000) }));
    const sizes = await sizesOf(ten.map(() => ({ kind: 'progress', at: 0, parts })));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a batch of text that JSON has to escape stays within 256 KiB', async () => {
    const sizes = await sizesOf(ten.map(() => progress('"\n'.repeat(30_000))));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a full batch does not wait for the interval', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    for (let n = 0; n < 5; n += 1) await emitter.emit(progress('x'.repeat(60_000)));
    await nextTurns();
    expect(sent).toHaveLength(2);
  });

  test('emit waits while more than 512 KiB are queued', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    for (let n = 0; n < 8; n += 1) await wire.emitter.emit(progress('x'.repeat(60_000)));
    let hasRoom = false;
    const emitted = wire.emitter.emit(progress('x'.repeat(60_000))).then(() => {
      hasRoom = true;
    });
    await nextTurns();
    expect(hasRoom).toBe(false);
    wire.letThrough();
    await emitted;
  });

  test('nothing is dropped and nothing changes places under pressure', async () => {
    const { emitter, sent } = open();
    const texts = Array.from({ length: 40 }, (_, index) => String(index).padStart(30_000, '.'));
    for (const text of texts) await emitter.emit(progress(text));
    await emitter.flush();
    const restored = await restoreParts(store, partsOf(sent));
    expect(restored.map((part) => 'text' in part && Number(part.text.replaceAll('.', '')))).toEqual(
      texts.map((_, index) => index),
    );
  });
});

describe('big parts', () => {
  async function recorded(spoken: Spoken, inlineBytes = 0): Promise<readonly Part[]> {
    const { emitter, sent } = open({ inlineBytes });
    await emitter.emit(spoken);
    await emitter.flush();
    return partsOf(sent);
  }
  const big = 'ä'.repeat(40_000);

  test.each<[string, ContentPart]>([
    ['text', { text: big, mediaType: 'text/plain', filename: 'a.txt' }],
    ['raw bytes', { raw: Buffer.from(big).toString('base64'), metadata: { k: 1 } }],
    ['data', { data: { big } }],
  ])('travel by reference and come back as they were: %s', async (_name, part) => {
    const parts = await recorded({ ...chunk('', { append: false }), parts: [part] });
    expect(parts).toEqual([
      expect.objectContaining({ ref: expect.objectContaining({ bytes: expect.any(Number) }) }),
    ]);
    expect(await restoreParts(store, parts)).toEqual([part]);
  });

  test('are replaced where they stand', async () => {
    const parts = [{ text: 'before' }, { text: big }, { text: 'after' }];
    const [before, between, after] = await recorded({ kind: 'progress', at: 0, parts });
    expect([before, after]).toEqual([{ text: 'before' }, { text: 'after' }]);
    expect(between).toHaveProperty('ref');
  });

  test('small text stays inline while the task has room', async () => {
    expect(await recorded(chunk('small'))).toEqual([{ text: 'small' }]);
  });

  test('small chunks travel by reference when the task has no room', async () => {
    const parts = await recorded(chunk('small'), TASK_INLINE_BYTES);
    expect(parts).toEqual([{ ref: expect.objectContaining({ bytes: 5 }) }]);
    expect(await restoreParts(store, parts)).toEqual([{ text: 'small' }]);
  });

  test('a short progress text stays inline when the task has no room', async () => {
    expect(await recorded(progress('short'), TASK_INLINE_BYTES)).toEqual([{ text: 'short' }]);
  });

  test('a stream of small chunks does not pass what the task may hold inline', async () => {
    const { emitter, sent } = open();
    for (let n = 0; n < 80; n += 1) {
      await emitter.emit(chunk(`${n % 10}`.repeat(30_000), { append: n > 0 }));
    }
    await emitter.flush();
    const inline = partsOf(sent).filter((part) => !('ref' in part));
    expect(Buffer.byteLength(JSON.stringify(inline))).toBeLessThanOrEqual(
      TASK_INLINE_BYTES + BATCH_BYTES,
    );
  });
});

describe('faults', () => {
  test('a batch that Temporal did not take is sent again under its number', async () => {
    const unavailable = serviceError(UNAVAILABLE);
    const { emitter, sent, failures } = open({ throws: [unavailable, unavailable] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ n }) => n))).toEqual(new Set([0]));
    expect(failures).toEqual([]);
  });

  test('the batch after a repeated one has the next number', async () => {
    const { emitter, sent } = open({ throws: [serviceError(UNAVAILABLE)] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    await emitter.emit(progress('two'));
    await emitter.flush();
    expect(sent.map(({ n }) => n)).toEqual([0, 0, 1]);
  });

  test('a fault that the client wrapped is a fault', async () => {
    const wrapped = new Error('wrapped', { cause: serviceError(UNAVAILABLE) });
    const { emitter, sent } = open({ throws: [wrapped] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    expect(sent).toHaveLength(2);
  });

  test('flush rejects when the task is gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter } = open({ throws: [gone] });
    await emitter.emit(progress('one'));
    await expect(emitter.flush()).rejects.toBe(gone);
  });

  test('emit rejects after the task has gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter } = open({ throws: [gone] });
    await emitter.emit(progress('one'));
    await emitter.flush().catch(() => undefined);
    await expect(emitter.emit(progress('two'))).rejects.toBe(gone);
  });

  test('an emit that waits for room rejects when the task has gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const wire = open({ throws: [gone] });
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    for (let n = 0; n < 8; n += 1) await wire.emitter.emit(progress('x'.repeat(60_000)));
    const waiting = wire.emitter.emit(progress('x'.repeat(60_000)));
    wire.letThrough();
    await expect(waiting).rejects.toBe(gone);
  });

  test('a failure is told once, and nothing is sent after it', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter, sent, failures } = open({ throws: [gone, gone, gone] });
    await emitter.emit(progress('one'));
    for (let n = 0; n < 3; n += 1) await emitter.flush().catch(() => undefined);
    await emitter.emit(progress('two')).catch(() => undefined);
    await nextTurns();
    expect(failures).toEqual([gone]);
    expect(sent).toHaveLength(1);
  });

  test('a stopped run does not try again', async () => {
    const stop = new AbortController();
    stop.abort();
    const unavailable = serviceError(UNAVAILABLE);
    const { emitter, sent } = open({ throws: [unavailable], signal: stop.signal });
    await emitter.emit(progress('one'));
    await expect(emitter.flush()).rejects.toBe(unavailable);
    expect(sent).toHaveLength(1);
  });

  test('a store that fails is a failure', async () => {
    const full = new Error('the disk is full');
    const broken = { ...store, put: () => Promise.reject(full) };
    const { emitter, failures } = open({ store: broken });
    await emitter.emit(progress('x'.repeat(100_000)));
    await expect(emitter.flush()).rejects.toBe(full);
    expect(failures).toEqual([full]);
  });
});

describe('close', () => {
  test('what is said afterwards is not heard', async () => {
    const { emitter, sent } = open();
    emitter.close();
    await emitter.emit(progress('late'));
    await emitter.flush();
    expect(sent).toEqual([]);
  });

  test('what was said before it is still flushed', async () => {
    const { emitter, sent } = open();
    await emitter.emit(progress('before'));
    emitter.close();
    await emitter.emit(progress('late'));
    await emitter.flush();
    expect(textsOf(sent)).toEqual(['before']);
  });
});
