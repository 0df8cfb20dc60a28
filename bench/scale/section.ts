// (h) What reading tasks costs when there are many of them, and when one of them is long.

import type { Bench } from '../bench';
import type { Goal, Row, Section } from '../figures';
import { monotonicMs } from '../monotonic';
import { ratios, spreadOf } from '../statistics';
import { LOOKS, timeOf, type Look } from './listing';
import { Resuming, type LongTask } from './resuming';
import { openStock, type Stock } from './stock';

/** Tasks, and events of a task. */
const SIZES = [100, 10_000, 100_000] as const;

type Size = (typeof SIZES)[number];

/** So many tasks take minutes to start. */
const ONLY_IN_FULL: Size = 100_000;

/** A short one is over before a clock is sure of it. */
const REPEATED: Readonly<Record<Size, number>> = { 100: 20, 10_000: 2, 100_000: 1 };

const LAST = 100;

const FLAT_GOAL = 1.5;
const RESUME_GOAL = 100_000;
/** A tenth of the events takes a tenth of the time, but for noise. */
const LINEAR_GOAL = 0.8;

type Way = 'resume' | 'read' | 'last';

/** Once a round; by size. */
type Figures = Map<Size, number[]>;

export async function measureScale(bench: Bench): Promise<Section> {
  const looks = await measureLooks(bench);
  const ways = await measureResuming(bench);
  return {
    id: 'h',
    title: 'Many tasks, and long ones',
    method:
      'So many tasks in a server of their own, with a gateway before it; the servers take turns. And tasks whose skill has ' +
      'said so much in one go, without a checkpoint: a client subscribes with `Last-Event-ID` behind their first events, and ' +
      'has each frame, up to the end. A dash: not measured; 100,000 tasks are with `--full`.',
    columns: SIZES.map((size) => size.toLocaleString('en')),
    rows: [
      ...(Object.keys(LOOKS) as Look[]).map((look) =>
        rowOf(`${look}, p50 ms`, LOOKS[look].meaning, looks.get(look)),
      ),
      rowOf('Resume, events/s', 'From the first event on, over SSE.', ways.get('resume')),
      rowOf(
        'Bare read, events/s',
        'The pages of the same histories by `GetWorkflowExecutionHistory`, and `JSON.parse` of what was signaled.',
        ways.get('read'),
      ),
      rowOf(
        `Resume, last ${LAST} events, ms`,
        'From the call to the end of the stream.',
        ways.get('last'),
      ),
    ],
    goals: [...flatGoals(looks), ...resumeGoals(ways)],
  };
}

function rowOf(name: string, meaning: string, figures: Figures | undefined): Row {
  return {
    name,
    meaning,
    cells: SIZES.map((size) => spreadOf(figures?.get(size) ?? [Number.NaN])),
  };
}

async function measureLooks(bench: Bench): Promise<ReadonlyMap<Look, Figures>> {
  const stocks: [Size, Stock][] = [];
  for (const size of SIZES) {
    if (size < ONLY_IN_FULL || bench.isFull) stocks.push([size, await openStock(bench, size)]);
  }
  const looks = Object.keys(LOOKS) as Look[];
  const figures = new Map(looks.map((look) => [look, new Map<Size, number[]>()]));
  for (const look of looks) for (const [, stock] of stocks) await timeOf(look, stock);
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [look, bySize] of figures) {
      for (const [size, stock] of stocks) note(bySize, size, await timeOf(look, stock));
    }
    bench.report(`h: tasks, round ${round} of ${bench.rounds}`);
  }
  return figures;
}

async function measureResuming(bench: Bench): Promise<ReadonlyMap<Way, Figures>> {
  const resuming = await Resuming.open(bench);
  const tasks = new Map<Size, LongTask>();
  for (const size of SIZES) tasks.set(size, await resuming.makeTask(size));
  const ways: Readonly<Record<Way, (task: LongTask) => Promise<number>>> = {
    resume: async (task) => (await rate(task, () => resuming.resume(task))) * task.said,
    read: async (task) => (await rate(task, () => resuming.read(task))) * task.said,
    last: async (task) => 1_000 / (await rate(task, () => resuming.resume(task, LAST))),
  };
  const figures = new Map(
    (Object.keys(ways) as Way[]).map((way) => [way, new Map<Size, number[]>()]),
  );
  for (let round = 0; round <= bench.rounds; round += 1) {
    for (const [way, bySize] of figures) {
      for (const [size, task] of tasks) {
        const figure = await ways[way](task);
        // The first one warms up.
        if (round > 0) note(bySize, size, figure);
      }
    }
    bench.report(`h: events, round ${round} of ${bench.rounds}`);
  }
  return figures;
}

function note(bySize: Figures, size: Size, figure: number): void {
  bySize.set(size, [...(bySize.get(size) ?? []), figure]);
}

/** How often a second. */
async function rate({ said }: LongTask, act: () => Promise<void>): Promise<number> {
  const times = REPEATED[SIZES.find((size) => size === said) ?? ONLY_IN_FULL];
  const from = monotonicMs();
  for (let time = 0; time < times; time += 1) await act();
  return (times * 1_000) / (monotonicMs() - from);
}

function flatGoals(looks: ReadonlyMap<Look, Figures>): readonly Goal[] {
  return [...looks].flatMap(([look, bySize]) =>
    SIZES.slice(1).flatMap((size) => {
      const many = bySize.get(size);
      if (many === undefined) return [];
      const value = spreadOf(ratios(many, bySize.get(100) ?? []));
      return [
        { name: `${look}: ${size.toLocaleString('en')} tasks / 100`, value, atMost: FLAT_GOAL },
      ];
    }),
  );
}

function resumeGoals(ways: ReadonlyMap<Way, Figures>): readonly Goal[] {
  const of = (way: Way, size: Size): readonly number[] => ways.get(way)?.get(size) ?? [];
  return [
    {
      name: 'events/s of a resume of 100,000',
      value: spreadOf(of('resume', 100_000)),
      atLeast: RESUME_GOAL,
    },
    {
      name: 'events/s: resume of 100,000 / of 10,000',
      value: spreadOf(ratios(of('resume', 100_000), of('resume', 10_000))),
      atLeast: LINEAR_GOAL,
    },
    {
      name: 'events/s of 100,000: resume / bare read',
      value: spreadOf(ratios(of('resume', 100_000), of('read', 100_000))),
    },
  ];
}
