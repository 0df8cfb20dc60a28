// No task is wedged by its size: whatever is said to it and by it, it ends, on a real Temporal server (D9).

import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { randomUUID } from 'node:crypto';
import { completed, failed, type Skill, type SkillContext } from '../../src/activities/skill';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { TaskError, TaskErrorReason } from '../../src/temporal/task-error';
import { applyEvent } from '../../src/workflows/apply-event';
import type { TaskActivities, TaskStart } from '../../src/workflows/contract';
import { FORMAT, type Emission } from '../../src/workflows/emission';
import { jsonBytes } from '../../src/workflows/json-bytes';
import { AGENT_MESSAGE_BYTES, PAYLOAD_MAX_BYTES } from '../../src/workflows/limits';
import type { Message, Part, Task } from '../../src/workflows/task';
import { note } from '../harness/note';
import { userMessage } from '../harness/task-caller';
import { isState, isStatusText, statusText } from '../harness/task-events';
import { TASK_QUEUE, TaskStage, quieten } from '../harness/task-worker';

const long = (bytes: number, fill = 'x'): string => fill.repeat(bytes);
const url = (bytes: number): Part => ({ url: `https://example.com/${long(bytes)}` });

/** The workers of a turn that are lost before one comes through. */
const LOST = 4;

function skill(id: string, run: Skill['run'], maximumAttempts = 1): Skill {
  return { id, name: id, description: id, tags: ['test'], limits: { maximumAttempts }, run };
}

/** Lets the skill `throws-when-told` go on. */
let tell = (): void => undefined;

/** About what a task can hold inline, and something else in each attempt. */
const SAYINGS: Readonly<Record<string, (ctx: SkillContext) => Promise<unknown>>> = {
  async progress(ctx) {
    for (let n = 0; n < 16; n += 1) await ctx.progress(`${ctx.attempt}.${n} ${long(60_000)}`);
  },
  async artifacts(ctx) {
    for (let n = 0; n < 16; n += 1) {
      const parts = [{ text: long(30_000, String(ctx.attempt)) }];
      await ctx.saveArtifact({ artifactId: `${ctx.attempt}.${n}`, parts });
    }
  },
};

function hugeEmissions(artifactId: string): readonly Emission[] {
  const said = { at: 0, parts: [{ text: long(900_000) }] };
  return [
    { kind: 'progress', ...said },
    { kind: 'artifact', artifactId, append: false, last: true, ...said },
  ];
}

const skills: readonly Skill[] = [
  skill('asks', async (ctx) => {
    await ctx.ask('More?');
    return completed('enough');
  }),
  skill('loud', async (ctx) => {
    const [part] = ctx.message.parts;
    if (part !== undefined && 'text' in part) await SAYINGS[part.text]?.(ctx);
    return failed('never mind');
  }),
  skill('waits', async (ctx) => {
    await ctx.progress('waiting');
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    throw new Error('stopped');
  }),
  skill(
    'throws-when-told',
    async (ctx) => {
      await ctx.progress(`attempt ${ctx.attempt}`);
      if (ctx.attempt > 1) return completed();
      await new Promise<void>((resolve) => (tell = resolve));
      throw new Error('told');
    },
    2,
  ),
  skill('heavy-metadata', async (ctx) => {
    await ctx.saveArtifact({ parts: [{ text: 'x' }], metadata: { text: long(5_000_000) } });
    return completed();
  }),
  skill('artifacts', async (ctx) => {
    const part = ctx.message.parts[0]!;
    const count = 'data' in part ? Number(part.data) : 0;
    for (let n = 0; n < count; n += 1) await ctx.saveArtifact({ parts: [{ text: 'x' }] });
    return completed();
  }),
  skill('too-many-artifacts', async (ctx) => {
    const metadata = { text: long(20_000) };
    for (let n = 0; n < 100; n += 1) await ctx.saveArtifact({ parts: [{ text: 'x' }], metadata });
    return completed();
  }),
  skill('long-error', () => Promise.reject(new Error(long(5_000_000)))),
  skill('long-end', async () => completed({ parts: Array(40).fill({ text: long(60_000) }) })),
  skill('interview', async (ctx) => {
    for (let n = 1; n <= 4; n += 1) await ctx.ask(`Question ${n}?`);
    return completed('thank you');
  }),
];

