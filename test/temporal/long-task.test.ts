// Reading a task whose history is longer than a page.

import { defineSkill } from '../../src/activities/skill';
import { PAGE_EVENTS } from '../../src/temporal/history';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { FORMAT, type Batch } from '../../src/workflows/emission';
import { isStatusText, statusText } from '../harness/task-events';
import { useTaskStage } from '../harness/task-worker';

const waits = defineSkill({
  id: 'waits',
  name: 'waits',
  description: 'Says that it waits, and waits.',
  tags: ['test'],
  async run(ctx) {
    await ctx.progress('waiting');
    await new Promise((resolve) => {
      ctx.signal.addEventListener('abort', resolve);
    });
    return { state: 'canceled' };
  },
});

const stage = useTaskStage({ skills: [waits] });

function batch(n: number): Batch {
  const parts = [{ text: `batch ${n}` }];
  const emissions = [{ kind: 'progress', at: Date.now(), parts } as const];
  return { v: FORMAT, turn: 1, attempt: 1, n, emissions };
}

/** Signaled as its skill would, but not at a skill's pace. */
async function beginLong(): Promise<TaskRef> {
  const { tasks, begin, eventsUntil } = stage.caller;
  const ref = await begin('waits');
  await eventsUntil(ref, isStatusText('waiting'));
  for (let n = 1; n <= PAGE_EVENTS; n += 1) await tasks.signal({ ...ref, runId: '' }, batch(n));
  await eventsUntil(ref, isStatusText(`batch ${PAGE_EVENTS}`));
  return ref;
}

const handleOf = (ref: TaskRef) => stage.client.workflow.getHandle(workflowIdOf(ref));

test('while it works it is read as it is', async () => {
  const ref = await beginLong();
  const task = await stage.caller.tasks.read(ref);
  expect([task.status.state, statusText(task)]).toEqual(['working', `batch ${PAGE_EVENTS}`]);
  await stage.caller.tasks.cancel(ref);
  expect((await stage.caller.ended(ref)).status.state).toBe('canceled');
}, 60_000);

test('one that the server ended is failed, though a worker still holds it', async () => {
  const ref = await beginLong();
  await handleOf(ref).terminate('by hand');
  const task = await stage.caller.tasks.read(ref);
  expect([task.status.state, statusText(task)]).toEqual(['failed', 'terminated: by hand']);
}, 60_000);
