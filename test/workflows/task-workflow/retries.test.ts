// Another try of a task that has ended, against a real server: what is done again, and what is not.

import { randomUUID } from 'node:crypto';
import type { TaskService } from '../../../src/api/task-service';
import type { Blobs } from '../../../src/storage/blobs';
import { createDirectoryBlobs } from '../../../src/storage/directory-blobs';
import { createPartStores } from '../../../src/storage/part-store';
import { SWEEP_MARGIN_MS, sweepParts } from '../../../src/storage/sweep';
import { restoreParts } from '../../../src/temporal/stored-parts';
import { TaskErrorReason } from '../../../src/temporal/task-error';
import { workflowIdOf, type TaskRef } from '../../../src/temporal/tasks';
import { RETRY_URI } from '../../../src/workflows/retried-task';
import type { Task } from '../../../src/workflows/task';
import { openService } from '../../harness/gateway-service';
import { SCOPE } from '../../harness/task-caller';
import {
  isOver,
  isState,
  isStatusText,
  progressOf,
  statusText,
  textOf,
} from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { broken, build, runsOf, skills } from './retried-skills';

const stage = useTaskStage({ skills });
const caller = { scope: SCOPE, signal: new AbortController().signal };
let service: TaskService;
beforeAll(() => {
  service = openService(stage, skills);
});
const { begin, ended, eventsUntil, say } = stage.caller;

const refOf = ({ id: taskId }: Task): TaskRef => ({ scope: SCOPE, taskId });

/** A task of this skill that has failed at this step. */
async function failedAt(skillId: string, step: string): Promise<TaskRef> {
  const taskId = randomUUID();
  broken.add(`${taskId} ${step}`);
  return begin(skillId, { taskId, contextId: `context-of-${taskId}` });
}

const mend = ({ taskId }: TaskRef, step: string): boolean => broken.delete(`${taskId} ${step}`);

async function retried(ref: TaskRef, more: { readonly fromStep?: string } = {}): Promise<Task> {
  return service.retry(caller, { taskId: ref.taskId, ...more });
}

async function sent(skillId: string, text: string): Promise<TaskRef> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }] } as const;
  const submission = { message: { ...message, metadata: { skillId } }, returnImmediately: true };
  const answer = await service.send(caller, submission);
  if (!('task' in answer)) throw new Error('a task was expected');
  return refOf(answer.task);
}

const blobs = (): Blobs => createDirectoryBlobs(stage.partsDirectory);

/** What becomes of its stored parts when Temporal has dropped it. */
async function forget(ref: TaskRef): Promise<void> {
  const { workflows } = await sweepParts(blobs(), {
    retentionMs: 0,
    isThere: async (workflowId) => workflowId !== workflowIdOf(ref),
    now: new Date(Date.now() + 2 * SWEEP_MARGIN_MS),
    signal: caller.signal,
  });
  expect(workflows).toBe(1);
}

/** What a client holds that has seen the events up to this one. */
async function asOf(ref: TaskRef, cursor: number): Promise<Task> {
  const following = await stage.caller.tasks.follow(ref, { ...caller, cursor });
  following.close();
  return following.task;
}

