// Chunks a second of one skill, and of many at once.

import type { Bench } from '../bench';
import type { Section } from '../figures';
import { ratios, spreadOf } from '../statistics';
import { hearAll, type Contender, type Contenders } from './contenders';

/** About as long as a token is said to be. */
const CHUNK_BYTES = 20;

interface Streams {
  readonly skills: number;
  /** Each skill's. As many as a page or two has, for the one; fewer for many, for the SDK's sake. */
  readonly count: number;
}

const STREAMS: readonly Streams[] = [
  { skills: 1, count: 2_000 },
  { skills: 10, count: 500 },
  { skills: 50, count: 500 },
];

/** Minutes for the SDK, whose cost of a chunk grows with the chunks before it. */
const FULL_STREAMS: readonly Streams[] = STREAMS.map((streams) => ({ ...streams, count: 2_000 }));

const WARM_UP: Streams = { skills: 2, count: 100 };

/** Of the one skill. */
const GOAL = 10;

export async function measureAtOnce(bench: Bench, { ours, sdk }: Contenders): Promise<Section> {
  const all = bench.isFull ? FULL_STREAMS : STREAMS;
  const contenders = [ours, sdk];
  for (const contender of contenders) await rateOf(contender, WARM_UP);
  const rates = new Map(contenders.map((contender) => [contender, all.map((): number[] => [])]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [at, streams] of all.entries()) {
      for (const [contender, each] of rates) each[at]?.push(await rateOf(contender, streams));
    }
    bench.report(`e: streams at once, round ${round} of ${bench.rounds}`);
  }
  const ratesOf = (contender: Contender, at: number): readonly number[] =>
    rates.get(contender)?.[at] ?? [];
  return {
    id: 'e',
    title: 'Throughput of streamed artifacts',
    method:
      `Each task appends chunks of ${CHUNK_BYTES} bytes to one artifact as fast as it can; from the ` +
      'first SendStreamingMessage until the clients have the last event of every task.',
    columns: all.map(({ skills, count }) => `chunks/s, ${skills} × ${count} chunks`),
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: all.map((_, at) => spreadOf(ratesOf(contender, at))),
    })),
    goals: all.map(({ skills, count }, at) => ({
      name: `chunks/s, ${skills} × ${count} chunks: ${ours.name} / ${sdk.name}`,
      value: spreadOf(ratios(ratesOf(ours, at), ratesOf(sdk, at))),
      ...(at === 0 ? { atLeast: GOAL } : {}),
    })),
  };
}

/** Chunks a second of all together, the start of the tasks included. */
async function rateOf(contender: Contender, { skills, count }: Streams): Promise<number> {
  const from = performance.now();
  const chunks = { count, bytes: CHUNK_BYTES };
  await Promise.all(Array.from({ length: skills }, () => hearAll(contender, chunks)));
  return (skills * count * 1_000) / (performance.now() - from);
}
