// What passes between a skill's thread and the main thread, over a real port.

import fc from 'fast-check';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { pack, unpack } from '../../../src/activities/thread/crossing';
import { Link } from '../../../src/activities/thread/link';

interface Pair {
  /** Gives the other side something, as it is there. */
  give(value: unknown): unknown;
}

const links: Link[] = [];

afterEach(() => {
  for (const link of links.splice(0)) link.close();
});

function openPair(): Pair {
  const { port1, port2 } = new MessageChannel();
  const [here, there] = [new Link(port1), new Link(port2)];
  links.push(here, there);
  return { give: (value) => there.unpack(structuredClone(here.pack(value))) };
}

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** The function as the other side has it. */
function given(callee: (...args: never[]) => unknown): Call {
  return openPair().give(callee) as Call;
}

describe('data', () => {
  test('may have a field of any name', () => {
    const hostile: unknown = JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1}');
    const arrived = openPair().give(hostile) as { isAdmin?: boolean };
    expect(arrived.isAdmin).toBeUndefined();
    expect(JSON.stringify(arrived)).toBe(JSON.stringify(hostile));
  });

  const data = fc.anything({
    withMap: true,
    withSet: true,
    withBigInt: true,
    withTypedArray: true,
    withNullPrototype: false,
  });

  test('arrives as `structuredClone` would leave it', () => {
    fc.assert(
      fc.property(data, (value) => {
        const packed = structuredClone(pack(value, () => undefined));
        expect(unpack(packed, (reference) => reference)).toEqual(structuredClone(value));
      }),
    );
  });

  test('that holds itself arrives holding itself', () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const arrived = openPair().give(circle) as typeof circle;
    expect(arrived.self).toBe(arrived);
  });

  test('that cannot be copied is an error that says so and is not to be retried', async () => {
    const call = given(() => Symbol('x'));
    await expect(call()).rejects.toMatchObject({
      message: expect.stringContaining('cannot leave the thread'),
      retryable: false,
    });
    await expect(call(new WeakMap())).rejects.toMatchObject({ retryable: false });
  });
});

describe('a function', () => {
  test('is called on its own side, with arguments and result', async () => {
    const add = given((a: number, b: number) => a + b);
    expect(await add(1, 2)).toBe(3);
  });

  test('may be given a function, which it calls back', async () => {
    const twice = given(async (f: (n: number) => Promise<number>) => f(await f(1)));
    expect(await twice((n: number) => n * 10)).toBe(100);
  });

  test('is begun in the order of the calls, whoever awaits them', async () => {
    const seen: unknown[] = [];
    const see = given((n: number) => void seen.push(n));
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => see(n)));
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
  });

  test('is answered when its promise is, and not before', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let isAnswered = false;
    const answered = given(() => gate)().then(() => {
      isAnswered = true;
    });
    await setImmediate();
    expect(isAnswered).toBe(false);
    open();
    await answered;
    expect(isAnswered).toBe(true);
  });

  test('that is called in the course of another call has the context of who made that one', async () => {
    const step = new AsyncLocalStorage<string>();
    const ctx = openPair().give({
      step: (name: string, f: () => Promise<unknown>) => step.run(name, f),
      current: () => step.getStore(),
    }) as { step: Call; current: Call };
    const inStep = (name: string): Promise<unknown> =>
      ctx.step(name, async () => {
        await setImmediate();
        return ctx.current();
      });
    expect(await Promise.all([inStep('a'), inStep('b'), ctx.current()])).toEqual([
      'a',
      'b',
      undefined,
    ]);
  });

  test('of one call is over with the call', async () => {
    let kept: Call | undefined;
    const keep = given(async (f: Call) => {
      kept = f;
      await f();
    });
    await keep(() => 'called');
    await expect(kept?.()).rejects.toThrow('what was called is over');
  });
});

describe('an error', () => {
  test('keeps name, message, stack, cause and plain fields, whatever its class', async () => {
    class OddError extends Error {
      override readonly name = 'OddError';
      readonly retryable = false;
      readonly code = 'E_ODD';
      readonly socket = { big: 'object' };
    }
    const odd = new OddError('odd', { cause: new RangeError('deep') });
    const caught: unknown = await given(() => Promise.reject(odd))().catch((err: unknown) => err);
    expect(caught).toBeInstanceOf(Error);
    expect(caught).toMatchObject({
      ...{ name: 'OddError', message: 'odd', retryable: false, code: 'E_ODD', stack: odd.stack },
      cause: { name: 'RangeError', message: 'deep' },
    });
    expect(caught).not.toHaveProperty('socket');
  });

  test('may be any value that is thrown', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    await expect(given(() => Promise.reject('a string'))()).rejects.toBe('a string');
  });
});

describe('a signal', () => {
  test('aborts on the other side, with its reason', async () => {
    const controller = new AbortController();
    const signal = openPair().give(controller.signal) as AbortSignal;
    expect(signal.aborted).toBe(false);
    controller.abort(new Error('enough'));
    await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ message: 'enough' });
  });

  test('that has aborted arrives so', () => {
    const signal = openPair().give(AbortSignal.abort(new Error('before'))) as AbortSignal;
    expect(signal.reason).toMatchObject({ message: 'before' });
  });
});

describe('a stream', () => {
  test('is read chunk by chunk', async () => {
    const read = given(async (source: AsyncIterable<Uint8Array>) => {
      const chunks: string[] = [];
      for await (const chunk of source) chunks.push(Buffer.from(chunk).toString());
      return chunks;
    });
    const source = Readable.from([Buffer.from('one'), Buffer.from('two')]);
    expect(await read(source)).toEqual(['one', 'two']);
  });

  test('is not read ahead of its reader, and is closed when he stops', async () => {
    const asked: number[] = [];
    let isClosed = false;
    async function* numbers(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n += 1) {
          asked.push(n);
          yield n;
        }
      } finally {
        isClosed = true;
      }
    }
    const readTwo = given(async (source: AsyncIterable<number>) => {
      const iterator = source[Symbol.asyncIterator]();
      await iterator.next();
      await iterator.next();
      await iterator.return?.();
    });
    await readTwo(numbers());
    expect(asked).toEqual([0, 1]);
    expect(isClosed).toBe(true);
  });

  test('that breaks rejects its reader', async () => {
    const read = given(async (source: AsyncIterable<unknown>) => {
      for await (const _ of source) continue;
    });
    const broken = new Readable({
      read() {
        this.destroy(new Error('broken'));
      },
    });
    await expect(read(broken)).rejects.toThrow('broken');
  });
});
