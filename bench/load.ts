// Puts a load on the contenders of a throughput benchmark, by turns.

import { cpuMs } from './cpu';
import { percentile } from './statistics';

export interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** Its processes; the client's and the server's are counted for everyone. */
  readonly pids: readonly number[];
  /** One task that says so many progress events, from the client's call to its answer. */
  execute(events: number): Promise<void>;
}

export interface Load {
  /** A task. */
  readonly events: number;
  readonly concurrency: number;
  /** A turn. */
  readonly tasks: number;
}

/** What one contender did at one load in one round. */
interface Sample {
  readonly tookMs: number[];
  elapsedMs: number;
  cpuMs: number;
}

export type Figure = 'tasks/s' | 'p50 ms' | 'p99 ms' | 'CPU ms/task';

export const FIGURES: Readonly<Record<Figure, (sample: Sample) => number>> = {
  'tasks/s': ({ tookMs, elapsedMs }) => (tookMs.length / elapsedMs) * 1_000,
  'p50 ms': ({ tookMs }) => percentile(tookMs, 0.5),
  'p99 ms': ({ tookMs }) => percentile(tookMs, 0.99),
  'CPU ms/task': (sample) => sample.cpuMs / sample.tookMs.length,
};

export interface RoundOptions {
  readonly load: Load;
  /** How often each contender has its turn: a machine that others use is not the same for long. */
  readonly turns: number;
  /** Whose processor time is everyone's: server and client. */
  readonly pids: readonly number[];
}

/** One round; the samples come in the order of the contenders. */
export async function runRound(
  contenders: readonly Contender[],
  { load, turns, pids }: RoundOptions,
): Promise<readonly Sample[]> {
  const samples = contenders.map((): Sample => ({ tookMs: [], elapsedMs: 0, cpuMs: 0 }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (let step = 0; step < contenders.length; step += 1) {
      // Nobody is always the first.
      const at = (turn + step) % contenders.length;
      const [contender, sample] = [contenders[at], samples[at]];
      if (contender === undefined || sample === undefined) continue;
      const usedBefore = await cpuMs([...pids, ...contender.pids]);
      const from = performance.now();
      await runTurn(contender, load, sample.tookMs);
      sample.elapsedMs += performance.now() - from;
      sample.cpuMs += (await cpuMs([...pids, ...contender.pids])) - usedBefore;
    }
  }
  return samples;
}

async function runTurn(contender: Contender, load: Load, tookMs: number[]): Promise<void> {
  let left = load.tasks;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      await contender.execute(load.events);
      tookMs.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, caller));
}
