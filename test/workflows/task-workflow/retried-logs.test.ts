// Another try of a task whose stream went on in a log (D8): each run of the log may hold where the next one begins.

import { randomUUID } from 'node:crypto';
import type { TaskRef } from '../../../src/temporal/tasks';
import type { Task } from '../../../src/workflows/task';
import { openService } from '../../harness/gateway-service';
import { SCOPE } from '../../harness/task-caller';
import { statusText, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { broken, runsOf, skills } from './retried-skills';

const stage = useTaskStage({ skills, isEager: true, log: { after: 1 } });
const { begin, ended, tasks } = stage.caller;
const caller = { scope: SCOPE, signal: new AbortController().signal };
const refOf = ({ id: taskId }: Task): TaskRef => ({ scope: SCOPE, taskId });
const steps = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `step ${String(from + i)}`);

/** A task of this skill that has failed at this step, mended since. */
async function failedAt(skillId: string, step: string): Promise<TaskRef> {
  const taskId = randomUUID();
  broken.add(`${taskId} ${step}`);
  const ref = await begin(skillId, { taskId });
  expect((await ended(ref)).status.state).toBe('failed');
  broken.delete(`${taskId} ${step}`);
  return ref;
}

/** The newest run of its log tells of one before. */
async function hasLongLog(ref: TaskRef): Promise<boolean> {
  const { id } = tasks.longLog(ref, { turn: 1, attempt: 1 });
  const { raw } = await stage.client.workflow.getHandle(id).describe();
  const { firstRunId, execution } = raw.workflowExecutionInfo ?? {};
  return firstRunId !== execution?.runId;
}

test.each([
  { name: 'from where it failed', again: steps(5, 5) },
  { name: 'from a step in the log', fromStep: 'step 3', again: steps(3, 5) },
  { name: 'from the step before the log', fromStep: 'step 1', again: steps(1, 5) },
])('a task is tried again $name', async ({ fromStep, again }) => {
  const { taskId } = await failedAt('five', 'step 5');
  const service = openService(stage, skills);
  const next = await service.retry(caller, { taskId, ...(fromStep && { fromStep }) });
  const task = await ended(refOf(next));
  expect(task.status.state).toBe('completed');
  const whole = [1, 2, 3, 4, 5].map((n) => `before ${n}\nafter ${n}\n`).join('');
  expect(task.artifacts.map(textOf)).toEqual([whole]);
  expect(runsOf(taskId)).toEqual([...steps(1, 5), ...again]);
});

test('a task is tried again from a run of its log that is not the last', async () => {
  const ref = await failedAt('long', 'last');
  expect(await hasLongLog(ref)).toBe(true);
  const service = openService(stage, skills);
  const { taskId } = ref;
  const task = await ended(refOf(await service.retry(caller, { taskId, fromStep: 'step 8' })));
  expect(statusText(task)).toBe('long');
  expect(runsOf(taskId)).toEqual([...steps(1, 30), 'last', ...steps(8, 30), 'last']);
});
