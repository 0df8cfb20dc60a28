// Files and streams of a skill on their way into the part store.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PartIntake } from '../../../src/activities/part-intake';
import type { AuthoredPart } from '../../../src/activities/skill';
import { createDirectoryPartStores, type PartStore } from '../../../src/storage/part-store';
import type { Part } from '../../../src/workflows/task';

const MIB = 1_048_576;
const folder = join(tmpdir(), `longhaul-intake-${randomUUID()}`);
const store = createDirectoryPartStores(join(folder, 'parts')).of('task');
const fileOf = (name: string): string => join(folder, name);

beforeAll(async () => {
  await mkdir(folder);
  await writeFile(fileOf('data.csv'), 'a,b\n');
  await writeFile(fileOf('empty.txt'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Options {
  readonly store?: PartStore;
  readonly signal?: AbortSignal;
}

async function take(part: AuthoredPart, options: Options = {}): Promise<Part | undefined> {
  const intake = new PartIntake(options.store ?? store, options.signal ?? never);
  const said = {
    kind: 'artifact',
    at: 0,
    artifactId: 'a',
    name: 'my file',
    parts: [part],
  } as const;
  return (await intake.emission({ ...said, append: false, last: true })).parts[0];
}

const never = new AbortController().signal;

const reference = (content: string): object => ({
  digest: createHash('sha256').update(content).digest('hex'),
  bytes: Buffer.byteLength(content),
  content: 'raw',
});

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('what is recorded of a file', () => {
  test('is its reference, with name and media type by its path', async () => {
    expect(await take({ path: fileOf('data.csv') })).toEqual({
      filename: 'data.csv',
      mediaType: 'text/csv',
      ref: reference('a,b\n'),
    });
  });

  test('is what the skill says of it', async () => {
    const description = { filename: 'x.bin', mediaType: 'a/b', metadata: { n: 1 } };
    expect(await take({ ...description, path: fileOf('data.csv') })).toEqual({
      ...description,
      ref: reference('a,b\n'),
    });
  });

  test('of an empty file is a reference too', async () => {
    expect(await take({ path: fileOf('empty.txt') })).toMatchObject({ ref: reference('') });
  });

  test('is the same each time, byte for byte', async () => {
    const [one, two] = [
      await take({ path: fileOf('data.csv') }),
      await take({ path: fileOf('data.csv') }),
    ];
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
  });
});

describe('a stream', () => {
  test.each<[string, () => AsyncIterable<Uint8Array | string>]>([
    ['a generator of bytes', () => from([Buffer.from('a,'), Buffer.from('b\n')])],
    ['a generator of texts', () => from(['a,', 'b\n'])],
    ['a Node Readable', () => Readable.from([Buffer.from('a,b\n')])],
    [
      'the body of a response',
      () => new Response('a,b\n').body as unknown as AsyncIterable<Uint8Array>,
    ],
  ])('may be %s', async (_what, open) => {
    expect(await take({ stream: open(), filename: 'b.csv' })).toEqual({
      filename: 'b.csv',
      mediaType: 'text/csv',
      ref: reference('a,b\n'),
    });
  });

  test('without a name has no media type', async () => {
    expect(await take({ stream: from(['a,b\n']) })).toEqual({ ref: reference('a,b\n') });
  });

  test('that breaks is an error that names the artifact, and is retried', async () => {
    const stream = (async function* () {
      yield 'a';
      throw new Error('connection reset');
    })();
    await expect(take({ stream })).rejects.toMatchObject({
      name: 'SkillError',
      message: 'artifact "my file": its stream broke: connection reset',
      retryable: true,
    });
  });

  test('that says that it is no use is not retried', async () => {
    const gone = Object.assign(new Error('404'), { retryable: false });
    const stream = Readable.from(
      (async function* () {
        throw gone;
        yield '';
      })(),
    );
    await expect(take({ stream })).rejects.toMatchObject({ retryable: false });
  });

  test('of something else than bytes is refused', async () => {
    const stream = from([{ n: 1 }]) as AsyncIterable<never>;
    await expect(take({ stream })).rejects.toMatchObject({
      message: expect.stringContaining('its stream gave object instead of bytes'),
      retryable: false,
    });
  });

  test('is ended with the run', async () => {
    const run = new AbortController();
    const stream = new Readable({ read: () => undefined });
    const taken = take({ stream }, { signal: run.signal });
    setImmediate(() => run.abort(new Error('the run was stopped')));
    await expect(taken).rejects.toThrow('the run was stopped');
    expect(stream.destroyed).toBe(true);
  });
});

describe('a file that cannot be read', () => {
  test.each([
    ['that does not exist', 'none.csv', 'there is no file'],
    ['that is a folder', 'parts', 'is not a file'],
  ])('%s is named with its artifact, and not retried', async (_what, name, reason) => {
    await mkdir(fileOf('parts'), { recursive: true });
    await expect(take({ path: fileOf(name) })).rejects.toMatchObject({
      name: 'SkillError',
      message: expect.stringMatching(new RegExp(`^artifact "my file": .*${reason}`)),
      retryable: false,
    });
  });
});

describe('a store that fails', () => {
  const fault = (code: string): Error => Object.assign(new Error(`${code}: so it is`), { code });

  function failing(code: string, times: number): PartStore & { readonly tries: number } {
    let tries = 0;
    return {
      ...store,
      putStream(source) {
        tries += 1;
        return tries > times ? store.putStream(source) : Promise.reject(fault(code));
      },
      get tries() {
        return tries;
      },
    };
  }

  test('for a while is waited for, and the file is read again', async () => {
    const full = failing('ENOSPC', 2);
    expect(await take({ path: fileOf('data.csv') }, { store: full })).toMatchObject({
      ref: reference('a,b\n'),
    });
    expect(full.tries).toBe(3);
  });

  test.each<[string, () => AuthoredPart, string]>([
    ['for good', () => ({ path: fileOf('data.csv') }), 'EACCES'],
    ['while it reads a stream', () => ({ stream: from(['x']) }), 'ENOSPC'],
  ])('%s is an error that names the artifact, and is retried', async (_when, part, code) => {
    await expect(take(part(), { store: failing(code, 9) })).rejects.toMatchObject({
      message: `artifact "my file": its file could not be stored: ${code}: so it is`,
      retryable: true,
    });
  });
});

describe('the files of a message', () => {
  const half = (): AuthoredPart => ({ stream: from(Array<Buffer>(6).fill(Buffer.alloc(MIB))) });
  const message = (parts: readonly AuthoredPart[]) =>
    new PartIntake(store, never).message({ parts });

  test('may come to 10 MiB', async () => {
    const { parts } = await message([{ text: 'see' }, half()]);
    expect(parts).toMatchObject([{ text: 'see' }, { ref: { bytes: 6 * MIB } }]);
  });

  test('and to no more, because a message is held in memory', async () => {
    await expect(message([half(), half()])).rejects.toMatchObject({
      message: expect.stringContaining('put them into an artifact'),
      retryable: false,
    });
  });
});
