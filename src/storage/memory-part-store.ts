// A part store in memory: what runs skills without a disk.

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MissingPartError, sha256, type PartStore } from './part-store';

export function createMemoryPartStore(): PartStore {
  const held = new Map<string, Buffer>();
  const put = (bytes: Uint8Array): string => {
    const digest = sha256(bytes);
    held.set(digest, Buffer.from(bytes));
    return digest;
  };
  const get = (digest: string): Buffer => {
    const bytes = held.get(digest);
    if (bytes === undefined) throw new MissingPartError(digest, 'is not in the store');
    return bytes;
  };
  return {
    put: async (bytes) => put(bytes),
    async putStream(source) {
      const bytes = await buffer(source);
      return { digest: put(bytes), bytes: bytes.byteLength };
    },
    get: async (digest) => get(digest),
    stream: (digest, { start, end } = { start: 0, end: Number.POSITIVE_INFINITY }) =>
      Readable.from([get(digest).subarray(start, end + 1)]),
    size: async (digest) => held.get(digest)?.byteLength,
  };
}
