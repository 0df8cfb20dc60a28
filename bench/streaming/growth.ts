// Whether a chunk costs as much after a million others as after a few thousand.

import type { Bench } from '../bench';
import { cpuMs } from '../cpu';
import type { Goal, Section } from '../figures';
import { linePlot, type Plot } from '../plots';
import { spreadOf } from '../statistics';
import { hearAll, type Contender, type Contenders } from './contenders';

/** About as long as a token is said to be. */
const CHUNK_BYTES = 20;

/** Both begin with the same. */
const OUR_SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;

const SDK_SIZES = [1_000, 2_000] as const;

/** The last one alone takes it a minute or two. */
const FULL_SDK_SIZES = [...SDK_SIZES, 10_000] as const;

/** Of the last size to the cheapest before it. */
const GOAL = 1.3;

/** One artifact of one contender. */
interface Size {
  readonly contender: Contender;
  readonly count: number;
  /** One a round. */
  readonly samples: Cost[];
}

/** Of a chunk. */
interface Cost {
  readonly wallUs: number;
  readonly cpuUs: number;
}

export async function measureGrowth(bench: Bench, { ours, sdk }: Contenders): Promise<Section> {
  const sdkSizes = bench.isFull ? FULL_SDK_SIZES : SDK_SIZES;
  const ourSizes = OUR_SIZES.map((count): Size => ({ contender: ours, count, samples: [] }));
  const sizes = [
    ...ourSizes,
    ...sdkSizes.map((count): Size => ({ contender: sdk, count, samples: [] })),
  ];
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const size of sizes) size.samples.push(await costOf(size));
    bench.report(`e: chunks of one artifact, round ${round} of ${bench.rounds}`);
  }
  return {
    id: 'e',
    title: 'Cost of a chunk of a growing artifact',
    method:
      `One task appends chunks of ${CHUNK_BYTES} bytes to one artifact as fast as it can, from ` +
      'SendStreamingMessage until the client has the last event; CPU is that of all processes but the client.',
    columns: ['chunks/s', 'µs/chunk', 'CPU µs/chunk'],
    rows: sizes.map(({ contender, count, samples }) => ({
      name: `${contender.name}, ${count} chunks`,
      meaning: count === OUR_SIZES[0] ? contender.meaning : 'The same with more chunks.',
      cells: [
        spreadOf(samples.map(rateOf)),
        spreadOf(samples.map(({ wallUs }) => wallUs)),
        spreadOf(samples.map(({ cpuUs }) => cpuUs)),
      ],
    })),
    goals: [goalOf('CPU µs/chunk', ourSizes, 'cpuUs'), goalOf('µs/chunk', ourSizes, 'wallUs')],
    plots: [plotOf(sizes)],
  };
}

/**
 * Beside the cheapest smaller size and not the smallest: the start and the end of the task are most of
 * what a thousand chunks cost, and would hide that later ones cost more.
 */
function goalOf(name: string, sizes: readonly Size[], figure: keyof Cost): Goal {
  const last = sizes.at(-1);
  const grown = (last?.samples ?? []).map((sample, round) => {
    const smaller = sizes.slice(0, -1).map((size) => size.samples[round]?.[figure] ?? Number.NaN);
    return sample[figure] / Math.min(...smaller);
  });
  return {
    name: `${name}: ${String(last?.count)} chunks / the cheapest smaller size`,
    value: spreadOf(grown),
    atMost: GOAL,
  };
}

function plotOf(sizes: readonly Size[]): Plot {
  return linePlot({
    id: 'chunks',
    title: 'Chunks a second of one artifact, by its number of chunks',
    x: { title: 'chunks', scale: 'log' },
    y: { title: 'chunks/s', scale: 'log' },
    points: sizes.map(({ contender, count, samples }) => ({
      ...{ series: contender.name, x: count },
      y: spreadOf(samples.map(rateOf)),
    })),
  });
}

async function costOf({ contender, count }: Size): Promise<Cost> {
  const usedBefore = await cpuMs(contender.pids);
  const tookMs = await hearAll(contender, { count, bytes: CHUNK_BYTES });
  const usedMs = (await cpuMs(contender.pids)) - usedBefore;
  return { wallUs: (tookMs * 1_000) / count, cpuUs: (usedMs * 1_000) / count };
}

function rateOf({ wallUs }: Cost): number {
  return 1_000_000 / wallUs;
}
