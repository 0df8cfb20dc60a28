// Beside the parts: for which namespace they are swept, and when that was done last, by whichever process.

import { buffer } from 'node:stream/consumers';
import type { Blobs } from './blobs';

const KEY = 'sweep.json';

interface SweepRecord {
  readonly v: 1;
  /** Temporal's id of the namespace, which no other namespace of any cluster has. */
  readonly namespaceId: string;
  /** Epoch milliseconds. */
  readonly sweptAt: number;
}

export interface SweepClaim {
  readonly namespaceId: string;
  readonly everyMs: number;
  readonly now: Date;
}

/**
 * Whether it is time for a sweep; then it counts as done from now on, so that of many processes one sweeps, as a rule.
 * @throws Error when the parts belong to tasks of another namespace, which this one would take for dropped.
 */
export async function claimSweep(blobs: Blobs, claim: SweepClaim): Promise<boolean> {
  const { namespaceId, everyMs, now } = claim;
  const last = await read(blobs);
  if (last !== undefined && last.namespaceId !== namespaceId) {
    throw new Error(
      `stored parts are not swept: they belong to tasks of the Temporal namespace with the id ${last.namespaceId}, ` +
        `and this process uses ${namespaceId}; give each namespace a store of its own, or remove ${KEY} from the ` +
        'store if that namespace is no more',
    );
  }
  if (last !== undefined && now.getTime() - last.sweptAt < everyMs) return false;
  const record: SweepRecord = { v: 1, namespaceId, sweptAt: now.getTime() };
  await blobs.write(KEY, Buffer.from(JSON.stringify(record)));
  return true;
}

async function read(blobs: Blobs): Promise<SweepRecord | undefined> {
  const source = await blobs.stream(KEY);
  return source && (JSON.parse((await buffer(source)).toString()) as SweepRecord);
}
