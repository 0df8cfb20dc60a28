// Server-sent events from bytes: any chunks, any line ends, and no more memory than the limit.

import fc from 'fast-check';
import { ConnectionError, EventTooLargeError } from '../../src/client';
import { readSse, type SseLimits } from '../../src/client/sse-events';

function bodyOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

async function dataOf(chunks: Iterable<Uint8Array>, limits?: Partial<SseLimits>) {
  const data: string[] = [];
  for await (const event of readSse(bodyOf(chunks), { maxEventSize: 1_000, ...limits })) {
    data.push(event.data);
  }
  return data;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('events are the same whatever the chunks are', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const events = fc.array(text, { maxLength: 6 });
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(events, sizes, fc.constantFrom('\n', '\r\n'), async (said, cuts, end) => {
      const whole = said.map((data) => JSON.stringify(data));
      const bytes = encode(whole.map((data) => `: ka${end}data: ${data}${end}${end}`).join(''));
      const chunks: Uint8Array[] = [];
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = cuts[i % cuts.length]!;
        chunks.push(bytes.slice(at, at + size));
        at += size;
      }
      expect(await dataOf(chunks)).toEqual(whole);
    }),
  );
});

test('an event that is cut off by the end of the stream is none', async () => {
  expect(await dataOf([encode('data: 1\n\ndata: 2\n')])).toEqual(['1']);
});

test.each([
  { name: 'in one line', piece: 'x'.repeat(100), before: 'data: ' },
  { name: 'in many lines', piece: `data: ${'x'.repeat(94)}\n`, before: '' },
  { name: 'as a comment', piece: 'x'.repeat(100), before: ': ' },
])('an event without end, $name, is read no further than the limit', async ({ piece, before }) => {
  let read = 0;
  function* endless() {
    yield encode(before);
    for (;;) {
      read += 100;
      yield encode(piece);
    }
  }
  await expect(dataOf(endless())).rejects.toThrow(EventTooLargeError);
  expect(read).toBeLessThan(1_500);
});

test('an event that is too large in one chunk is refused as well', async () => {
  const big = encode(`data: ${'x'.repeat(1_001)}\n\n`);
  await expect(dataOf([big])).rejects.toThrow(EventTooLargeError);
});

test('a stream that breaks is a lost connection', async () => {
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error('reset'));
    },
  });
  await expect(readSse(body, { maxEventSize: 1 }).next()).rejects.toThrow(ConnectionError);
});

test('a silent stream is a lost connection after the idle timeout', async () => {
  const body = new ReadableStream<Uint8Array>({});
  const reading = readSse(body, { maxEventSize: 1, idleTimeoutMs: 20 }).next();
  await expect(reading).rejects.toThrow(/silent for 20 ms/);
});
