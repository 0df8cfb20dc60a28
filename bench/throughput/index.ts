// (a) Tasks a second and latency of blocking SendMessage, beside bare workflows and the official SDKs.

import type { Bench } from '../bench';
import type { Goal, Section } from '../figures';
import { FIGURES, runRound, type Contender, type Figure } from '../load';
import { barPlot, type Plot } from '../plots';
import { ratios, spreadOf } from '../statistics';
import { openContenders, type Contenders } from './contenders';

/** Progress events that a task says in one go. */
const WORKLOADS = [
  { events: 0, name: 'echo' },
  { events: 5, name: 'five progress events' },
  { events: 20, name: '20 progress events' },
] as const;

type Workload = (typeof WORKLOADS)[number];

/** Eight at once keep both cores busy, so the rate tells of the cost; at one it tells of latency. */
const LOADS = [
  { concurrency: 8, tasks: 40 },
  { concurrency: 1, tasks: 12 },
] as const;

const TURNS = 3;

const WARM_UP = { load: { concurrency: 8, tasks: 40 }, turns: 1 };

/**
 * Held at the first load alone: one at a time a task has HTTP's own two or three milliseconds on top
 * of thirty, which is told but is no goal.
 */
const GOALS = { bare: 0.9, bareUnbatched: 1, database: 1.5 } as const;

/** A figure of a contender at a workload and a load, once a round. */
type Measured = (
  contender: Contender,
  at: { readonly workload: Workload; readonly loadAt: number },
  figure: Figure,
) => readonly number[];

export async function measureThroughput(bench: Bench): Promise<readonly Section[]> {
  const events = WORKLOADS.map((workload) => workload.events);
  const contenders = await openContenders(bench, events);
  const measured = await measure(bench, contenders);
  return WORKLOADS.map((workload, at) => ({
    ...sectionOf(workload, contenders, measured),
    ...(at === WORKLOADS.length - 1 ? { plots: [plotOf(contenders, measured)] } : {}),
  }));
}

async function measure(bench: Bench, contenders: Contenders): Promise<Measured> {
  const pids = [bench.temporal.pid, process.pid];
  const each = WORKLOADS.map((workload) => ({
    ...{ workload, who: contendersAt(workload, contenders) },
    rounds: LOADS.map((): Awaited<ReturnType<typeof runRound>>[] => []),
  }));
  for (const { workload, who } of each) {
    const load = { ...WARM_UP.load, events: workload.events };
    await runRound(who, { ...WARM_UP, load, pids });
  }
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const { workload, who, rounds } of each) {
      for (const [at, load] of LOADS.entries()) {
        const options = { load: { ...load, events: workload.events }, turns: TURNS, pids };
        rounds[at]?.push(await runRound(who, options));
      }
      bench.report(`a: ${workload.name}, round ${round} of ${bench.rounds}`);
    }
  }
  return (contender, { workload, loadAt }, figure) => {
    const one = each.find((measurement) => measurement.workload === workload);
    const at = one?.who.indexOf(contender) ?? -1;
    const samples = one?.rounds[loadAt]?.map((round) => round[at]) ?? [];
    return samples.flatMap((sample) => (sample === undefined ? [] : [FIGURES[figure](sample)]));
  };
}

/** Without events the two bare workflows are the same. */
function contendersAt({ events }: Workload, contenders: Contenders): readonly Contender[] {
  const { ours, otherOurs, bare, bareUnbatched, database, inMemory } = contenders;
  const bares = events === 0 ? [bare] : [bare, bareUnbatched];
  return [ours, ...otherOurs, ...bares, database, ...inMemory];
}

function sectionOf(workload: Workload, contenders: Contenders, measured: Measured): Section {
  const { events, name } = workload;
  const figures = Object.keys(FIGURES) as Figure[];
  const columns = LOADS.flatMap((load, loadAt) =>
    figures.map((figure) => ({ loadAt, figure, name: `${figure} @${load.concurrency}` })),
  );
  const signals = contenders.signalsFor(events);
  const says =
    events === 0
      ? 'Each task answers with the text that it is sent'
      : `Each task says ${events} progress events in one go, which Longhaul records in ${signals} signal(s)`;
  return {
    id: 'a',
    title: `Throughput of blocking SendMessage: ${name}`,
    method:
      `${says}. Client, server, gateway and workers share the machine. @8 and @1 are calls at once; ` +
      'CPU is that of client, Temporal server and contender together.',
    columns: columns.map((column) => column.name),
    rows: contendersAt(workload, contenders).map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: columns.map(({ loadAt, figure }) =>
        spreadOf(measured(contender, { workload, loadAt }, figure)),
      ),
    })),
    goals: goalsOf(workload, contenders, measured),
  };
}

function goalsOf(workload: Workload, contenders: Contenders, measured: Measured): readonly Goal[] {
  const { ours, otherOurs, bare } = contenders;
  const peers = contendersAt(workload, contenders).filter(
    (one) => one !== ours && !otherOurs.includes(one),
  );
  const bounds = new Map<Contender, number>(
    (['bare', 'bareUnbatched', 'database'] as const).map((who) => [contenders[who], GOALS[who]]),
  );
  return LOADS.flatMap(({ concurrency }, loadAt) => {
    const against = (contender: Contender, peer: Contender): Goal => {
      const rates = (of: Contender) => measured(of, { workload, loadAt }, 'tasks/s');
      const atLeast = loadAt === 0 && contender === ours ? bounds.get(peer) : undefined;
      return {
        name: `tasks/s @${concurrency}: ${contender.name} / ${peer.name}`,
        value: spreadOf(ratios(rates(contender), rates(peer))),
        ...(atLeast === undefined ? {} : { atLeast }),
      };
    };
    return [
      ...peers.map((peer) => against(ours, peer)),
      ...otherOurs.map((other) => against(other, bare)),
    ];
  });
}

function plotOf(contenders: Contenders, measured: Measured): Plot {
  const bars = WORKLOADS.flatMap((workload) =>
    contendersAt(workload, contenders)
      // Ten times as fast where nothing is durable: beside them the others could not be told apart.
      .filter((contender) => !contenders.inMemory.includes(contender))
      .map((contender) => ({
        group: workload.name,
        series: contender.name,
        y: spreadOf(measured(contender, { workload, loadAt: 0 }, 'tasks/s')),
      })),
  );
  return barPlot({
    id: 'throughput',
    title: `Tasks a second of blocking SendMessage, ${LOADS[0].concurrency} at once`,
    y: { title: 'tasks/s' },
    bars,
  });
}
