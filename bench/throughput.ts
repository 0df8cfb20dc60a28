// (a) Tasks a second and latency of blocking SendMessage, beside a bare workflow on the same server.

import { randomUUID } from 'node:crypto';
import { A2aClient } from './a2a-client';
import type { Bench } from './bench';
import type { Goal, Section } from './figures';
import { FIGURES, runRound, type Contender, type Figure } from './load';
import { ROOT, startPeerWorker, startProgram, type BenchProcess } from './processes';
import { ratios, spreadOf } from './statistics';

const EVENTS = 5;

/** Eight at once keep both cores busy, so the rate tells of the cost; at one it tells of latency. */
const LOADS = [
  { concurrency: 8, tasks: 40 },
  { concurrency: 1, tasks: 12 },
] as const;

const TURNS = 4;

const WARM_UP = { load: { concurrency: 8, tasks: 40 }, turns: 2 };

/**
 * Ours at the rate of a bare workflow with as many signals, at the first load. One at a time a task
 * has HTTP's own two or three milliseconds on top of thirty, which is told but is no goal.
 */
const RATIO_GOAL = 0.9;

interface Contenders {
  /** The layout of `npm start` comes first: it is the one that counts. */
  readonly ours: readonly Contender[];
  /** First the one with as many signals as ours. */
  readonly bare: readonly Contender[];
  readonly signals: number;
}

/** A figure of a contender at a load, once a round. */
type Measured = (contender: Contender, loadAt: number, figure: Figure) => readonly number[];

export async function measureThroughput(bench: Bench): Promise<Section> {
  const contenders = await openContenders(bench);
  const { ours, bare, signals } = contenders;
  const measured = await measure(bench, [...ours, ...bare]);
  const figures = Object.keys(FIGURES) as Figure[];
  const columns = LOADS.flatMap((load, loadAt) =>
    figures.map((figure) => ({ loadAt, figure, name: `${figure} @${load.concurrency}` })),
  );
  return {
    id: 'a',
    title: 'Throughput of blocking SendMessage',
    method:
      `Each task says ${EVENTS} progress events in one go, which Longhaul records in ${signals} ` +
      'signal(s). Client, server, gateway and workers share the machine. @8 and @1 are calls at ' +
      'once; CPU is that of client, server and contender together.',
    columns: columns.map(({ name }) => name),
    rows: [...ours, ...bare].map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: columns.map(({ loadAt, figure }) => spreadOf(measured(contender, loadAt, figure))),
    })),
    goals: goalsOf(contenders, measured),
  };
}

async function measure(bench: Bench, contenders: readonly Contender[]): Promise<Measured> {
  const pids = [bench.temporal.pid, process.pid];
  await runRound(contenders, { ...WARM_UP, pids });
  const rounds: Awaited<ReturnType<typeof runRound>>[][] = LOADS.map(() => []);
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [at, load] of LOADS.entries()) {
      rounds[at]?.push(await runRound(contenders, { load, turns: TURNS, pids }));
    }
    bench.report(`a: round ${round} of ${bench.rounds}`);
  }
  return (contender, loadAt, figure) => {
    const samples = rounds[loadAt]?.map((round) => round[contenders.indexOf(contender)]) ?? [];
    return samples.flatMap((sample) => (sample === undefined ? [] : [FIGURES[figure](sample)]));
  };
}

async function openContenders(bench: Bench): Promise<Contenders> {
  const ours = await openOurs(bench);
  const signals = await signalsOfOne(bench, ours.whole);
  return { ours: ours.contenders, bare: await openBare(bench, signals), signals };
}

async function openOurs(
  bench: Bench,
): Promise<{ readonly whole: A2aClient; readonly contenders: readonly Contender[] }> {
  const { temporal, against } = bench;
  const start = async (
    role: 'start' | 'gateway' | 'worker',
    taskQueue: string,
    root = ROOT,
  ): Promise<BenchProcess> => {
    const started = await startProgram({ role, temporal, taskQueue, root });
    bench.defer(() => started.close());
    return started;
  };
  const one = await start('start', 'one-process');
  const worker = await start('worker', 'two-processes');
  const gateway = await start('gateway', 'two-processes');
  const whole = openClient(bench, one.url);
  const apart = openClient(bench, gateway.url);
  const contenders = [
    sends(whole, [one.pid], {
      name: 'Longhaul, one process',
      meaning: 'SendMessage over HTTP to what `npm start` runs: gateway and worker in one process.',
    }),
    sends(apart, [gateway.pid, worker.pid], {
      name: 'Longhaul, two processes',
      meaning: 'The same with gateway and worker apart, as in production.',
    }),
  ];
  if (against === undefined) return { whole, contenders };
  const other = await start('start', 'other-checkout', against);
  const named = { name: 'Longhaul, other checkout', meaning: `One process of ${against}.` };
  return {
    whole,
    contenders: [...contenders, sends(openClient(bench, other.url), [other.pid], named)],
  };
}

function openClient(bench: Bench, url: string): A2aClient {
  const client = new A2aClient(url);
  bench.defer(() => client.close());
  return client;
}

function sends(
  client: A2aClient,
  pids: readonly number[],
  named: Pick<Contender, 'name' | 'meaning'>,
): Contender {
  return {
    ...named,
    pids,
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
  const executes = (count: number, named: Pick<Contender, 'name' | 'meaning'>): Contender => ({
    ...named,
    pids: [worker.pid],
    async execute() {
      const options = { workflowId: randomUUID(), taskQueue, args: [count] };
      await client.workflow.execute('bareWorkflow', options);
    },
  });
  return [
    executes(signals, {
      name: `Bare workflow, ${signals} signal(s)`,
      meaning:
        '`workflow.execute` of a workflow with one activity that signals as often as ours; ' +
        'no HTTP, no A2A, no search attributes.',
    }),
    executes(EVENTS, {
      name: `Bare workflow, ${EVENTS} signals`,
      meaning: 'The same with a signal for each event, as code without batching sends them.',
    }),
  ];
}

/** How many signals Longhaul needs for such a task, read from a history. */
async function signalsOfOne({ temporal }: Bench, ours: A2aClient): Promise<number> {
  const task = await ours.send('five', [{ text: 'go' }]);
  const workflowId = ['default', 'anonymous', task.id].join('/');
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
  return events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
}

function goalsOf({ ours, bare }: Contenders, measured: Measured): readonly Goal[] {
  return LOADS.flatMap(({ concurrency }, loadAt) =>
    ours.flatMap((contender) =>
      bare.map((peer) => ({
        name: `tasks/s @${concurrency}: ${contender.name} / ${peer.name}`,
        value: spreadOf(
          ratios(measured(contender, loadAt, 'tasks/s'), measured(peer, loadAt, 'tasks/s')),
        ),
        ...(loadAt === 0 && contender === ours[0] && peer === bare[0]
          ? { atLeast: RATIO_GOAL }
          : {}),
      })),
    ),
  );
}
