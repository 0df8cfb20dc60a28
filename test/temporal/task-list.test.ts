// Pages of a listing over tasks that changed in the same millisecond, on the visibility of a real server.

import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { openClient } from '../../src/temporal/connection';
import { TaskErrorReason } from '../../src/temporal/task-error';
import { TaskListing } from '../../src/temporal/task-list';
import { scopeKey } from '../../src/temporal/scope';
import { workflowIdOf } from '../../src/temporal/tasks';
import { SEARCH, TASK_WORKFLOW } from '../../src/workflows/contract';
import { eventually, untilAnswer } from '../harness/eventually';
import { startTestTemporal, type TestTemporal } from '../harness/temporal';

/** Databases write them differently: without a fraction, with one digit, two, three. */
const TIMES = ['00.000', '00.500', '00.640', '00.641', '01.000'].map(
  (seconds) => new Date(`2026-01-01T00:00:${seconds}Z`),
);
const PER_TIME = 4;
const scope = { tenant: 'test', principal: 'lister' };

let temporal: TestTemporal;
let client: Client;
let listing: TaskListing;
let newestFirst: readonly string[];

beforeAll(async () => {
  temporal = await startTestTemporal();
  client = openClient({
    connection: { address: temporal.address },
    client: { namespace: 'default' },
  });
  listing = new TaskListing(client, Buffer.alloc(32));
  const begun: { readonly id: string; readonly key: string }[] = [];
  for (const time of TIMES) {
    for (let i = 0; i < PER_TIME; i += 1) {
      const id = randomUUID();
      await begin(id, time);
      begun.push({ id, key: `${time.toISOString()} ${id}` });
    }
  }
  newestFirst = begun.toSorted((a, b) => (a.key < b.key ? 1 : -1)).map(({ id }) => id);
  await eventually(async () => {
    const { totalSize } = await listing.list(scopeKey(scope), { pageSize: 1 });
    expect(totalSize).toBe(newestFirst.length);
  });
}, 90_000);

afterAll(async () => {
  await client.connection.close();
  await temporal.close();
});

/** A task that no worker takes up, with the status time that is wanted. */
async function begin(taskId: string, statusTime: Date, state = 'submitted'): Promise<void> {
  await client.workflow.start(TASK_WORKFLOW, {
    workflowId: workflowIdOf({ scope, taskId }),
    taskQueue: 'nobody',
    args: [],
    typedSearchAttributes: [
      { key: SEARCH.scope, value: scopeKey(scope) },
      { key: SEARCH.context, value: 'context' },
      { key: SEARCH.skill, value: 'skill' },
      { key: SEARCH.state, value: state },
      { key: SEARCH.statusTime, value: statusTime },
    ],
  });
}

test.each([1, 2, 3, 7, 100])('pages of %d hold every task once, newest first', async (pageSize) => {
  const ids: string[] = [];
  let pageToken: string | undefined;
  do {
    const token = pageToken === undefined ? {} : { pageToken };
    const page = await listing.list(scopeKey(scope), { pageSize, ...token });
    ids.push(...page.tasks.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  expect(ids).toEqual(newestFirst);
});

describe('a page token', () => {
  const query = { pageSize: 1 };

  test('is good for every gateway with the same key', async () => {
    const { nextPageToken: pageToken } = await listing.list(scopeKey(scope), query);
    const other = new TaskListing(client, Buffer.alloc(32));
    const page = await other.list(scopeKey(scope), { ...query, pageToken });
    expect(page.tasks.map(({ id }) => id)).toEqual([newestFirst[1]]);
  });

  test('is refused for another listing, another scope and another key, and when it was changed', async () => {
    const { nextPageToken: pageToken } = await listing.list(scopeKey(scope), query);
    const changed = `${pageToken.slice(0, -1)}${pageToken.endsWith('A') ? 'B' : 'A'}`;
    const stranger = scopeKey({ ...scope, principal: 'stranger' });
    const rekeyed = new TaskListing(client, Buffer.alloc(32, 1));
    const uses = [
      listing.list(scopeKey(scope), { ...query, pageToken, contextId: 'context' }),
      listing.list(stranger, { ...query, pageToken }),
      rekeyed.list(scopeKey(scope), { ...query, pageToken }),
      listing.list(scopeKey(scope), { ...query, pageToken: changed }),
    ];
    for (const use of uses) {
      await expect(use).rejects.toMatchObject({ reason: TaskErrorReason.invalid });
    }
  });
});

test.each(TIMES)('a listing from %p on holds what changed then or later', async (from) => {
  const { totalSize } = await listing.list(scopeKey(scope), { pageSize: 1, statusTimeFrom: from });
  expect(totalSize).toBe(PER_TIME * (TIMES.length - TIMES.indexOf(from)));
});

test('a run without a memo, as earlier builds continued tasks, is listed with its state', async () => {
  const taskId = randomUUID();
  await begin(taskId, new Date(), 'input-required');
  const { tasks } = await untilAnswer(
    'the task is listed',
    () => listing.list(scopeKey(scope), { pageSize: 1, state: 'input-required' }),
    ({ totalSize }) => totalSize === 1,
  );
  expect(tasks).toMatchObject([{ id: taskId, status: { state: 'input-required' } }]);
});
