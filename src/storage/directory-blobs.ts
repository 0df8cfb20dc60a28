// Blobs in a directory that all processes share: a file each, renamed into place.

import { randomUUID } from 'node:crypto';
import { createWriteStream, type Dirent } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  open,
  opendir,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Blob, Blobs, BlobStat } from './blobs';
import { asStoreFault, codeOf } from './store-fault';

/** Of a file that is being written. No key ends with it. */
const PARTIAL = '.partial';

export function createDirectoryBlobs(directory: string): Blobs {
  const pathOf = (key: string): string => join(directory, key);
  const partialPath = (): string => join(directory, `${randomUUID()}${PARTIAL}`);
  return {
    probe: () => probe(directory, partialPath()),
    write: (key, bytes) =>
      faultsTold(async () => {
        const partial = partialPath();
        await removedOnFailure(partial, async () => {
          await mkdir(directory, { recursive: true });
          await writeFile(partial, bytes, { flush: true });
          await placed(partial, pathOf(key));
        });
      }),
    receive: (source) =>
      faultsTold(async () => {
        const partial = partialPath();
        await removedOnFailure(partial, async () => {
          await mkdir(directory, { recursive: true });
          await pipeline(source, createWriteStream(partial, { flush: true }));
        });
        return {
          keep: (key) =>
            faultsTold(() => removedOnFailure(partial, () => placed(partial, pathOf(key)))),
          discard: () => rm(partial, { force: true }),
        };
      }),
    copy: (from, to) => faultsTold(() => copied(pathOf(from), pathOf(to), partialPath())),
    stream: (key, range) =>
      faultsTold(async () => {
        const file = await open(pathOf(key)).catch(undefinedIfMissing);
        return file?.createReadStream(range);
      }),
    stat: (key) => faultsTold(() => statOf(pathOf(key))),
    list: (folder) => list(directory, folder),
    remove: (key) =>
      faultsTold(async () => {
        await unlink(pathOf(key)).catch(undefinedIfMissing);
        // The folder of what was the last one goes too.
        await rmdir(dirname(pathOf(key))).catch(() => undefined);
      }),
    discardUnfinished: (before) => faultsTold(() => discardUnfinished(directory, before)),
  };
}

const PLACE_TRIES = 5;

async function placed(partial: string, path: string): Promise<void> {
  // A sweep may take an empty folder away between the two.
  for (let tries = 1; ; tries += 1) {
    await mkdir(dirname(path), { recursive: true });
    try {
      await rename(partial, path);
      return;
    } catch (err) {
      if (!isMissing(err) || tries === PLACE_TRIES) throw err;
    }
  }
}

/** False when there is nothing to copy. */
async function copied(from: string, to: string, partial: string): Promise<boolean> {
  if ((await statOf(from)) === undefined) return false;
  await mkdir(dirname(to), { recursive: true });
  if (await linked(from, to)) return true;
  await removedOnFailure(partial, async () => {
    await copyFile(from, partial);
    await placed(partial, to);
  });
  return true;
}

async function probe(directory: string, partial: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(partial, '', { flush: true });
    await unlink(partial);
  } catch (err) {
    const why = err instanceof Error ? err.message : String(err);
    throw new Error(
      `stored parts cannot be kept in ${directory}: ${why}; set DATA_DIR to a directory that this process may write`,
      { cause: err },
    );
  }
}

async function* list(directory: string, folder = ''): AsyncGenerator<Blob> {
  const entries = await opendir(join(directory, folder)).catch(undefinedIfMissing);
  if (entries === undefined) return;
  const folders: string[] = [];
  // `for await` closes the directory, also when whoever lists stops early.
  for await (const entry of entries) {
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      folders.push(key);
      continue;
    }
    const found = isBlob(entry) ? await statOf(join(directory, key)) : undefined;
    if (found !== undefined) yield { key, ...found };
  }
  for (const inner of folders) yield* list(directory, inner);
}

function isBlob(entry: Dirent): boolean {
  return entry.isFile() && !entry.name.endsWith(PARTIAL);
}

async function discardUnfinished(directory: string, before: Date): Promise<void> {
  const names = (await readdir(directory).catch(undefinedIfMissing)) ?? [];
  for (const name of names) {
    if (!name.endsWith(PARTIAL)) continue;
    const path = join(directory, name);
    const found = await statOf(path);
    if (found !== undefined && found.writtenAt < before) await rm(path, { force: true });
  }
}

async function statOf(path: string): Promise<BlobStat | undefined> {
  const found = await stat(path).catch(undefinedIfMissing);
  return found && { bytes: found.size, writtenAt: found.mtime };
}

/** A second name costs no bytes; false where the file system has none to give. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (err) {
    return codeOf(err) === 'EEXIST';
  }
}

async function removedOnFailure(partial: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (err) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw err;
  }
}

async function faultsTold<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (err) {
    throw asStoreFault(err);
  }
}

function isMissing(err: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(String(codeOf(err)));
}

function undefinedIfMissing(err: unknown): undefined {
  if (!isMissing(err)) throw err;
}
