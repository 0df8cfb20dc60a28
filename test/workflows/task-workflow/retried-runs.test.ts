// Another try of a task that went on in several runs (D8): each of them may hold where the next one begins.

import { randomUUID } from 'node:crypto';
import type { TaskRef } from '../../../src/temporal/tasks';
import type { Task } from '../../../src/workflows/task';
import { openService } from '../../harness/gateway-service';
import { SCOPE } from '../../harness/task-caller';
import { isStatusText, statusText, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { broken, runsOf, skills } from './retried-skills';

const stage = useTaskStage({ skills, isEager: true });
const { begin, ended, eventsUntil, say } = stage.caller;
const caller = { scope: SCOPE, signal: new AbortController().signal };
const refOf = ({ id: taskId }: Task): TaskRef => ({ scope: SCOPE, taskId });

async function answers(ref: TaskRef, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) {
    await eventsUntil(ref, isStatusText(`question ${n}?`));
    // A run that follows a very short one begins a second late: who comes then tries again.
    for (let isTaken = false; !isTaken;) {
      isTaken = await say(ref, `answer ${n}`).then(
        () => true,
        () => false,
      );
    }
  }
}

test('a task of several runs is tried again, from its end as from an earlier run', async () => {
  const service = openService(stage, skills);
  const taskId = randomUUID();
  broken.add(`${taskId} step 4`);
  const ref = await begin('asks-often', { taskId });
  await answers(ref, 1, 4);
  expect((await ended(ref)).status.state).toBe('failed');
  broken.delete(`${taskId} step 4`);

  const again = refOf(await service.retry(caller, { taskId }));
  const all = 'answer 1, answer 2, answer 3, answer 4';
  expect(statusText(await ended(again))).toBe(all);

  const early = refOf(await service.retry(caller, { taskId, fromStep: 'step 1' }));
  await answers(early, 2, 4);
  const task = await ended(early);
  expect(statusText(task)).toBe(all);
  expect(task.artifacts.map(textOf)).toEqual(['1\n2\n3\n4\n']);
  const names = ['1', '2', '3', '4', '4', '1', '2', '3', '4'].map((n) => `step ${n}`);
  expect(runsOf(taskId)).toEqual(names);
});
