// A part of many MiB through a store and a gateway, and the memory that it takes on the way.

import { createHash } from 'node:crypto';
import type { PartStores } from '../../src/storage/part-store';
import { givePart, mebibytes } from './given-parts';
import { residentBytes } from './metrics';
import { note } from './note';
import type { TestProcess } from './processes';

const MIB = 1_048_576;

/** Enough to tell bounded memory from growing memory; `PART_MIB=2048` for a trial by hand. */
export const PART_MIB = Number(process.env['PART_MIB'] ?? 384);

/**
 * Of what lies between reading and writing, garbage included: of that there are up to 150 MiB, whatever the size of the
 * part, where V8 finds no time to collect it. Whoever held the part would grow by twice as much as this.
 */
export const GROWTH_MIB = 192;

export interface Passage {
  /** Of this process while it stored the part, and of the gateway while it served it. */
  readonly storingMib: number;
  readonly servingMib: number;
  /** What came out is what went in. */
  readonly isWhole: boolean;
}

export async function passThrough(
  stores: PartStores,
  temporal: { readonly address: string },
  gateway: TestProcess,
): Promise<Passage> {
  const begun = Date.now();
  const content = mebibytes(PART_MIB);
  const [part, storingMib] = await watchingMemory(
    async () => process.memoryUsage().rss,
    () => givePart(temporal, stores, { content, mediaType: 'application/x-tar' }),
  );
  const stored = Date.now();
  const hash = createHash('sha256');
  const [, servingMib] = await watchingMemory(
    () => residentBytes(gateway.url),
    async () => {
      const response = await fetch(`${gateway.url}${part.path}`);
      for await (const chunk of response.body ?? []) hash.update(chunk as Uint8Array);
    },
  );
  const [inS, outS] = [(stored - begun) / 1_000, (Date.now() - stored) / 1_000];
  note(
    `${PART_MIB} MiB: stored in ${inS} s (+${storingMib} MiB), served in ${outS} s (+${servingMib} MiB)`,
  );
  return { storingMib, servingMib, isWhole: hash.digest('hex') === part.digest };
}

const LOOK_MS = 100;

/** What `act` gives, and the most that the memory grew by meanwhile, in MiB. */
async function watchingMemory<T>(
  read: () => Promise<number>,
  act: () => Promise<T>,
): Promise<readonly [T, number]> {
  const first = await read();
  let most = first;
  const looks = setInterval(() => {
    void read().then(
      (now) => (most = Math.max(most, now)),
      () => undefined,
    );
  }, LOOK_MS);
  try {
    const acted = await act();
    return [acted, Math.round((most - first) / MIB)];
  } finally {
    clearInterval(looks);
  }
}
