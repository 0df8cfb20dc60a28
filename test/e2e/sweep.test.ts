// What Temporal has dropped goes from the store, and what it has stays: on a real server, with tasks deleted from it.

import type { Client } from '@temporalio/client';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { completed, defineSkill } from '../../src/activities/skill';
import { createDirectoryBlobs } from '../../src/storage/directory-blobs';
import { createPartStores, type PartStores } from '../../src/storage/part-store';
import { sweepParts, type SweepResult } from '../../src/storage/sweep';
import { openClient } from '../../src/temporal/connection';
import { EventFeeds } from '../../src/temporal/event-feed';
import { hasWorkflow, readRetention } from '../../src/temporal/retention';
import { restoreParts } from '../../src/temporal/stored-parts';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { TaskState, type TaskEvent } from '../../src/workflows/task';
import { getTask, http, messageFor, send } from '../harness/calls';
import { eventually, untilAnswer } from '../harness/eventually';
import { metric } from '../harness/metrics';
import { useStack } from '../harness/stack';
import { useTaskStage } from '../harness/task-worker';

const DAY_MS = 86_400_000;

/** Over any inline bound. */
const BIG = 'x'.repeat(200_000);

const said = (message: { parts: readonly unknown[] }): string => JSON.stringify(message.parts);

const big = defineSkill({
  ...{ id: 'big', name: 'big', description: 'gives a big artifact', tags: ['test'] },
  async run(ctx) {
    await ctx.saveArtifact({ name: 'big', parts: [{ text: BIG }] });
    return completed('done');
  },
});

const asking = defineSkill({
  ...{
    id: 'asking',
    name: 'asking',
    description: 'gives and asks, turn after turn',
    tags: ['test'],
  },
  async run(ctx) {
    for (let turn = 1; ; turn += 1) {
      await ctx.saveArtifact({ name: 'page', parts: [{ text: `${turn}${BIG}` }] });
      const answer = await ctx.ask('more?');
      if (said(answer).includes('enough')) return completed('done');
    }
  },
});

