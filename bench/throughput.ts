// (a) Tasks a second and latency of blocking SendMessage, beside a bare workflow on the same server.

import { randomUUID } from 'node:crypto';
import { A2aClient } from './a2a-client';
import type { Goal, Row, Section } from './figures';
import type { Bench } from './bench';
import { startPeerWorker, startProgram, ROOT } from './processes';
import { percentile, ratios, spreadOf } from './statistics';

const EVENTS = 5;

/** At eight at once both cores are busy, so the rate tells of the cost; at one the latency does. */
const LOADS = [
  { concurrency: 8, tasks: 160 },
  { concurrency: 1, tasks: 40 },
] as const;

const WARM_UP = { concurrency: 8, tasks: 80 };

/** Ours at the rate of a bare workflow with as many signals. */
const RATIO_GOAL = 0.9;

type Load = { readonly concurrency: number; readonly tasks: number };

interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** One task from the client's call to its answer. */
  execute(): Promise<void>;
}

interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The samples of one contender at one load, a round each. */
type Samples = Map<Contender, readonly Sample[][]>;

export async function measureThroughput(bench: Bench): Promise<Section> {
  const ours = await openOurs(bench);
  const signals = await signalsOfOne(bench, ours.whole);
  const bare = await openBare(bench, signals);
  const contenders = [...ours.contenders, ...bare];
  for (const contender of contenders) await run(contender, WARM_UP);

  const samples: Samples = new Map(contenders.map((c) => [c, LOADS.map(() => [])]));
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const contender of rotated(contenders, round)) {
      for (const [at, load] of LOADS.entries()) {
        samples.get(contender)?.[at]?.push(await run(contender, load));
      }
    }
    bench.report(`a: round ${round + 1} of ${bench.rounds}`);
  }
  return {
    id: 'a',
    title: 'Throughput of blocking SendMessage',
    method:
      `Each task says ${EVENTS} progress events in one go, which Longhaul records as ${signals} signal(s). ` +
      'Client, server, gateway and workers share the machine; rates are at 8 and at 1 call(s) at once.',
    columns: LOADS.flatMap(({ concurrency }) =>
      ['tasks/s', 'p50 ms', 'p99 ms'].map((figure) => `${figure} @${concurrency}`),
    ),
    rows: contenders.map((contender) => toRow(contender, samples)),
    goals: goalsOf(contenders, samples),
  };
}

async function openOurs(
  bench: Bench,
): Promise<{ readonly whole: A2aClient; readonly contenders: readonly Contender[] }> {
  const { temporal, against } = bench;
  const start = async (root: string, taskQueue: string): Promise<A2aClient> => {
    const process = await startProgram({ role: 'start', temporal, taskQueue, root });
    bench.defer(() => process.close());
    return openClient(bench, process.url);
  };
  const whole = await start(ROOT, 'one-process');
  const taskQueue = 'two-processes';
  const worker = await startProgram({ role: 'worker', temporal, taskQueue });
  bench.defer(() => worker.close());
  const gateway = await startProgram({ role: 'gateway', temporal, taskQueue });
  bench.defer(() => gateway.close());
  const split = openClient(bench, gateway.url);
  const contenders = [
    sends(whole, 'Longhaul, one process', 'SendMessage over HTTP to what `npm start` runs.'),
    sends(split, 'Longhaul, two processes', 'The same with gateway and worker apart.'),
  ];
  if (against !== undefined) {
    const other = await start(against, 'other-checkout');
    contenders.push(sends(other, 'Longhaul, other checkout', `One process of ${against}.`));
  }
  return { whole, contenders };
}

function openClient(bench: Bench, url: string): A2aClient {
  const client = new A2aClient(url);
  bench.defer(() => client.close());
  return client;
}

function sends(client: A2aClient, name: string, meaning: string): Contender {
  return {
    name,
    meaning,
    async execute() {
      const { status } = await client.send('five', [{ text: 'go' }]);
      if (status.state !== 'TASK_STATE_COMPLETED') throw new Error(`a task is ${status.state}`);
    },
  };
}

async function openBare(bench: Bench, signals: number): Promise<readonly Contender[]> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  const executes = (count: number, name: string, meaning: string): Contender => ({
    name,
    meaning,
    async execute() {
      const options = { workflowId: randomUUID(), taskQueue, args: [count] };
      await client.workflow.execute('bareWorkflow', options);
    },
  });
  return [
    executes(
      signals,
      `Bare workflow, ${signals} signal(s)`,
      'Client, workflow and one activity that signals as often as Longhaul does; no HTTP, no A2A.',
    ),
    executes(
      EVENTS,
      `Bare workflow, ${EVENTS} signals`,
      'The same with one signal for each event, as code without batching would send them.',
    ),
  ];
}

/** How many signals Longhaul needs for such a task, read from a history. */
async function signalsOfOne({ temporal }: Bench, ours: A2aClient): Promise<number> {
  const task = await ours.send('five', [{ text: 'go' }]);
  const workflowId = ['default', 'anonymous', task.id].join('/');
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return events?.filter((e) => e.workflowExecutionSignaledEventAttributes).length ?? 0;
}

async function run(contender: Contender, { concurrency, tasks }: Load): Promise<Sample> {
  const tookMs: number[] = [];
  let left = tasks;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const from = performance.now();
      await contender.execute();
      tookMs.push(performance.now() - from);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = (performance.now() - from) / 1_000;
  return {
    perSecond: tasks / seconds,
    p50Ms: percentile(tookMs, 0.5),
    p99Ms: percentile(tookMs, 0.99),
  };
}

function toRow(contender: Contender, samples: Samples): Row {
  const { name, meaning } = contender;
  const cells = (samples.get(contender) ?? []).flatMap((rounds) =>
    (['perSecond', 'p50Ms', 'p99Ms'] as const).map((figure) =>
      spreadOf(rounds.map((sample) => sample[figure])),
    ),
  );
  return { name, meaning, cells };
}

function goalsOf(contenders: readonly Contender[], samples: Samples): readonly Goal[] {
  const ours = contenders.filter(({ name }) => name.startsWith('Longhaul'));
  const [peer, unbatched] = contenders.filter(({ name }) => name.startsWith('Bare'));
  const rates = (contender: Contender | undefined, at: number): readonly number[] =>
    (contender && samples.get(contender)?.[at])?.map(({ perSecond }) => perSecond) ?? [];
  return LOADS.flatMap(({ concurrency }, at) => [
    ...ours.map((contender, index) => ({
      name: `rate @${concurrency}: ${contender.name} / ${peer?.name ?? ''}`,
      value: spreadOf(ratios(rates(contender, at), rates(peer, at))),
      // The layout of `npm start` counts; the others are there to compare.
      ...(index === 0 ? { atLeast: RATIO_GOAL } : {}),
    })),
    {
      name: `rate @${concurrency}: ${ours[0]?.name ?? ''} / ${unbatched?.name ?? ''}`,
      value: spreadOf(ratios(rates(ours[0], at), rates(unbatched, at))),
    },
  ]);
}

/** Nobody is always the first after a pause. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
