// (c) Memory of one gateway process while it follows many tasks.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { A2aClient } from './a2a-client';
import type { Bench } from './bench';
import type { Section } from './figures';
import { startProgram, type BenchProcess } from './processes';
import { spreadOf, type Spread } from './statistics';

const TASKS = 1_000;
const CONCURRENCY = 16;

/** Long enough for the garbage of the opening to go. */
const SETTLE_MS = 5_000;

const RSS_GOAL_MIB = 250;

export async function measureMemory(bench: Bench): Promise<Section> {
  const { temporal } = bench;
  const taskQueue = 'memory';
  const worker = await startProgram({ role: 'worker', temporal, taskQueue });
  bench.defer(() => worker.close());
  const gateway = await startProgram({ role: 'gateway', temporal, taskQueue });
  bench.defer(() => gateway.close());
  const client = new A2aClient(gateway.url);
  bench.defer(() => client.close());

  const idle = await cellsOf(gateway);
  await openTasks(client);
  bench.report(`c: ${TASKS} tasks are followed`);
  await delay(SETTLE_MS);
  const following = await cellsOf(gateway);
  const feeds = following[2]?.median;
  if (feeds !== TASKS) throw new Error(`${String(feeds)} feeds are open instead of ${TASKS}`);
  return {
    id: 'c',
    title: 'Memory of a gateway',
    method:
      `${TASKS} tasks that wait for an answer, each followed by one open SubscribeToTask; resident ` +
      `memory of the gateway process ${SETTLE_MS / 1_000} s after the last one was opened.`,
    columns: ['RSS MiB', 'V8 heap used MiB', 'open feeds'],
    rows: [
      {
        name: 'Gateway, idle',
        meaning: 'Right after its start.',
        cells: idle,
      },
      {
        name: `Gateway, ${TASKS} followed tasks`,
        meaning: 'Each task has its own history long poll and its own open HTTP connection.',
        cells: following,
      },
    ],
    goals: [
      {
        name: `RSS in MiB with ${TASKS} followed tasks`,
        value: following[0] ?? spreadOf([Number.NaN]),
        atMost: RSS_GOAL_MIB,
      },
    ],
  };
}

async function openTasks(client: A2aClient): Promise<void> {
  let left = TASKS;
  const opener = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { id } = await client.send('waits', [{ text: 'go' }]);
      await client.subscribe(id);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, opener));
}

async function rssMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

/** In the order of the columns. */
async function cellsOf({ pid, url }: BenchProcess): Promise<readonly Spread[]> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const gauge = (name: string): number =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  const heapMiB = gauge('nodejs_heap_size_used_bytes') / 2 ** 20;
  return [await rssMiB(pid), heapMiB, gauge('longhaul_open_feeds')].map((value) =>
    spreadOf([value]),
  );
}