describe('a sweep beside Temporal', () => {
  // Runs of its tasks end after a dozen events, so that an open task has old runs that can be dropped.
  const stage = useTaskStage({ skills: [big, asking], isEager: true });
  const { caller } = stage;

  const blobs = () => createDirectoryBlobs(stage.partsDirectory);
  const sweep = async (): Promise<SweepResult> => {
    const { retentionMs } = await readRetention(stage.client);
    return sweepParts(blobs(), {
      retentionMs,
      // As if nothing had been put since the retention ended.
      now: new Date(Date.now() + retentionMs + 2 * DAY_MS),
      isThere: (workflowId) => hasWorkflow(stage.client, workflowId),
      signal: new AbortController().signal,
    });
  };
  const stores = (): PartStores => createPartStores(blobs());
  /** Every part of the task as a client would be given it. */
  const expectReadable = async (ref: TaskRef, parts: number): Promise<void> => {
    const task = await caller.tasks.read(ref);
    const all = [...task.artifacts, ...task.history].flatMap((holder) => holder.parts);
    expect(all.filter((part) => 'ref' in part)).toHaveLength(parts);
    await restoreParts(stores().of(workflowIdOf(ref)), all);
  };

  test('reads the retention of the namespace and its id, which others have not', async () => {
    const { namespaceId, retentionMs } = await readRetention(stage.client);
    expect(namespaceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(retentionMs).toBe(30 * DAY_MS);
  });

  test('takes an unknown workflow for dropped, and an unknown namespace for an error', async () => {
    expect(await hasWorkflow(stage.client, 'test/me/unknown')).toBe(false);
    const other = openClient({
      connection: { address: stage.address },
      client: { namespace: 'no-such-namespace' },
    });
    await expect(hasWorkflow(other, 'test/me/unknown')).rejects.toThrow('no-such-namespace');
    await expect(readRetention(other)).rejects.toThrow('no-such-namespace');
    await other.connection.close();
  });

  /** A cursor before what is kept: the task as of the first event that is, then what is; and nothing of it is an error. */
  const expectRestAfter = async (ref: TaskRef): Promise<void> => {
    const feeds = new EventFeeds(stage.client);
    const { seq } = await caller.tasks.read(ref);
    const following = await feeds.follow(workflowIdOf(ref), {
      cursor: 1,
      signal: new AbortController().signal,
    });
    expect(following.task.seq).toBeGreaterThan(1);
    const seqs: number[] = [];
    while (following.task.seq + seqs.length < seq) {
      const next = await following.events.next();
      if (next.value) seqs.push(next.value.seq);
    }
    expect(seqs).toEqual(seqs.map((_, index) => following.task.seq + 1 + index));
    following.close();
    feeds.close();
  };

  test('keeps closed and open tasks, removes deleted ones, also where bytes are the same', async () => {
    const [kept, deleted, open] = [
      await caller.begin('big'),
      await caller.begin('big'),
      await caller.begin('asking'),
    ];
    await Promise.all([caller.ended(kept), caller.ended(deleted)]);
    await caller.eventsUntil(open, isQuestion);
    await forget(stage.client, { workflowId: workflowIdOf(deleted) });
    expect(await sweep()).toMatchObject({ workflows: 1, parts: 1, kept: 2 });
    await expectReadable(kept, 1);
    await expectReadable(open, 1);
    expect(await sweep()).toMatchObject({ workflows: 0, parts: 0, kept: 2 });
  });

  test('keeps the parts of an open task whose earlier runs are gone', async () => {
    const ref = await caller.begin('asking');
    const workflowId = workflowIdOf(ref);
    await caller.eventsUntil(ref, isQuestion);
    const firstRun = (await stage.client.workflow.getHandle(workflowId).describe()).runId;
    let seq = 1;
    await eventually(async () => {
      seq = (await caller.tasks.read(ref)).seq;
      await caller.say(ref, 'go on');
      await caller.eventsUntil(ref, isQuestion, seq);
      const { runId } = await stage.client.workflow.getHandle(workflowId).describe();
      expect(runId).not.toBe(firstRun);
    });
    await forget(stage.client, { workflowId, runId: firstRun });
    await expectRestAfter(ref);
    await sweep();
    const { artifacts } = await caller.tasks.read(ref);
    await expectReadable(ref, artifacts.length);
    await caller.say(ref, 'enough');
    // Not by its events, the first of which nobody has any more.
    await eventually(async () => {
      expect((await caller.tasks.read(ref)).status.state).toBe(TaskState.completed);
    });
    await sweep();
    await expectReadable(ref, artifacts.length);
  });

  test('keeps the parts of a message whose task is about to start', async () => {
    const start = caller.startOf('big');
    const store = stores().of(workflowIdOf(start));
    const digest = await store.put(Buffer.from(BIG));
    const { retentionMs } = await readRetention(stage.client);
    await sweepParts(blobs(), {
      retentionMs,
      now: new Date(),
      isThere: (workflowId) => hasWorkflow(stage.client, workflowId),
      signal: new AbortController().signal,
    });
    expect(await store.size(digest)).toBe(BIG.length);
  });
});

describe('a worker process', () => {
  const stack = useStack({ env: { ARTIFACT_SWEEP_HOURS: '0.001', LOG_LEVEL: 'info' } });

  test('sweeps by itself, says what came of it, and counts it', async () => {
    const [kept, deleted] = [
      await send(stack.url, messageFor('big')),
      await send(stack.url, messageFor('big')),
    ];
    const folder = join(stack.temporal.dataDir, 'parts');
    const client = openClient({
      connection: { address: stack.temporal.address },
      client: { namespace: 'default' },
    });
    const workflowId = workflowIdOf({
      scope: { tenant: 'default', principal: 'anonymous' },
      taskId: deleted.id,
    });
    await forget(client, { workflowId });
    await client.connection.close();
    await age(folder, 40);
    await eventually(async () => {
      expect(await metric(stack.worker.url, 'longhaul_part_swept_parts_total')).toBe(1);
    });
    expect(stack.worker.output()).toMatch(/"workflows":1,"parts":1,.*stored parts were swept/);
    const task = await getTask(stack.url, kept.id);
    expect(task.artifacts?.[0]?.parts[0]?.text).toHaveLength(200_000);
    expect((await http(stack.url, { path: `/tasks/${deleted.id}` })).status).toBe(404);
  });
});

function isQuestion(event: TaskEvent): boolean {
  return event.kind === 'status' && event.status.state === TaskState.inputRequired;
}

/** As the retention would, and resolves when it is done. */
async function forget(
  client: Client,
  execution: { readonly workflowId: string; readonly runId?: string },
): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: execution });
  const { workflowId, runId } = execution;
  // It takes a development server 20 s.
  const isThere = (): Promise<boolean> =>
    client.workflow
      .getHandle(workflowId, runId)
      .describe()
      .then(
        () => true,
        () => false,
      );
  await untilAnswer('the deletion', isThere, (there) => !there);
}

/** Makes everything there look as if it had been written so many days ago. */
async function age(folder: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY_MS);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), then, then);
  }
}
