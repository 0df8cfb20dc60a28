// Sources that an author hands over: read to their end, and let go of in every other case.

import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { letGo, untilAborted } from '../../../src/activities/async-source';

const free = new AbortController().signal;

/** What is read until the source ends, throws, or `most` items are there. */
async function read<T>(
  source: AsyncIterable<T>,
  { signal = free, most = Infinity }: { signal?: AbortSignal; most?: number } = {},
): Promise<T[]> {
  const items: T[] = [];
  for await (const item of untilAborted(source, signal)) {
    items.push(item);
    if (items.length >= most) break;
  }
  return items;
}

interface Watched {
  readonly source: AsyncIterable<number>;
  /** Resolves when the source knows that nobody reads it any more. */
  readonly released: Promise<unknown>;
}

/** Yields 1, 2, 3 and then says nothing for ever. */
const KINDS: readonly { readonly kind: string; open(): Watched }[] = [
  {
    kind: 'a Node Readable',
    open() {
      const source = new Readable({ objectMode: true, read: () => undefined });
      for (const n of [1, 2, 3]) source.push(n);
      return { source, released: once(source, 'close') };
    },
  },
  {
    kind: 'a web stream',
    open() {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const source = new ReadableStream<number>({
        start(controller) {
          for (const n of [1, 2, 3]) controller.enqueue(n);
        },
        cancel: release,
      });
      return { source, released };
    },
  },
  {
    kind: 'an iterator of its own',
    open() {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let n = 0;
      const next = (): Promise<IteratorResult<number>> => {
        n += 1;
        return n > 3 ? new Promise(() => undefined) : Promise.resolve({ done: false, value: n });
      };
      const end = (): Promise<IteratorResult<number>> => {
        release();
        return Promise.resolve({ done: true, value: undefined });
      };
      return { source: { [Symbol.asyncIterator]: () => ({ next, return: end }) }, released };
    },
  },
];

describe.each(KINDS)('$kind', ({ open }) => {
  test('is let go of when its reader has enough', async () => {
    const { source, released } = open();
    expect(await read(source, { most: 2 })).toEqual([1, 2]);
    await expect(released).resolves.not.toThrow();
  });

  test('is let go of at an abort, also while it is silent', async () => {
    const { source, released } = open();
    const run = new AbortController();
    const reading = read(source, { signal: run.signal });
    setImmediate(() => run.abort(new Error('canceled')));
    await expect(reading).rejects.toThrow('canceled');
    await expect(released).resolves.not.toThrow();
  });

  test('is let go of when nobody is going to read it', async () => {
    const { source, released } = open();
    letGo(source);
    await expect(released).resolves.not.toThrow();
  });
});

test('a generator is read to its end, and ends by itself', async () => {
  const seen: string[] = [];
  const source = (async function* () {
    yield* [1, 2, 3];
    seen.push('end');
  })();
  expect(await read(source)).toEqual([1, 2, 3]);
  expect(seen).toEqual(['end']);
});

test('a generator that hangs does not hold up an abort', async () => {
  const run = new AbortController();
  const source = (async function* () {
    yield 1;
    await new Promise(() => undefined);
  })();
  const reading = read(source, { signal: run.signal });
  setImmediate(() => run.abort(new Error('canceled')));
  await expect(reading).rejects.toThrow('canceled');
});

test('what the source throws is thrown', async () => {
  const source = (async function* () {
    yield 1;
    throw new Error('the model is gone');
  })();
  await expect(read(source)).rejects.toThrow('the model is gone');
});

test('a run that is over reads nothing, and ends the source', async () => {
  const { source, released } = KINDS[1]!.open();
  await expect(read(source, { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
    'over',
  );
  await expect(released).resolves.not.toThrow();
});
