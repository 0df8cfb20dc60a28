// Whether an artifact of a megabyte a second arrives at the pace at which it is written, and how far behind.

import type { Bench } from '../bench';
import type { Section } from '../figures';
import { monotonicMs } from '../monotonic';
import { percentile, spreadOf } from '../statistics';
import { hear, type Contender, type Contenders } from './contenders';

/** Ten seconds at 1 MB/s, ten times what is recorded inline in one task. */
const PACED = { count: 1_000, bytes: 10_000, everyMs: 10 } as const;

const MB_PER_S = PACED.bytes / PACED.everyMs / 1_000;

const WARM_UP = { ...PACED, count: 50 } as const;

/** Of the pace at which it is written: less, and the client is further behind with every second. */
const GOAL = 0.95;

/** When each line was said, and when its end was heard. */
interface Line {
  readonly saidMs: number;
  readonly heardMs: number;
}

/** What is told of one round of a contender. */
const FIGURES: Readonly<Record<string, (lines: readonly Line[]) => number>> = {
  'MB/s delivered': (lines) => MB_PER_S * keptPace(lines),
  'lag p50 ms': (lines) => percentile(lines.map(lagMs), 0.5),
  'lag p99 ms': (lines) => percentile(lines.map(lagMs), 0.99),
  'lag of the last tenth, p50 ms': (lines) =>
    percentile(lines.slice(-lines.length / 10).map(lagMs), 0.5),
};

export async function measurePace(bench: Bench, { ours, sdk }: Contenders): Promise<Section> {
  const contenders = [ours, sdk];
  for (const contender of contenders) await linesOf(contender, WARM_UP);
  const heard = new Map(contenders.map((contender) => [contender, [] as (readonly Line[])[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [contender, rounds] of heard) rounds.push(await linesOf(contender, PACED));
    bench.report(`e: an artifact at ${MB_PER_S} MB/s, round ${round} of ${bench.rounds}`);
  }
  const roundsOf = (contender: Contender): readonly (readonly Line[])[] =>
    heard.get(contender) ?? [];
  return {
    id: 'e',
    title: 'Lag of a megabyte a second',
    method:
      `One task appends ${PACED.bytes} bytes to one artifact every ${PACED.everyMs} ms, ${PACED.count} times; ` +
      'from the call of `append` until the client has the last of these bytes.',
    columns: Object.keys(FIGURES),
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: Object.values(FIGURES).map((figure) => spreadOf(roundsOf(contender).map(figure))),
    })),
    goals: [
      {
        name: `MB/s delivered / MB/s written: ${ours.name}`,
        value: spreadOf(roundsOf(ours).map(keptPace)),
        atLeast: GOAL,
      },
    ],
  };
}

async function linesOf(contender: Contender, options: typeof PACED | typeof WARM_UP) {
  const lines: Line[] = [];
  let pending = '';
  for await (const text of hear(contender, 'paced', options)) {
    const heardMs = monotonicMs();
    const complete = (pending + text).split('\n');
    pending = complete.pop() ?? '';
    for (const line of complete) lines.push({ saidMs: Number.parseFloat(line), heardMs });
  }
  return lines;
}

function lagMs({ saidMs, heardMs }: Line): number {
  return heardMs - saidMs;
}

/** Time in which it was written, of the time in which it was heard. */
function keptPace(lines: readonly Line[]): number {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return Number.NaN;
  return (last.saidMs - first.saidMs) / (last.heardMs - first.heardMs);
}
