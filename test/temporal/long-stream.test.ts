// A stream that is too long for the run of its task goes on in a log (D8), and no reader notices.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { completed, defineSkill, type SkillContext } from '../../src/activities/skill';
import { createDecoder } from '../../src/temporal/history';
import { TaskHistory } from '../../src/temporal/task-history';
import type { TaskRef } from '../../src/temporal/tasks';
import { workflowIdOf } from '../../src/temporal/tasks';
import { applyEvent } from '../../src/workflows/apply-event';
import type { Task, TaskEvent } from '../../src/workflows/task';
import { isOver, isStatusText, statusText, textOf } from '../harness/task-events';
import { useTaskStage } from '../harness/task-worker';

/** Batches before the log. */
const AFTER = 2;
const CHUNKS = 100;
const PAUSE_MS = 5;

/** More than any history here has: a reader that has not come to the end by then never will. */
const PAGES_MAX = 200;

async function stream(
  ctx: SkillContext,
  page = ctx.artifact({ artifactId: 'page' }),
  { from, to } = { from: 1, to: CHUNKS },
): Promise<void> {
  for (let i = from; i <= to; i += 1) {
    await page.append(`${String(i)}\n`);
    // At the pace of a skill: what is said in one go would leave as one batch.
    await delay(PAUSE_MS);
  }
}

/** Opened once, it stays open. */
const opened = new Set<string>();
const gates = new Map<string, () => void>();
const gate = async ({ taskId, signal }: SkillContext): Promise<void> => {
  if (opened.has(taskId)) return;
  await new Promise<void>((resolve, reject) => {
    gates.set(taskId, resolve);
    signal.addEventListener('abort', () => {
      reject(new Error('stopped at the gate'));
    });
  });
};
const openGate = ({ taskId }: TaskRef): void => {
  opened.add(taskId);
  gates.get(taskId)?.();
};

const base = { description: 'streams', tags: ['test'] };
const streams = defineSkill({
  ...base,
  id: 'streams',
  name: 'streams',
  async run(ctx) {
    await stream(ctx);
    return completed('all said');
  },
});
const waits = defineSkill({
  ...base,
  id: 'waits',
  name: 'waits',
  async run(ctx) {
    await stream(ctx);
    await ctx.progress('at the gate');
    await gate(ctx);
    const answer = await ctx.ask('and now?');
    await ctx.progress(`got ${textOf(answer)}`);
    return completed();
  },
});
const halves = defineSkill({
  ...base,
  id: 'halves',
  name: 'halves',
  async run(ctx) {
    const page = ctx.artifact({ artifactId: 'page' });
    await stream(ctx, page, { from: 1, to: CHUNKS / 2 });
    await ctx.progress('at the gate');
    await gate(ctx);
    await stream(ctx, page, { from: CHUNKS / 2 + 1, to: CHUNKS });
    return completed();
  },
});
const fails = defineSkill({
  ...base,
  id: 'fails-once',
  name: 'fails-once',
  async run(ctx) {
    await stream(ctx);
    if (ctx.attempt === 1) throw new Error('once more');
    return completed();
  },
});

const lines = Array.from({ length: CHUNKS }, (_, i) => `${String(i + 1)}\n`).join('');
const pageOf = (task: Task): string | undefined => {
  const page = task.artifacts.find(({ artifactId }) => artifactId === 'page');
  return page && textOf(page);
};

function fold(events: readonly TaskEvent[], first: Task): Task {
  return events.reduce(applyEvent, first);
}

async function logsOf(client: Client, ref: TaskRef): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const n of [1, 2]) {
    const workflowId = `${workflowIdOf(ref)}/log/1/${String(n)}`;
    const found = await client.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => undefined);
    if (found !== undefined) ids.push(found.status.name);
  }
  return ids;
}

const options = {
  skills: [streams, waits, halves, fails],
  pace: [{ below: Number.POSITIVE_INFINITY, ms: 0 }],
  log: { after: AFTER },
};

