// How long each process takes from its start until it is ready.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../bench';
import { monotonicMs } from '../monotonic';
import { startProgram, type ProgramOptions } from '../processes';

export interface StartUp {
  readonly name: string;
  readonly meaning: string;
  /** Seconds, once a round. */
  readonly tookS: number[];
}

const TASK_QUEUE = 'start-up';

/** Starts and ends each of them once more. */
export type StartAll = () => Promise<void>;

export function startUps(bench: Bench): {
  readonly all: readonly StartUp[];
  readonly again: StartAll;
} {
  const first = startUp(
    '`npm start`, first time',
    'Server, worker and gateway in an empty data directory.',
  );
  const warm = startUp('`npm start`, again', 'The same with what it left there.');
  const gateway = startUp('`npm run gateway`', 'From `dist`, beside a Temporal server that runs.');
  const worker = startUp('`npm run worker`', 'The same; it bundles the workflows.');
  const { temporal } = bench;
  return {
    all: [first, warm, gateway, worker],
    async again() {
      const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-bench-'));
      try {
        for (const way of [first, warm]) {
          await time(way, { role: 'start', temporal: { dataDir }, taskQueue: TASK_QUEUE });
        }
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
      await time(gateway, { role: 'gateway', temporal, taskQueue: TASK_QUEUE });
      await time(worker, { role: 'worker', temporal, taskQueue: TASK_QUEUE });
    },
  };
}

function startUp(name: string, meaning: string): StartUp {
  return { name, meaning, tookS: [] };
}

async function time({ tookS }: StartUp, options: ProgramOptions): Promise<void> {
  const from = monotonicMs();
  const program = await startProgram(options);
  tookS.push((monotonicMs() - from) / 1_000);
  await program.close();
}
