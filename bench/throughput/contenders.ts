// Who executes the tasks of (a): Longhaul, the bare workflows beside it, and the servers of the official SDKs.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { A2aClient } from '../a2a-client';
import type { Bench } from '../bench';
import type { Contender } from '../load';
import {
  ROOT,
  startPeerServer,
  startPeerWorker,
  startProgram,
  startPythonServer,
  type BenchProcess,
  type Role,
} from '../processes';

type Named = Pick<Contender, 'name' | 'meaning'>;

export interface Contenders {
  /** The layout of `npm start`: it is the one that counts. */
  readonly ours: Contender;
  /** In two processes, and the other checkout if there is one. */
  readonly otherOurs: readonly Contender[];
  readonly bare: Contender;
  readonly bareUnbatched: Contender;
  readonly inMemory: readonly Contender[];
  readonly database: Contender;
  /** How many signals Longhaul needs for a task with so many progress events. */
  signalsFor(events: number): number;
}

/** @param workloads progress events of a task. */
export async function openContenders(
  bench: Bench,
  workloads: readonly number[],
): Promise<Contenders> {
  const one = await open(bench, program(bench, 'start', 'one-process'));
  const signals = await signalsOf(bench, one.client, workloads);
  const signalsFor = (events: number): number => signals.get(events) ?? events;
  return {
    ours: sends(one, {
      name: 'Longhaul, one process',
      meaning: 'SendMessage over HTTP to what `npm start` runs: gateway and worker in one process.',
    }),
    otherOurs: await openOtherOurs(bench),
    ...(await openBare(bench, signalsFor)),
    ...(await openSdks(bench)),
    signalsFor,
  };
}

async function openOtherOurs(bench: Bench): Promise<readonly Contender[]> {
  const worker = await open(bench, program(bench, 'worker', 'two-processes'));
  const gateway = await open(bench, program(bench, 'gateway', 'two-processes'));
  const apart = sends(
    { client: gateway.client, pids: [...gateway.pids, ...worker.pids] },
    {
      name: 'Longhaul, two processes',
      meaning: 'The same with gateway and worker apart, as in production.',
    },
  );
  const { against } = bench;
  if (against === undefined) return [apart];
  const other = await open(bench, program(bench, 'start', 'other-checkout', against));
  const named = { name: 'Longhaul, other checkout', meaning: `One process of ${against}.` };
  return [apart, sends(other, named)];
}

async function openBare(
  bench: Bench,
  signalsFor: (events: number) => number,
): Promise<Pick<Contenders, 'bare' | 'bareUnbatched'>> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  const executes = (signals: (events: number) => number, named: Named): Contender => ({
    ...named,
    pids: [worker.pid],
    async execute(events) {
      const options = { workflowId: randomUUID(), taskQueue, args: [signals(events)] };
      await client.workflow.execute('bareWorkflow', options);
    },
  });
  return {
    bare: executes(signalsFor, {
      name: 'Bare workflow, as many signals',
      meaning:
        '`workflow.execute` of a workflow with one activity that signals as often as ours; ' +
        'no HTTP, no A2A, no search attributes.',
    }),
    bareUnbatched: executes((events) => events, {
      name: 'Bare workflow, a signal per event',
      meaning: 'The same with a signal for each event, as code without batching sends them.',
    }),
  };
}

async function openSdks(bench: Bench): Promise<Pick<Contenders, 'inMemory' | 'database'>> {
  const database = join(bench.temporal.dataDir, 'a2a-python.db');
  return {
    inMemory: [
      sends(await open(bench, startPeerServer()), {
        name: '@a2a-js/sdk 1.3.0, in memory',
        meaning:
          'Its `DefaultRequestHandler` and `InMemoryTaskStore` behind Express: nothing is durable.',
      }),
      sends(await open(bench, startPythonServer()), {
        name: 'a2a-sdk 1.3.0 (Python), in memory',
        meaning:
          'Its `DefaultRequestHandler` and `InMemoryTaskStore` behind Uvicorn: nothing is durable.',
      }),
    ],
    database: sends(await open(bench, startPythonServer(database)), {
      name: 'a2a-sdk 1.3.0 (Python), database',
      meaning:
        'The same with its `VersionedDatabaseTaskStore` and `DatabaseTaskEventStream` on SQLite (WAL, ' +
        "`synchronous=NORMAL`, as our server's): the task's state and its events are durable, the work is not.",
    }),
  };
}

interface Opened {
  readonly client: A2aClient;
  readonly pids: readonly number[];
}

async function open(bench: Bench, starting: Promise<BenchProcess>): Promise<Opened> {
  const started = await starting;
  bench.defer(() => started.close());
  const client = new A2aClient(started.url);
  bench.defer(() => client.close());
  return { client, pids: [started.pid] };
}

function program(
  { temporal }: Bench,
  role: Role,
  taskQueue: string,
  root = ROOT,
): Promise<BenchProcess> {
  return startProgram({ role, temporal, taskQueue, root });
}

function sends({ client, pids }: Opened, named: Named): Contender {
  return {
    ...named,
    pids,
    async execute(events) {
      const { status } = await client.send('says', [{ text: 'go' }, { data: { events } }]);
      if (status.state !== 'TASK_STATE_COMPLETED') throw new Error(`a task is ${status.state}`);
    },
  };
}

/** Read from a history for each workload. */
async function signalsOf(
  { temporal }: Bench,
  ours: A2aClient,
  workloads: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const signals = new Map<number, number>();
  for (const events of workloads) {
    const task = await ours.send('says', [{ text: 'go' }, { data: { events } }]);
    const workflowId = ['default', 'anonymous', task.id].join('/');
    const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    const isSignal = (history.events ?? []).filter(
      (e) => e.workflowExecutionSignaledEventAttributes,
    );
    signals.set(events, isSignal.length);
  }
  return signals;
}
