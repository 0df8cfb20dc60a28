// (c) Memory of gateway, worker and server while many tasks are open and followed.

import { setTimeout as delay } from 'node:timers/promises';
import { A2aClient } from './a2a-client';
import { atOnce } from './at-once';
import type { Bench } from './bench';
import type { Section } from './figures';
import { openFeeds, rssMiB } from './gauges';
import { startProgram } from './processes';
import { spreadOf } from './statistics';

const TASKS = 1_000;
const CONCURRENCY = 16;

/** Long enough for the garbage of the opening to go. */
const SETTLE_MS = 5_000;

const RSS_GOAL_MIB = 250;

/** In the order of the rows. */
type Resident = Readonly<Record<'gateway' | 'worker' | 'temporal', number>>;

export async function measureMemory(bench: Bench): Promise<Section> {
  const { temporal } = bench;
  const taskQueue = 'memory';
  const worker = await startProgram({ role: 'worker', temporal, taskQueue });
  bench.defer(() => worker.close());
  const gateway = await startProgram({ role: 'gateway', temporal, taskQueue });
  bench.defer(() => gateway.close());
  const client = new A2aClient(gateway.url);
  bench.defer(() => client.close());
  const resident = async (): Promise<Resident> => ({
    gateway: await rssMiB(gateway.pid),
    worker: await rssMiB(worker.pid),
    temporal: await rssMiB(temporal.pid),
  });

  const idle = await resident();
  await openTasks(client);
  bench.report(`c: ${TASKS} tasks are followed`);
  await delay(SETTLE_MS);
  const following = await resident();
  const feeds = await openFeeds(gateway.url);
  if (feeds !== TASKS) throw new Error(`${feeds} feeds are open instead of ${TASKS}`);
  const row = (process: keyof Resident, name: string, meaning: string): Section['rows'][number] => {
    const [before, after] = [idle[process], following[process]];
    const perTaskKiB = ((after - before) * 1_024) / TASKS;
    return { name, meaning, cells: [before, after, perTaskKiB].map((value) => spreadOf([value])) };
  };
  return {
    id: 'c',
    title: 'Memory',
    method:
      `${TASKS} tasks that wait for an answer, each followed by one open SubscribeToTask; resident ` +
      `memory right after the start, and ${SETTLE_MS / 1_000} s after the last one was opened.`,
    columns: ['idle, MiB', `${TASKS.toLocaleString('en')} tasks, MiB`, 'KiB a task'],
    rows: [
      row(
        'gateway',
        'Gateway',
        'Each task has its own history long poll and its own open HTTP connection.',
      ),
      row(
        'worker',
        'Worker',
        'Holds the workflow of each task that waits, up to the size of its cache.',
      ),
      row('temporal', 'Temporal server', 'The embedded one; what ran on it before counts as idle.'),
    ],
    goals: [
      {
        name: `RSS in MiB of the gateway with ${TASKS} followed tasks`,
        value: spreadOf([following.gateway]),
        atMost: RSS_GOAL_MIB,
      },
    ],
  };
}

async function openTasks(client: A2aClient): Promise<void> {
  await atOnce(CONCURRENCY, Array.from({ length: TASKS }), async () => {
    const { id } = await client.send('waits', [{ text: 'go' }]);
    await client.subscribe(id);
  });
}
