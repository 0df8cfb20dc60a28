// A Temporal server of its own with so many tasks of one caller, and a gateway before it.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { limitsOf } from '../../src/activities/check-skill';
import { openClient } from '../../src/temporal/connection';
import { Tasks } from '../../src/temporal/tasks';
import { FORMAT } from '../../src/workflows/emission';
import { DEFAULT_TENANT } from '../../src/workflows/task';
import { A2aClient } from '../a2a-client';
import { atOnce } from '../at-once';
import type { Bench } from '../bench';
import { startProgram } from '../processes';
import { startBenchTemporal } from '../temporal';

export const TASKS_PER_CONTEXT = 10;

const STARTERS = 8;

const TASK_QUEUE = 'stock';

export interface Stock {
  readonly count: number;
  readonly client: A2aClient;
  readonly taskIds: readonly string[];
  readonly contextIds: readonly string[];
  /** Of ListTasks with `PAGE_SIZE`: where the second page begins. */
  readonly pageToken: string;
}

export const PAGE_SIZE = 50;

/** Nothing tells when the server lists what it has started. */
const LISTED_POLL_MS = 100;

interface Page {
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** The tasks are started as a gateway starts them, and wait for a worker that never comes. */
export async function openStock(bench: Bench, count: number): Promise<Stock> {
  const temporal = await startBenchTemporal();
  bench.defer(() => temporal.close());
  const { address } = temporal;
  const starting = openClient({ connection: { address }, client: { namespace: 'default' } });
  const tasks = new Tasks({ client: starting, taskQueue: TASK_QUEUE });
  const contextIds = Array.from({ length: Math.ceil(count / TASKS_PER_CONTEXT) }, () =>
    randomUUID(),
  );
  const taskIds = Array.from({ length: count }, () => randomUUID());
  await atOnce(STARTERS, [...taskIds.entries()], ([index, taskId]) =>
    tasks.start({
      v: FORMAT,
      taskId,
      contextId: contextIds[Math.floor(index / TASKS_PER_CONTEXT)] ?? taskId,
      // Whom a gateway without authentication takes its callers for.
      scope: { tenant: DEFAULT_TENANT, principal: 'anonymous' },
      skillId: 'five',
      limits: limitsOf({}),
      message: { messageId: taskId, role: 'ROLE_USER', parts: [{ text: 'go' }] },
    }),
  );
  await starting.connection.close();
  const gateway = await startProgram({ role: 'gateway', temporal, taskQueue: TASK_QUEUE });
  bench.defer(() => gateway.close());
  const client = new A2aClient(gateway.url);
  bench.defer(() => client.close());
  const pageToken = await whenListed(client, count);
  bench.report(`h: ${count} tasks are there`);
  return { count, client, taskIds, contextIds, pageToken };
}

/** Resolves with the token of the second page. */
async function whenListed(client: A2aClient, count: number): Promise<string> {
  for (;;) {
    const page = (await client.ask('ListTasks', { pageSize: PAGE_SIZE })) as Page;
    if (page.totalSize === count) return page.nextPageToken;
    await delay(LISTED_POLL_MS);
  }
}
