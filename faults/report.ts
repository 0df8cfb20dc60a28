// The outcomes as text: a few lines for each in the terminal, a page of docs.

import { format } from 'prettier';
import { table, type Circumstances } from '../bench/report';
import { INVARIANTS } from './invariants';
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

export async function faultsPage(
  outcomes: readonly Outcome[],
  leftOut: readonly LeftOut[],
  { at, seed, isFull }: Run,
): Promise<string> {
  const size = isFull ? 'full' : 'CI';
  const page = [
    INTRODUCTION,
    table([
      ['date', 'machine', 'commit', 'Node', 'Temporal', 'size', 'seed'],
      [at.date, at.machine, at.commit, at.node, at.temporal, size, String(seed)],
    ]),
    table([
      ['', 'fault', 'succeeded', 'took', ''],
      ...outcomes.map(({ row, attempted, succeeded, seconds, verdict }) => [
        ...[String(row.row), row.fault, `${succeeded} of ${attempted}`],
        ...[`${seconds.toFixed(0)} s`, verdict],
      ]),
    ]),
    '## Not driven yet',
    table([
      ['', 'fault', 'why'],
      ...leftOut.map(({ row, fault, reason }) => [String(row), fault, reason]),
    ]),
    '## Invariants',
    bullets(Object.entries(INVARIANTS).map(([name, what]) => `**${name}** ${what}`)),
    '## Rows',
    ...outcomes.flatMap(rowText),
  ].join('\n\n');
  return format(page, { parser: 'markdown' });
}

const INTRODUCTION = `# Faults

Written by \`npm run faults\`; do not edit. Each row brings a fault about, on real processes that are killed, stopped and cut off, and
holds what came of it against the invariants below. A row in which under half of the operations succeeded is void.
\`--row N\`, \`--seed S\` and \`--full\` choose one row, its random times and the full size. \`--mutate\` breaks the guard of each row in a
copy of the program, and expects the row to see it.`;

function rowText({ row, figures, told }: Outcome): readonly string[] {
  const { fault, passes, mutation } = row;
  return [
    `### Row ${row.row}: ${fault}`,
    `Passes when: ${passes}.`,
    bullets([...figures.map(figureText), ...told.map((line) => `**violated:** ${line}`)]),
    `Its mutant: ${mutation.breaks}. Seen as ${mutation.seenAs.join(' or ')}.`,
  ];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function figureText({ name, value, unit, bound }: Figure): string {
  return `${name} ${value} ${unit}${bound === '' ? '' : ` (${bound})`}`;
}
