// The part store in a directory.

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryBlobs } from '../../src/storage/directory-blobs';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { describePartStore, keysIn, type Place } from './store-contract';
import { describeSweep } from './sweep-contract';
import { startWriter } from './writer-process';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-parts-'));
  folders.push(folder);
  return folder;
}

async function partialsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.partial'));
}

async function open(): Promise<Place> {
  const folder = await newFolder();
  return { blobs: createDirectoryBlobs(folder), unfinished: () => partialsIn(folder) };
}

describePartStore('a directory', open);
describeSweep('a directory', open);

describe('a writer that is killed with SIGKILL', () => {
  test('leaves no part, and a sweep removes what it had begun once it is a day old', async () => {
    const folder = await newFolder();
    const writer = startWriter({ directory: folder });
    await writer.hasWritten;
    await writer.kill();
    const blobs = createDirectoryBlobs(folder);
    expect(await keysIn(blobs)).toEqual([]);
    const [partial = ''] = await partialsIn(folder);
    expect(partial).not.toBe('');
    const aDayAgo = new Date(Date.now() - 86_400_000);
    await blobs.discardUnfinished(aDayAgo);
    expect(await partialsIn(folder)).toEqual([partial]);
    const longAgo = new Date(aDayAgo.getTime() - 1_000);
    await utimes(join(folder, partial), longAgo, longAgo);
    await blobs.discardUnfinished(aDayAgo);
    expect(await partialsIn(folder)).toEqual([]);
  });
});

describe('a directory that cannot be used', () => {
  test('says what to do when it is a file', async () => {
    const file = join(await newFolder(), 'parts');
    await writeFile(file, '');
    await expect(createDirectoryBlobs(file).probe()).rejects.toThrow(
      /cannot be kept in .*parts: .*; set DATA_DIR to a directory/,
    );
  });

  test('loses no part by being unreadable: that is no missing part', async () => {
    const folder = await newFolder();
    const store = createDirectoryPartStores(folder).of('task');
    const digest = await store.put(randomBytes(10));
    const [key = ''] = (await keysIn(createDirectoryBlobs(folder))).filter((k) =>
      k.endsWith(digest),
    );
    await rm(join(folder, key));
    // A folder in its place: it is there, and cannot be read as a file.
    await createDirectoryBlobs(folder).write(`${key}/x`, Buffer.from('x'));
    await chmod(join(folder, key), 0o700);
    await expect(store.get(digest)).rejects.toThrow('EISDIR');
  });
});