describe.each([
  ['a stream whose log is short', false],
  ['a stream whose log continues as new', true],
])('%s', (_name, isEager) => {
  const stage = useTaskStage({ ...options, isEager });
  const { tasks, begin, ended, eventsUntil, say } = stage.caller;

  test('it tells each event once, and ends with all that was said', async () => {
    const ref = await begin('streams');
    const following = await tasks.follow(ref, { cursor: 1, signal: new AbortController().signal });
    const events: TaskEvent[] = [];
    for await (const event of following.events) events.push(event);
    following.close();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 2));
    const task = await tasks.read(ref);
    expect(pageOf(task)).toBe(lines);
    expect(fold(events, following.task).artifacts).toEqual(task.artifacts);
    expect(await logsOf(stage.client, ref)).toEqual(['COMPLETED']);
  });

  test('whoever resumes gets what is missing, from before the log and from within it', async () => {
    const ref = await begin('streams');
    await ended(ref);
    const all = await eventsUntil(ref, isOver);
    const cursors = all.map(({ seq }) => seq).filter((seq) => seq < all.length);
    for (const cursor of cursors) {
      const signal = AbortSignal.timeout(20_000);
      const following = await tasks.follow(ref, { cursor, signal });
      const events: TaskEvent[] = [];
      for await (const event of following.events) events.push(event);
      following.close();
      expect(events).toEqual(all.filter(({ seq }) => seq > cursor));
      expect(fold(events, following.task).artifacts).toEqual((await tasks.read(ref)).artifacts);
    }
  });

  test('a reader that paused while the log went on misses nothing, and comes to its end', async () => {
    const ref = await begin('halves');
    await eventsUntil(ref, isStatusText('at the gate'));
    const { client } = stage;
    const source = { client, decode: createDecoder(client), workflowId: workflowIdOf(ref) };
    const history = new TaskHistory(source);
    do await history.next(false);
    while (!history.isCaughtUp);
    const { seq } = history.task;
    openGate(ref);
    const all = await eventsUntil(ref, isOver);
    const events: TaskEvent[] = [];
    for (let page = 0; !history.isOver && page < PAGES_MAX; page += 1) {
      for (const increment of await history.next(true)) events.push(...increment.events);
    }
    expect(events).toEqual(all.filter((event) => event.seq > seq));
  });

  test('a message that comes meanwhile is there at once, and answers the next question', async () => {
    const ref = await begin('waits');
    await eventsUntil(ref, isStatusText('at the gate'));
    const messageId = await say(ref, 'go on');
    const task = await tasks.read(ref);
    expect(task.history.map((message) => message.messageId)).toContain(messageId);
    expect(pageOf(task)).toBe(lines);
    openGate(ref);
    await eventsUntil(ref, isStatusText('got go on'));
    expect(pageOf(await ended(ref))).toBe(lines);
  });

  test('a skill that throws in its log starts again, and says nothing twice', async () => {
    const ref = await begin('fails-once');
    const events = await eventsUntil(ref, isOver);
    const task = await tasks.read(ref);
    expect(task.status.state).toBe('completed');
    expect(pageOf(task)).toBe(lines);
    const starts = events.filter((event) => event.kind === 'artifact' && !event.append);
    expect(starts).toHaveLength(1);
  });

  test('a cancel ends it with what was said', async () => {
    const ref = await begin('waits');
    await eventsUntil(ref, isStatusText('at the gate'));
    await tasks.cancel(ref);
    const task = await ended(ref);
    expect(task.status.state).toBe('canceled');
    expect(pageOf(task)).toBe(lines);
  });

  test('a worker that goes away while it streams is followed by one that goes on', async () => {
    const caller = stage.callerOn('moving');
    const first = await stage.startWorker('moving');
    const ref = await caller.begin('halves');
    await caller.eventsUntil(ref, isStatusText('at the gate'));
    await stage.startWorker('moving');
    await first.close();
    openGate(ref);
    const events = await caller.eventsUntil(ref, isOver);
    const task = await caller.tasks.read(ref);
    expect(pageOf(task)).toBe(lines);
    expect(task.seq).toBe(events.at(-1)?.seq);
    const starts = events.filter((event) => event.kind === 'artifact' && !event.append);
    expect(starts).toHaveLength(1);
    expect(await logsOf(stage.client, ref)).toEqual(['COMPLETED', 'COMPLETED']);
  });

  test('one that the server ends takes its log with it', async () => {
    const ref = await begin('waits');
    await eventsUntil(ref, isStatusText('at the gate'));
    await stage.client.workflow.getHandle(workflowIdOf(ref)).terminate('by hand');
    const task = await ended(ref);
    expect([task.status.state, statusText(task)]).toEqual(['failed', 'terminated: by hand']);
    expect(pageOf(task)).toBe(lines);
  });
});
