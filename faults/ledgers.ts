// The files in which skills note their effects, one for each task.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Trial } from './trial';

export interface Ledgers {
  /** The path for one task. */
  of(name: string | number): string;
  /** I4: the effect of a task was made, and under one key however often. */
  check(ledger: string): Promise<void>;
}

export async function openLedgers(trial: Trial): Promise<Ledgers> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(folder, { recursive: true, force: true }));
  return {
    of: (name) => join(folder, String(name)),
    async check(ledger) {
      const keys = (await readFile(ledger, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      trial.check('I4', new Set(keys).size === 1, `${ledger}: keys ${keys.join(', ')}`);
    },
  };
}