describe('a retry', () => {
  test('runs the step that failed and those after it, and nothing else', async () => {
    const ref = await failedAt('five', 'step 4');
    expect((await ended(ref)).status.state).toBe('failed');
    mend(ref, 'step 4');
    const task = await ended(refOf(await retried(ref)));
    expect(task.status.state).toBe('completed');
    expect(statusText(task)).toBe('do five');
    expect(runsOf(ref.taskId)).toEqual(['1', '2', '3', '4', '4', '5'].map((n) => `step ${n}`));
  });

  test('shows the artifact of the task that failed, and goes on in it', async () => {
    const ref = await failedAt('five', 'step 4');
    const before = await ended(ref);
    mend(ref, 'step 4');
    const again = refOf(await retried(ref));
    const events = await eventsUntil(again, isOver);
    const whole = [1, 2, 3, 4, 5].map((n) => `before ${n}\nafter ${n}\n`).join('');
    expect((await ended(again)).artifacts.map(textOf)).toEqual([whole]);
    expect((await asOf(again, 1)).artifacts.map(textOf)).toEqual([
      'before 1\nafter 1\nbefore 2\nafter 2\nbefore 3\n',
    ]);
    expect(progressOf(events)).toEqual(['at 4', 'at 5']);
    expect(await ended(ref)).toEqual(before);
  });

  test('asks for what was asked for, and says of what it is another try', async () => {
    const ref = await failedAt('five', 'step 2');
    const { history } = await ended(ref);
    const task = await retried(ref);
    const [first] = task.history;
    expect(first).toMatchObject({
      ...{ parts: history[0]?.parts, role: 'ROLE_USER', taskId: task.id },
      referenceTaskIds: [ref.taskId],
      metadata: { [RETRY_URI]: { taskId: ref.taskId, note: { parts: [{ text: 'retry' }] } } },
    });
    expect(first?.messageId).not.toBe(history[0]?.messageId);
    expect(task.contextId).toBe(`context-of-${ref.taskId}`);
    await ended(refOf(task));
  });

  test('may fail and be tried again, under the keys of the first task', async () => {
    const ref = await failedAt('five', 'step 3');
    await ended(ref);
    const second = await ended(refOf(await retried(ref)));
    expect(second.status.state).toBe('failed');
    mend(ref, 'step 3');
    const third = await ended(refOf(await retried(refOf(second))));
    expect(third.status.state).toBe('completed');
    expect(third.history[0]?.referenceTaskIds).toEqual([second.id]);
    const names = ['1', '2', '3', '3', '3', '4', '5'].map((n) => `step ${n}`);
    expect(runsOf(ref.taskId)).toEqual(names);
  });

  test('begins before the failure that the skill has met by a rollback', async () => {
    const ref = await failedAt('pays', 'pay money');
    expect((await ended(ref)).status.state).toBe('failed');
    mend(ref, 'pay money');
    const plan = await service.retryPlan(caller, { taskId: ref.taskId });
    expect(plan).toMatchObject({ kept: ['reserve'], again: ['pay money', 'release'] });
    expect(statusText(await ended(refOf(await retried(ref))))).toBe('paid');
    expect(runsOf(ref.taskId)).toEqual(['reserve', 'pay money', 'release', 'pay money']);
  });

  test('does a step that was done again when the caller says so', async () => {
    const ref = await failedAt('five', 'step 4');
    await ended(ref);
    mend(ref, 'step 4');
    const task = await ended(refOf(await retried(ref, { fromStep: 'step 2' })));
    expect(task.artifacts.map(textOf)).toEqual([
      [1, 2, 3, 4, 5].map((n) => `before ${n}\nafter ${n}\n`).join(''),
    ]);
    const names = ['1', '2', '3', '4', '2', '3', '4', '5'].map((n) => `step ${n}`);
    expect(runsOf(ref.taskId)).toEqual(names);
  });

  test('knows the answers that were given, and asks those again that came later', async () => {
    const ref = await failedAt('asks', 'note');
    await eventsUntil(ref, isStatusText('name?'));
    await say(ref, 'Ada');
    await eventsUntil(ref, isStatusText('age?'));
    await say(ref, '36');
    await ended(ref);
    mend(ref, 'note');
    const task = await ended(refOf(await retried(ref)));
    expect(statusText(task)).toBe('Ada is 36');
    expect(task.history.map(textOf)).toEqual(['do asks', 'name?', 'Ada', 'age?', '36']);
    expect(new Set(task.history.map(({ taskId }) => taskId))).toEqual(new Set([task.id]));

    const plan = await service.retryPlan(caller, { taskId: ref.taskId, fromStep: 'greet' });
    expect(plan).toMatchObject({ again: ['greet', 'note'], followUps: 1 });
    const again = refOf(await retried(ref, { fromStep: 'greet' }));
    await eventsUntil(again, isState('input-required'));
    await say(again, '37');
    expect(statusText(await ended(again))).toBe('Ada is 37');
  });

  test('takes a journal along that has moved to the part store', async () => {
    const ref = await failedAt('long', 'last');
    await ended(ref);
    mend(ref, 'last');
    expect(statusText(await ended(refOf(await retried(ref))))).toBe('long');
    expect(runsOf(ref.taskId)).toHaveLength(32);
    const task = await ended(refOf(await retried(ref, { fromStep: 'step 29' })));
    expect(statusText(task)).toBe('long');
    expect(runsOf(ref.taskId)).toHaveLength(35);
  });

  test('takes along what is stored, which goes with the old task otherwise', async () => {
    broken.add('* last');
    const ref = await sent('heavy', 'm'.repeat(1_000_000));
    expect((await ended(ref)).status.state).toBe('failed');
    broken.delete('* last');
    const again = refOf(await retried(ref));
    await forget(ref);
    const task = await ended(again);
    expect(statusText(task)).toBe('1000000 and 100000');
    expect(runsOf(ref.taskId)).toEqual(['big', 'last', 'last']);
    const store = createPartStores(blobs()).of(workflowIdOf(again));
    const parts = await restoreParts(store, task.artifacts[0]!.parts);
    expect(parts).toEqual([{ text: 'a'.repeat(1_000_000) }]);
  });

  test('goes on from a task that was canceled', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'Ada');
    await eventsUntil(ref, isState('input-required'), 4);
    await stage.caller.tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
    const again = refOf(await retried(ref));
    await eventsUntil(again, isState('input-required'));
    await say(again, '36');
    expect(statusText(await ended(again))).toBe('Ada is 36');
    expect(runsOf(ref.taskId)).toEqual(['greet', 'note']);
  });

  test('fails, and says why, where the skill does other steps by now', async () => {
    const ref = await failedAt('changed', 'second');
    await ended(ref);
    build.firstStep = 'renamed';
    const task = await ended(refOf(await retried(ref)));
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toContain('it has the step "first" next');
    expect(runsOf(ref.taskId)).toEqual(['first', 'second']);
  });

  test('of a task that judged for itself judges again', async () => {
    const ref = await begin('judges');
    await ended(ref);
    const plan = await service.retryPlan(caller, { taskId: ref.taskId });
    expect(plan).toMatchObject({ kept: ['look'], again: [] });
  });
});

