// The outcomes as text: a line for each in the terminal, tables for docs/faults.md.

import { table, type Circumstances } from '../bench/report';
import type { LeftOut } from './row';
import type { Outcome } from './run-row';
import type { Figure } from './trial';

export function outcomeText(outcome: Outcome): string {
  const { row, verdict, isExpected, isMutated, seconds, attempted, succeeded } = outcome;
  const wanted = isMutated ? ` (mutant: ${row.mutation.breaks})` : '';
  return [
    `${isExpected ? 'ok' : 'NOT OK'}  row ${row.row} ${verdict} in ${seconds.toFixed(0)} s: ${row.fault}${wanted}`,
    `  ${succeeded} of ${attempted} operations succeeded`,
    ...outcome.figures.map((figure) => `  ${figureText(figure)}`),
    ...outcome.told.map((line) => `  ${line}`),
  ].join('\n');
}

/** What is known of the whole run. */
export interface Run {
  readonly at: Circumstances;
  readonly seed: number;
  readonly isFull: boolean;
}

export function faultsPage(
  outcomes: readonly Outcome[],
  leftOut: readonly LeftOut[],
  { at, seed, isFull }: Run,
): string {
  const rows = outcomes.map(({ row, verdict, attempted, succeeded, figures, seconds }) => [
    String(row.row),
    row.fault,
    row.passes,
    `${succeeded} of ${attempted}`,
    figures.map(figureText).join('; '),
    `${seconds.toFixed(0)} s`,
    verdict,
  ]);
  return [
    '# Faults\n',
    'Written by `npm run faults`; do not edit. Each row brings a fault about, on real processes that',
    'are killed, stopped and cut off, and holds what came of it against the invariants below.',
    '`npm run faults -- --mutate` breaks the guard of each row in a copy of the program and expects',
    'the row to fail; `--row N`, `--seed S` and `--full` choose one row, its random times and the full',
    'size.\n',
    table([
      ['date', 'machine', 'commit', 'Node', 'Temporal', 'size', 'seed'],
      [at.date, at.machine, at.commit, at.node, at.temporal, isFull ? 'full' : 'CI', String(seed)],
    ]),
    '',
    table([['', 'fault', 'passes when', 'succeeded', 'figures', 'took', ''], ...rows]),
    '',
    '## Not driven yet\n',
    table([
      ['', 'fault', 'why'],
      ...leftOut.map(({ row, fault, reason }) => [String(row), fault, reason]),
    ]),
    '',
    '## Mutants\n',
    table([
      ['', 'what is broken', 'seen as'],
      ...outcomes.map(({ row: { row, mutation } }) => [
        String(row),
        mutation.breaks,
        mutation.seenAs.join(', '),
      ]),
    ]),
    '',
    INVARIANTS,
  ].join('\n');
}

const INVARIANTS = `## Invariants

- **I1** the ids of a task's events are 1 to N, each once, and equal to the byte to what a newcomer reads afterwards
- **I2** the artifacts that a client puts together from its stream are those of GetTask, and what the skill wrote
- **I3** a task has exactly one terminal state, and it comes last
- **I4** one run for each idempotency key, and each keyed effect once
- **I5** a gateway stays under 300 MB, leaves no rejection unhandled and answers \`/healthz\` within 200 ms (p99)
- **I6** another principal sees what it would see for an unknown id
- **I7** what was acknowledged is there afterwards
- **I8** no task is stuck
- **I9** every error is a well-formed A2A error of its binding: no HTML, no stack
- **own** the bounds of the row's own figures

A row in which under half of the operations succeeded is void.
`;

function figureText({ name, value, unit, bound }: Figure): string {
  return `${name} ${value} ${unit}${bound === '' ? '' : ` (${bound})`}`;
}
