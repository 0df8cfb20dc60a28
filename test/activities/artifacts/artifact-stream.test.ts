// The stream of an artifact: chunks and their flags, what a pipe makes of its source, and the order of files.

import fc from 'fast-check';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ReadableStream } from 'node:stream/web';
import { OpenArtifact } from '../../../src/activities/artifact-stream';
import type { PipeSource } from '../../../src/activities/skill';
import { BegunArtifacts } from '../../../src/activities/begun-artifacts';
import { keptOutlet, textSaid, type KeptOutlet } from './outlet';

function open(outlet: KeptOutlet = keptOutlet()): { page: OpenArtifact; outlet: KeptOutlet } {
  const options = { artifactId: 'a', name: 'page.md' };
  return { page: new OpenArtifact(options, outlet, new BegunArtifacts()), outlet };
}

const flags = ({ said }: KeptOutlet): readonly string[] =>
  said.map(({ append, last }) => `${append ? 'append' : 'begin'}${last ? ' last' : ''}`);

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The bytes cut after each of these many bytes. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

describe('append and finalize', () => {
  test('the first chunk begins the artifact, the others are added, the last says so', async () => {
    const { page, outlet } = open();
    for (const text of ['one', ' two']) await page.append(text);
    await page.finalize(' three');
    expect(flags(outlet)).toEqual(['begin', 'append', 'append last']);
    expect(textSaid(outlet)).toBe('one two three');
  });

  test.each([
    ['append', (page: OpenArtifact) => page.append('more')],
    ['append nothing', (page: OpenArtifact) => page.append('')],
    ['finalize', (page: OpenArtifact) => page.finalize()],
    ['pipe', (page: OpenArtifact) => page.pipe(from(['more']))],
  ])('%s after finalize throws with the name of the artifact', async (_what, act) => {
    const { page, outlet } = open();
    await page.finalize('all');
    await expect(act(page)).rejects.toThrow('artifact "page.md" is finalized');
    expect(outlet.said).toHaveLength(1);
  });

  test('what follows a file waits for it, awaited or not', async () => {
    const { page, outlet } = open();
    outlet.hold();
    const all = Promise.all([page.append({ path: 'a.bin' }), page.append('b'), page.finalize('c')]);
    await setImmediate();
    expect(outlet.said).toHaveLength(1);
    outlet.letThrough();
    await all;
    expect(textSaid(outlet)).toBe('{"path":"a.bin"}bc');
    expect(flags(outlet)).toEqual(['begin', 'append', 'append last']);
  });

  test('texts wait for nothing, so that they leave together', async () => {
    const { page, outlet } = open();
    outlet.hold();
    const all = Promise.all([page.append('a'), page.append('b')]);
    expect(textSaid(outlet)).toBe('ab');
    outlet.letThrough();
    await expect(all).resolves.toHaveLength(2);
  });
});