/** As a worker that is killed when it has said everything: Temporal runs the same input again. */
function losing(activities: TaskActivities): TaskActivities {
  return {
    async runSkill(input) {
      const outcome = await activities.runSkill(input);
      const { attempt } = Context.current().info;
      if (input.skillId === 'loud' && attempt <= LOST) throw ApplicationFailure.retryable('lost');
      return outcome;
    },
  };
}

const stage = new TaskStage({ skills, isEager: true });
const { begin, startOf, tasks, say, ended, eventsUntil } = stage.caller;

beforeAll(async () => {
  quieten();
  await stage.open();
  await stage.startWorker(TASK_QUEUE, losing(stage.activities));
}, 300_000);
afterAll(() => stage.close());

function send(ref: TaskRef, message: Message): Promise<unknown> {
  return tasks.message(ref, { v: FORMAT, message }, randomUUID());
}

/** A run that follows a very short one begins a second late: who comes then tries again. */
async function sayUntilTaken(ref: TaskRef, text: string): Promise<void> {
  const followUp = { v: FORMAT, message: userMessage(text) } as const;
  for (;;) {
    try {
      await tasks.message(ref, followUp, followUp.message.messageId);
      return;
    } catch (err) {
      const isLate = err instanceof TaskError && err.reason === TaskErrorReason.unavailable;
      if (!isLate) throw err;
    }
  }
}

/** The workflow has completed, and its result is what the history folds to. */
async function expectPublished(ref: TaskRef): Promise<Task> {
  const task = await ended(ref);
  const result = (await stage.client.workflow.getHandle(workflowIdOf(ref)).result()) as Task;
  expect(task).toEqual(result);
  expect(jsonBytes(result)).toBeLessThan(PAYLOAD_MAX_BYTES);
  note(`${task.skillId}: ${String(jsonBytes(result))} bytes`);
  return task;
}

describe('messages that no gateway lets in', () => {
  test('a start of 400 kB and an answer that does not fit beside it: it is refused', async () => {
    const message = userMessage('', { parts: [url(400_000)] });
    const ref = await begin('asks', { message });
    await eventsUntil(ref, isState('input-required'));
    const answer = userMessage('', { parts: [url(150_000)] });
    await expect(send(ref, answer)).rejects.toMatchObject({ reason: TaskErrorReason.full });
    await say(ref, 'a short one fits');
    expect(statusText(await expectPublished(ref))).toBe('enough');
  });

  test('a start of 2.05 MB: the task goes on with a note in its place', async () => {
    const message = userMessage('', { parts: [url(2_050_000)] });
    const ref = await begin('asks', { message });
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'yes');
    const { history } = await expectPublished(ref);
    expect(JSON.stringify(history[0]?.parts)).toContain('dropped');
  });

  test('a start of 1.99 MB: cancel ends the task', async () => {
    const message = userMessage('', { parts: [url(1_990_000)] });
    const ref = await begin('asks', { message });
    await eventsUntil(ref, isState('input-required'));
    await tasks.cancel(ref);
    expect((await expectPublished(ref)).status.state).toBe('canceled');
  });
});