describe('a retry is refused', () => {
  const refused = (taskId: string, fromStep?: string): Promise<unknown> =>
    service.retry(caller, { taskId, ...(fromStep && { fromStep }) });

  test('of a task that is completed', async () => {
    const ref = await begin('five');
    await ended(ref);
    await expect(refused(ref.taskId)).rejects.toMatchObject({
      reason: TaskErrorReason.notRetryable,
      message: 'the task is completed; only one that is failed or canceled can be tried again',
    });
  });

  test('of a task that is open', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await expect(refused(ref.taskId)).rejects.toMatchObject({
      reason: TaskErrorReason.notRetryable,
    });
  });

  test('of a task of another scope, as if there were none', async () => {
    const ref = await failedAt('five', 'step 1');
    await ended(ref);
    const other = { ...caller, scope: { ...SCOPE, principal: 'you' } };
    await expect(service.retry(other, { taskId: ref.taskId })).rejects.toMatchObject({
      reason: TaskErrorReason.notFound,
    });
  });

  test('from a step that the task has not', async () => {
    const ref = await failedAt('five', 'step 3');
    await ended(ref);
    await expect(refused(ref.taskId, 'step 9')).rejects.toMatchObject({
      reason: TaskErrorReason.invalid,
      message:
        'fromStep: "step 9": the task did not come to it; its steps are: step 1, step 2, step 3',
    });
  });
});

test('a key makes one new task of a retry that is repeated', async () => {
  const ref = await failedAt('five', 'step 3');
  await ended(ref);
  const request = { taskId: ref.taskId, idempotencyKey: randomUUID() };
  const [one, two] = [await service.retry(caller, request), await service.retry(caller, request)];
  expect(two.id).toBe(one.id);
  await expect(service.retry(caller, { ...request, note: 'another' })).rejects.toMatchObject({
    reason: TaskErrorReason.keyReused,
  });
});

test('a recovery asks for the same again and says what went wrong', async () => {
  const ref = await failedAt('five', 'step 3');
  await ended(ref);
  const begun = await service.recover(caller, ref.taskId, 'Once more.');
  const task = await ended(refOf(begun));
  expect(task.status.state).toBe('completed');
  const [message] = task.history;
  expect(message?.referenceTaskIds).toEqual([ref.taskId]);
  expect(message?.parts).toEqual([
    {
      text: `Once more.\n\nTask ${ref.taskId} ended as failed: step 3 broke\n\nThe request was:`,
    },
    { text: 'do five' },
  ]);
  expect(task.contextId).toBe(`context-of-${ref.taskId}`);
});