describe('pipe', () => {
  const POEM = 'Grüße, 世界 🚀';
  const bytes = new TextEncoder().encode(POEM);

  test.each<[string, () => PipeSource]>([
    ['a generator of texts', () => from(['Grüße', ', 世界', ' 🚀'])],
    ['a generator of bytes', () => from([bytes])],
    ['a Node Readable of bytes', () => Readable.from([Buffer.from(bytes)])],
    ['a Node Readable of texts', () => Readable.from(['Grüße, ', '世界 🚀'])],
    [
      'a web stream of texts',
      () =>
        new ReadableStream<string>({
          start(controller) {
            for (const text of ['Grüße, ', '世界 🚀']) controller.enqueue(text);
            controller.close();
          },
        }),
    ],
    ['the body of a response', () => new Response(POEM).body as unknown as PipeSource],
  ])('takes %s', async (_what, source) => {
    const { page, outlet } = open();
    expect(await page.pipe(source())).toBe(POEM);
    expect(textSaid(outlet)).toBe(POEM);
    expect(flags(outlet).at(-1)).toBe('append last');
  });

  test('text comes through whole, wherever its bytes were cut', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 });
    const property = fc.asyncProperty(fc.string({ unit: 'binary' }), sizes, async (text, cuts) => {
      const { page, outlet } = open();
      // A mark of byte order is no text.
      const said = text.replaceAll('\ufeff', '');
      const piped = await page.pipe(from(cut(new TextEncoder().encode(said), cuts)));
      expect(piped).toBe(said);
      expect(textSaid(outlet)).toBe(said);
      expect(outlet.said.flatMap(({ parts }) => parts).every(isWhole)).toBe(true);
    });
    await fc.assert(property);
  });

  test('a character that two texts share is sent in one', async () => {
    const { page, outlet } = open();
    const [high = '', low = ''] = '🚀'.split('');
    expect(await page.pipe(from([`go ${high}`, `${low}!`]))).toBe('go 🚀!');
    expect(outlet.said.flatMap(({ parts }) => parts)).toEqual([
      { text: 'go ' },
      { text: '🚀!' },
      { text: '' },
    ]);
  });

  test('bytes that are no UTF-8 become U+FFFD', async () => {
    const { page } = open();
    const torn = [Uint8Array.of(0x61, 0xff), Uint8Array.of(0xe4, 0xb8)];
    expect(await page.pipe(from(torn))).toBe('a\ufffd\ufffd');
  });

  test('parts go where they stand among the texts', async () => {
    const { page, outlet } = open();
    const rocket = new TextEncoder().encode('🚀');
    const items = [rocket.slice(0, 2), { data: { n: 1 } }, 'after'];
    expect(await page.pipe(from(items))).toBe('\ufffdafter');
    expect(textSaid(outlet)).toBe('\ufffd{"data":{"n":1}}after');
  });

  test('leaves the artifact open when it is told to', async () => {
    const { page, outlet } = open();
    await page.pipe(from(['a']), { finalize: false });
    await page.pipe(from(['b']));
    expect(flags(outlet)).toEqual(['begin', 'append', 'append last']);
  });

  test('keeps no text when it is told not to', async () => {
    const { page, outlet } = open();
    expect(await page.pipe(from(['a', 'b']), { collect: false })).toBe('');
    expect(textSaid(outlet)).toBe('ab');
  });

  test('an empty source makes an empty artifact', async () => {
    const { page, outlet } = open();
    await page.pipe(from<string>([]));
    expect(flags(outlet)).toEqual(['begin last']);
  });

  test('asks for no more than there is room for', async () => {
    const { page, outlet } = open();
    let asked = 0;
    const source = (async function* () {
      for (; asked < 100; asked += 1) yield String(asked);
    })();
    outlet.hold();
    const piped = page.pipe(source);
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    expect(asked).toBe(0);
    outlet.letThrough();
    await piped;
    expect(asked).toBe(100);
  });

  test('at an abort of the run throws its reason, and ends the source', async () => {
    const { page, outlet } = open();
    const ended = jest.fn();
    const source = (async function* () {
      try {
        for (let n = 0; n < 1_000; n += 1) {
          yield 'token ';
          await setImmediate();
        }
      } finally {
        ended();
      }
    })();
    const piped = page.pipe(source);
    await setImmediate();
    outlet.abort();
    await expect(piped).rejects.toThrow('the run was stopped');
    await setImmediate();
    expect(ended).toHaveBeenCalledTimes(1);
    expect(page.isFinal).toBe(false);
  });

  test('throws what the source throws, and does not call the artifact finished', async () => {
    const { page, outlet } = open();
    const source = (async function* () {
      yield 'half';
      throw new Error('the model is gone');
    })();
    await expect(page.pipe(source)).rejects.toThrow('the model is gone');
    expect(flags(outlet)).toEqual(['begin']);
  });

  test('ends the source when the artifact takes no more', async () => {
    const { page } = open();
    await page.finalize();
    const source = Readable.from(['x']);
    await expect(page.pipe(source)).rejects.toThrow('finalized');
    expect(source.destroyed).toBe(true);
  });
});

function isWhole(part: object): boolean {
  const { text } = part as { readonly text: string };
  return Buffer.from(text).toString() === text;
}
