// Where the content of big parts lies: bytes under the name of their own SHA-256.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface PartStore {
  /** Resolves with the digest once the bytes are there for every reader. Idempotent. */
  put(bytes: Uint8Array): Promise<string>;
  /** The same of content that need not fit in memory. Rejects with what the source throws. */
  putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBytes>;
  /** Rejects with `MissingPartError` when the bytes are gone or are not what the digest says. */
  get(digest: string): Promise<Buffer>;
  /** The bytes from `start` to `end` (inclusive) as a stream, unchecked. */
  stream(digest: string, range?: { readonly start: number; readonly end: number }): Readable;
  /** Size in bytes, or undefined when there is no such part. */
  size(digest: string): Promise<number | undefined>;
}

export interface StoredBytes {
  /** SHA-256, lower-case hex. */
  readonly digest: string;
  readonly bytes: number;
}

export class MissingPartError extends Error {
  constructor(digest: string, reason: string) {
    super(`stored part ${digest.slice(0, 12)}… ${reason}`);
    this.name = 'MissingPartError';
  }
}

const DIGEST = /^[0-9a-f]{64}$/;

/** A part store in a directory that gateway and worker share. */
export function createDirectoryPartStore(directory: string): PartStore {
  // Two levels, because a directory with a million entries is slow to list on most file systems.
  const pathOf = (digest: string): string => {
    if (!DIGEST.test(digest)) throw new MissingPartError(digest, 'has no valid name');
    return join(directory, digest.slice(0, 2), digest);
  };
  return {
    async put(bytes) {
      const digest = sha256(bytes);
      const path = pathOf(digest);
      if ((await sizeOf(path)) === bytes.byteLength) return digest;
      await mkdir(dirname(path), { recursive: true });
      // Renamed into place, so that a reader never sees half of it, also after a kill.
      const partial = `${path}.${randomUUID()}`;
      await writeFile(partial, bytes, { flush: true });
      await rename(partial, path);
      return digest;
    },
    async putStream(source) {
      await mkdir(directory, { recursive: true });
      const partial = join(directory, `${randomUUID()}.partial`);
      const hash = createHash('sha256');
      let bytes = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          yield chunk;
        }
      };
      await pipeline(counted, createWriteStream(partial, { flush: true }));
      const digest = hash.digest('hex');
      await mkdir(dirname(pathOf(digest)), { recursive: true });
      await rename(partial, pathOf(digest));
      return { digest, bytes };
    },
    async get(digest) {
      const bytes = await readFile(pathOf(digest)).catch(() => undefined);
      if (bytes === undefined) throw new MissingPartError(digest, 'is not in the store');
      if (sha256(bytes) !== digest) throw new MissingPartError(digest, 'is damaged');
      return bytes;
    },
    stream: (digest, range) => createReadStream(pathOf(digest), range),
    size: (digest) => sizeOf(pathOf(digest)),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}
