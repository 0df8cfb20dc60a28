// What a sweep promises, wherever the parts lie: run over a directory and over S3.

import { randomBytes, randomUUID } from 'node:crypto';
import type { Blobs } from '../../src/storage/blobs';
import { createPartStores } from '../../src/storage/part-store';
import { SWEEP_MARGIN_MS, sweepParts, type SweepOptions } from '../../src/storage/sweep';
import { claimSweep } from '../../src/storage/sweep-record';
import { keysIn, type Place } from './store-contract';

const DAY_MS = 86_400_000;
const RETENTION_MS = 3 * DAY_MS;

/** Tests put now and sweep as of then; a whole day beyond what is kept. */
const later = (): Date => new Date(Date.now() + RETENTION_MS + SWEEP_MARGIN_MS + DAY_MS);

export function describeSweep(name: string, open: () => Promise<Place>): void {
  let blobs: Blobs;
  const shared = randomBytes(2_000);
  /** Two parts, one of which every task has. */
  const put = async (workflowId: string): Promise<readonly string[]> => {
    const store = createPartStores(blobs).of(workflowId);
    return Promise.all([store.put(shared), store.put(randomBytes(1_000))]);
  };
  const readable = async (workflowId: string, digests: readonly string[]): Promise<boolean> => {
    const store = createPartStores(blobs).of(workflowId);
    const sizes = await Promise.all(digests.map((digest) => store.size(digest)));
    return sizes.every((size) => size !== undefined);
  };
  const sweep = (isThere: SweepOptions['isThere'], options: Partial<SweepOptions> = {}) =>
    sweepParts(blobs, {
      retentionMs: RETENTION_MS,
      now: later(),
      signal: new AbortController().signal,
      ...options,
      isThere,
    });

  beforeEach(async () => {
    ({ blobs } = await open());
  });

  describe(`a sweep of ${name}`, () => {
    test('removes what Temporal has dropped, and nothing else, also where bytes are the same', async () => {
      const kept = await put('default/anonymous/kept');
      await put('default/anonymous/dropped');
      const result = await sweep(async (id) => id.endsWith('/kept'));
      expect(result).toEqual({ workflows: 1, parts: 2, bytes: 3_000, kept: 1, strays: 0 });
      expect(await readable('default/anonymous/kept', kept)).toBe(true);
      expect(await keysIn(blobs)).toHaveLength(3);
    });

    test('asks about a workflow by its whole id, whatever is in it', async () => {
      const ids = ['a/b/../../c', 'x/y/%F0%9F%98%80', `t/p/reply/${'z'.repeat(900)}`].toSorted();
      for (const id of ids) await put(id);
      const asked: string[] = [];
      await sweep(async (id) => asked.push(id) > 0);
      expect(asked.toSorted()).toEqual(ids);
    });

    test('asks about nothing that was put within the retention and a day', async () => {
      const digests = await put('young');
      const isThere = async (): Promise<boolean> => {
        throw new Error('nobody is to ask');
      };
      const now = new Date(Date.now() + RETENTION_MS + SWEEP_MARGIN_MS - 60_000);
      await sweep(isThere, { now });
      expect(await readable('young', digests)).toBe(true);
    });

    test('removes nothing that is younger than a day, however short the retention is', async () => {
      const digests = await put('young');
      await sweep(async () => false, { retentionMs: 0, now: new Date() });
      expect(await readable('young', digests)).toBe(true);
    });

    test('ends with the error when Temporal cannot tell, and removes nothing', async () => {
      const digests = await put('unknown');
      await expect(sweep(() => Promise.reject(new Error('no answer')))).rejects.toThrow(
        'no answer',
      );
      expect(await readable('unknown', digests)).toBe(true);
    });

    test.each([1, 2, 3])(
      'that dies after %d removals is finished by the next one',
      async (after) => {
        await put('dropped');
        let removals = 0;
        const dying = intercepted(blobs, 'remove', () => {
          removals += 1;
          if (removals > after) throw new Error('killed');
        });
        const options = {
          retentionMs: RETENTION_MS,
          now: later(),
          signal: new AbortController().signal,
        };
        const died = sweepParts(dying, { ...options, isThere: async () => false });
        await died.catch(() => undefined);
        await sweep(async () => false);
        expect(await keysIn(blobs)).toEqual([]);
      },
    );

    test('can run several times at once', async () => {
      const ids: readonly string[] = Array.from({ length: 8 }, () => randomUUID());
      const digests = new Map<string, readonly string[]>();
      for (const id of ids) digests.set(id, await put(id));
      const isOdd = async (id: string): Promise<boolean> => ids.indexOf(id) % 2 === 1;
      await Promise.all([sweep(isOdd), sweep(isOdd), sweep(isOdd)]);
      for (const [i, id] of ids.entries()) {
        expect(await readable(id, digests.get(id) ?? [])).toBe(i % 2 === 1);
      }
    });

    test('leaves the parts of a task that is started again while it asks', async () => {
      const digests = await put('again');
      const result = await sweep(async () => {
        // Times of S3 are whole seconds.
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        await put('again');
        return false;
      });
      expect(result.parts).toBe(0);
      expect(await readable('again', digests)).toBe(true);
    });

    test('keeps and counts what does not say whose it is', async () => {
      await blobs.write('ab/abcdef', Buffer.from('x'));
      expect(await sweep(async () => false)).toMatchObject({ strays: 1, parts: 0 });
      expect(await keysIn(blobs)).toEqual(['ab/abcdef']);
    });

    test('stops between two tasks when the process is to end', async () => {
      const digests = await put('left');
      const stop = new AbortController();
      stop.abort(new Error('the process is to end'));
      await expect(sweep(async () => false, { signal: stop.signal })).rejects.toThrow('is to end');
      expect(await readable('left', digests)).toBe(true);
    });
  });

  describe(`whose turn it is to sweep ${name}`, () => {
    const claim = { namespaceId: 'one', everyMs: 3_600_000 };

    test('is that of the first who asks in an interval', async () => {
      const now = Date.now();
      const at = (ms: number) => claimSweep(blobs, { ...claim, now: new Date(now + ms) });
      expect([await at(0), await at(1_000), await at(3_599_000), await at(3_600_000)]).toEqual([
        ...[true, false, false, true],
      ]);
    });

    test('is never that of another namespace', async () => {
      await claimSweep(blobs, { ...claim, now: new Date() });
      const other = claimSweep(blobs, { ...claim, namespaceId: 'two', now: later() });
      await expect(other).rejects.toThrow('give each namespace a store of its own');
    });
  });
}

function intercepted(blobs: Blobs, method: keyof Blobs, before: () => void): Blobs {
  return new Proxy(blobs, {
    get(target, name: keyof Blobs) {
      const value = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]): unknown => {
        if (name === method) before();
        return value.apply(target, args);
      };
    },
  });
}
