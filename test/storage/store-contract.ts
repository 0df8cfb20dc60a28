// What every part store promises, wherever its bytes lie: run over a directory and over S3.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Blob, Blobs } from '../../src/storage/blobs';
import { MissingPartError, createPartStores, type PartStore } from '../../src/storage/part-store';

/** More than one request to S3 takes. */
const LARGE_BYTES = 20_000_000;

/** An empty place, as a test of the contract is given it. */
export interface Place {
  readonly blobs: Blobs;
  /** Names of what was begun there and is no blob. */
  unfinished(): Promise<readonly string[]>;
}

export function describePartStore(name: string, open: () => Promise<Place>): void {
  let place: Place;
  let blobs: Blobs;
  let written: string[];
  let workflowId: string;
  let store: PartStore;

  beforeEach(async () => {
    written = [];
    place = await open();
    blobs = watched(place.blobs, written);
    workflowId = `default/anonymous/${randomUUID()}`;
    store = createPartStores(blobs).of(workflowId);
  });

  describe(`the parts of a task in ${name}`, () => {
    test.each([0, 1, 100_000])('%d bytes come back as they were put', async (bytes) => {
      const content = randomBytes(bytes);
      const digest = await store.put(content);
      expect(digest).toBe(sha256(content));
      expect(await store.get(digest)).toEqual(content);
      expect(await buffer(store.stream(digest))).toEqual(content);
      expect(await store.size(digest)).toBe(bytes);
    });

    test.each([0, 1, 100_000, LARGE_BYTES])('%d bytes come back as they streamed in', async (n) => {
      const content = randomBytes(n);
      const stored = await store.putStream(inPieces(content));
      expect(stored).toEqual({ digest: sha256(content), bytes: n });
      expect(sha256(await buffer(store.stream(stored.digest)))).toBe(stored.digest);
      expect(await place.unfinished()).toEqual([]);
    });

    test('a range is the bytes from its start to its end, both included', async () => {
      const digest = await store.put(Buffer.from('0123456789'));
      const range = async (start: number, end: number): Promise<string> =>
        (await buffer(store.stream(digest, { start, end }))).toString();
      expect(await range(0, 0)).toBe('0');
      expect(await range(2, 5)).toBe('2345');
      expect(await range(9, 9)).toBe('9');
    });

    test('what was never put is missing', async () => {
      const digest = sha256(randomBytes(8));
      expect(await store.size(digest)).toBeUndefined();
      await expect(store.get(digest)).rejects.toThrow(MissingPartError);
      await expect(buffer(store.stream(digest))).rejects.toThrow('is not in the store');
    });

    test('what is no digest names no part, and no path', async () => {
      await expect(store.get('../../etc/passwd')).rejects.toThrow('has no valid name');
    });

    test('what one task has put no other finds', async () => {
      const digest = await store.put(randomBytes(10));
      const other = createPartStores(blobs).of(`${workflowId}-other`);
      expect(await other.size(digest)).toBeUndefined();
    });

    test('what one task gives another stays when its own has gone', async () => {
      const content = randomBytes(10);
      const stores = createPartStores(blobs);
      const digest = await store.put(content);
      const own = await keysOf(blobs);
      const owners = { from: workflowId, to: `${workflowId}-heir` };
      await stores.copy([digest], owners);
      await stores.copy([digest], owners);
      for (const key of own) await blobs.remove(key);
      expect(await store.size(digest)).toBeUndefined();
      expect(await stores.of(owners.to).get(digest)).toEqual(content);
      await expect(stores.copy([digest], owners)).rejects.toThrow(MissingPartError);
    });

    test('the same bytes again cost no write of them', async () => {
      const content = randomBytes(100_000);
      const digest = await store.put(content);
      const streamed = await store.putStream(inPieces(content));
      await createPartStores(blobs).of(workflowId).put(content);
      expect(streamed.digest).toBe(digest);
      expect(written.filter((key) => key.endsWith(digest))).toHaveLength(1);
    });

    test('the same bytes at once from ten are whole', async () => {
      const content = randomBytes(100_000);
      const puts = Array.from({ length: 10 }, () =>
        createPartStores(blobs).of(workflowId).put(content),
      );
      const [digest = ''] = await Promise.all(puts);
      expect(sha256(await store.get(digest))).toBe(digest);
    });

    test('a source that fails leaves nothing', async () => {
      const source = async function* (): AsyncGenerator<Buffer> {
        yield randomBytes(LARGE_BYTES);
        throw new Error('the source broke');
      };
      await expect(store.putStream(source())).rejects.toThrow('the source broke');
      expect(await keysIn(blobs)).toEqual([]);
      expect(await place.unfinished()).toEqual([]);
    });
  });

  describe(`a damaged part in ${name}`, () => {
    const content = randomBytes(300_000);
    let digest: string;

    beforeEach(async () => {
      digest = await store.put(content);
      const key = written.find((one) => one.endsWith(digest)) ?? '';
      const damaged = Buffer.from(content);
      damaged[150_000]! ^= 1;
      await blobs.write(key, damaged);
    });

    test('is refused when it is read at once', async () => {
      await expect(store.get(digest)).rejects.toThrow('is damaged');
    });

    test('never comes to its end as a stream', async () => {
      let bytes = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of store.stream(digest)) bytes += (chunk as Buffer).byteLength;
      };
      await expect(read()).rejects.toThrow('is damaged');
      expect(bytes).toBeLessThan(content.byteLength);
    });
  });

  describe(`the blobs in ${name}`, () => {
    test('those of one folder follow each other, and can be listed alone', async () => {
      const stores = createPartStores(blobs);
      const ids = Array.from({ length: 5 }, (_, i) => `${workflowId}-${String(i)}`);
      for (const id of ids) for (let i = 0; i < 3; i += 1) await stores.of(id).put(randomBytes(9));
      const folders = (await keysIn(blobs)).map((key) => key.slice(0, key.lastIndexOf('/')));
      const runs = folders.filter((folder, i) => folder !== folders[i - 1]);
      expect(runs).toHaveLength(new Set(folders).size);
      expect(await keysIn(blobs, folders[0])).toHaveLength(4);
    });

    test('one that is removed is gone, and can be removed again', async () => {
      await blobs.write('a/b/c', Buffer.from('x'));
      await blobs.remove('a/b/c');
      await blobs.remove('a/b/c');
      expect(await blobs.stat('a/b/c')).toBeUndefined();
      expect(await keysIn(blobs)).toEqual([]);
    });

    test('the place says that it can be used', async () => {
      await expect(blobs.probe()).resolves.toBeUndefined();
      expect(await keysIn(blobs)).toEqual([]);
    });
  });
}

export async function keysIn(blobs: Blobs, folder?: string): Promise<readonly string[]> {
  return (await blobsIn(blobs, folder)).map(({ key }) => key);
}

async function blobsIn(blobs: Blobs, folder?: string): Promise<readonly Blob[]> {
  const found: Blob[] = [];
  for await (const blob of blobs.list(folder)) found.push(blob);
  return found;
}

/** Notes each key that is written. */
function watched(blobs: Blobs, written: string[]): Blobs {
  return new Proxy(blobs, {
    get(target, name: keyof Blobs) {
      const value = target[name] as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === 'write') written.push(String(args[0]));
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

async function keysOf(blobs: Blobs): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list()) keys.push(key);
  return keys;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* inPieces(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.byteLength; at += 65_536) yield content.subarray(at, at + 65_536);
}
