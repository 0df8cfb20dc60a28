// Runs one row once, on the program or on its mutant, and judges what came of it.

import { BUILT, buildMutant } from './mutant';
import type { FaultRow } from './row';
import { Trial, type Figure } from './trial';

/**
 * - `green`: nothing was violated, and half or more of the operations succeeded
 * - `red`: an invariant or a bound was violated
 * - `void`: under half of the operations succeeded, so that nothing is shown
 * - `broken`: the driver itself threw
 */
export type Verdict = 'green' | 'red' | 'void' | 'broken';

export interface Outcome {
  readonly row: FaultRow;
  readonly seed: number;
  readonly isMutated: boolean;
  readonly verdict: Verdict;
  /** Green for the program; for a mutant red, and by an invariant that it was to violate. */
  readonly isExpected: boolean;
  readonly attempted: number;
  readonly succeeded: number;
  readonly figures: readonly Figure[];
  /** What was violated, or why the driver threw. */
  readonly told: readonly string[];
  readonly seconds: number;
}

export interface RunOptions {
  readonly seed: number;
  readonly isFull: boolean;
  readonly isMutated: boolean;
  /** Ends the row, and its processes. */
  readonly signal: AbortSignal;
}

/** No row takes a fifth of it on a quiet machine, at the size of CI; what takes longer hangs. */
const CI_DEADLINE_MS = 300_000;
const FULL_DEADLINE_MS = 1_800_000;

export async function runRow(
  row: FaultRow,
  { seed, isFull, isMutated, signal }: RunOptions,
): Promise<Outcome> {
  const from = performance.now();
  const program = isMutated ? await buildMutant(`row-${row.row}`, row.mutation) : BUILT;
  const trial = new Trial(isFull ? row.sizes.full : row.sizes.ci, seed, program);
  let thrown: string | undefined;
  try {
    const late = AbortSignal.timeout(isFull ? FULL_DEADLINE_MS : CI_DEADLINE_MS);
    await untilAborted(row.run(trial), AbortSignal.any([signal, late]));
  } catch (err) {
    thrown = err instanceof Error ? (err.stack ?? err.message) : String(err);
  } finally {
    await trial.close();
  }
  const verdict = thrown === undefined ? verdictOf(trial) : 'broken';
  return {
    row,
    seed,
    isMutated,
    verdict,
    isExpected: isMutated ? verdict === 'red' && isSeen(row, trial) : verdict === 'green',
    attempted: trial.attempted,
    succeeded: trial.succeeded,
    figures: trial.figures,
    told: thrown === undefined ? trial.told() : [thrown],
    seconds: (performance.now() - from) / 1_000,
  };
}

/** Rejects when the signal aborts; what the row then meets, because its processes are gone, tells nothing. */
async function untilAborted(running: Promise<void>, signal: AbortSignal): Promise<void> {
  running.catch(() => undefined);
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error(`the row was ended: ${String(signal.reason)}`));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([running, aborted]);
}

function verdictOf({ violations, attempted, succeeded }: Trial): Verdict {
  if (violations.length > 0) return 'red';
  return attempted > 0 && succeeded >= attempted / 2 ? 'green' : 'void';
}

function isSeen({ mutation }: FaultRow, { violations }: Trial): boolean {
  return violations.some(({ invariant }) => mutation.seenAs.includes(invariant));
}