describe('attempts that each say about what a task can hold', () => {
  test.each(Object.keys(SAYINGS))(
    'in %s, and lose their workers: it fails as it says',
    async (by) => {
      const ref = await begin('loud', { message: userMessage(by) });
      const task = await expectPublished(ref);
      expect(statusText(task)).toBe('never mind');
    },
  );

  test('by a worker that keeps to no bounds: the task can be canceled', async () => {
    const ref = await begin('waits');
    await eventsUntil(ref, isStatusText('waiting'));
    const { runId } = await stage.client.workflow.getHandle(workflowIdOf(ref)).describe();
    for (let attempt = 2; attempt <= 4; attempt += 1) {
      for (const [n, emission] of hugeEmissions(String(attempt)).entries()) {
        const batch = { v: FORMAT, turn: 1, attempt, n, emissions: [emission] } as const;
        await tasks.signal({ ...ref, runId }, batch);
      }
    }
    const followed = eventsUntil(ref, isState('canceled'));
    await tasks.cancel(ref);
    const task = await expectPublished(ref);
    const events = await followed;
    const created: Task = { ...task, history: [], artifacts: [], seq: 1 };
    expect(events.reduce(applyEvent, created).artifacts).toEqual(task.artifacts);
  });
});

test('an attempt after 2.5 MB of progress gets a conversation that Temporal takes', async () => {
  const ref = await begin('throws-when-told');
  await eventsUntil(ref, isStatusText('attempt 1'));
  const { runId } = await stage.client.workflow.getHandle(workflowIdOf(ref)).describe();
  for (let n = 1; n <= 25; n += 1) {
    const said = { kind: 'progress', at: 0, parts: [{ text: `${n} ${long(100_000)}` }] } as const;
    await tasks.signal({ ...ref, runId }, { v: FORMAT, turn: 1, attempt: 1, n, emissions: [said] });
  }
  tell();
  expect((await expectPublished(ref)).status.state).toBe('completed');
});

describe('a skill that says what cannot be recorded', () => {
  test('metadata of 5 MB: the task fails at once and says which field', async () => {
    const from = Date.now();
    const task = await expectPublished(await begin('heavy-metadata'));
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toMatch(/metadata/);
    expect(Date.now() - from).toBeLessThan(5_000);
  });

  const artifactsOf = async (count: number): Promise<Task> =>
    expectPublished(
      await begin('artifacts', { message: userMessage('', { parts: [{ data: count }] }) }),
    );

  test('2,000 artifacts of one character: they are all there', async () => {
    const task = await artifactsOf(2_000);
    expect(task.status.state).toBe('completed');
    expect(task.artifacts).toHaveLength(2_000);
  });

  test('19,000 artifacts of one character: the task fails and says so', async () => {
    const task = await artifactsOf(19_000);
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toMatch(/fewer and larger pieces/);
  });

  test('metadata of 2 MB in all: the task fails and says so', async () => {
    const task = await expectPublished(await begin('too-many-artifacts'));
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toMatch(/fewer and larger pieces/);
  });

  test('an error of 5 MB: the task fails with the beginning of it', async () => {
    const task = await expectPublished(await begin('long-error'));
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toMatch(/^x{4000}/);
    expect(jsonBytes(task)).toBeLessThan(10_000);
  });

  test('an end of 2.4 MB: its parts are stored', async () => {
    const task = await expectPublished(await begin('long-end'));
    expect(task.status.state).toBe('completed');
    expect(jsonBytes(task.status.message)).toBeLessThan(AGENT_MESSAGE_BYTES);
  });
});

test('a run that continues another has what was said once', async () => {
  const message = userMessage('', { parts: [url(250_000)] });
  const ref = await begin('interview', startOf('interview', { message }));
  for (let n = 1; n <= 4; n += 1) {
    await eventsUntil(ref, isStatusText(`Question ${n}?`));
    await sayUntilTaken(ref, `answer ${n}`);
  }
  await expectPublished(ref);
  const { events } = await stage.client.workflow.getHandle(workflowIdOf(ref)).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  const input = started?.input?.payloads?.[0]?.data ?? new Uint8Array();
  const start = JSON.parse(Buffer.from(input).toString()) as TaskStart;
  expect(start.continued).toBeDefined();
  expect(input.byteLength).toBeLessThan(300_000);
});
