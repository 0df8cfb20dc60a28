// `npm run faults`: brings every fault about, prints what came of it, and exits with 1 when a row is not as expected.
// Options: `--row N[,N]`, `--seed S`, `--full`, `--mutate`. A run of all rows writes docs/faults.md.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { circumstances } from '../bench/report';
import { cliVersion } from '../test/harness/temporal-cli';
import { faultsPage, outcomeText } from './report';
import type { FaultRow } from './row';
import { LEFT_OUT, ROWS } from './rows';
import { runRow, type Outcome } from './run-row';

const { values: options } = parseArgs({
  options: {
    row: { type: 'string' },
    seed: { type: 'string' },
    full: { type: 'boolean', default: false },
    mutate: { type: 'boolean', default: false },
  },
});

const PAGE = join(__dirname, '../docs/faults.md');

/** What was started is ended also when the run is. */
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopped.abort(signal));
}

async function main(): Promise<void> {
  const rows = chosen(options.row);
  const seed = Number(options.seed ?? Date.now() % 1_000_000);
  const { full: isFull, mutate: isMutated } = options;
  print(`seed ${seed}`);
  const { signal } = stopped;
  const outcomes: Outcome[] = [];
  for (const row of rows) {
    if (signal.aborted) break;
    process.stderr.write(`row ${row.row}: ${row.fault}\n`);
    const outcome = await runRow(row, { seed, isFull, isMutated, signal });
    print(outcomeText(outcome));
    outcomes.push(outcome);
  }
  for (const { row, reason } of LEFT_OUT) print(`left out  row ${row}: ${reason}`);
  if (outcomes.length === ROWS.length && !isMutated) {
    const run = { at: circumstances(await cliVersion()), seed, isFull };
    await writeFile(PAGE, await faultsPage(outcomes, LEFT_OUT, run));
  }
  const wrong = outcomes.filter(({ isExpected }) => !isExpected);
  const expected = isMutated ? 'red, as mutants must be' : 'green';
  print(`${outcomes.length - wrong.length} of ${outcomes.length} rows ${expected}`);
  for (const { row } of wrong) {
    print(
      `again: npm run faults -- --row ${row.row} --seed ${seed}${isMutated ? ' --mutate' : ''}`,
    );
  }
  if (wrong.length > 0 || outcomes.length < rows.length) process.exitCode = 1;
}

function chosen(row: string | undefined): readonly FaultRow[] {
  if (row === undefined) return ROWS;
  return row.split(',').map((wanted) => {
    const found = ROWS.find(({ row: known }) => String(known) === wanted);
    if (found === undefined) {
      throw new Error(`--row ${wanted}: there are ${ROWS.map((one) => one.row).join(', ')}`);
    }
    return found;
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// What a row that was ended still waits for keeps nobody here.
void main()
  .catch((err: unknown) => {
    print(err instanceof Error ? err.message : String(err));
    process.exitCode = 1;
  })
  .finally(() => process.exit());
