// Workers with other skills than the gateway, as in a rolling deploy: a run finds the worker that has its skill.

import { completed, type Skill } from '../../src/activities/skill';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { untilAnswer } from '../harness/eventually';
import { isState, statusText, textOf } from '../harness/task-events';
import { TaskStage, quieten, useTaskStage } from '../harness/task-worker';

function skill(id: string, run: Skill['run']): Skill {
  return { id, name: id, description: 'test', tags: ['test'], run };
}

const skills = [
  skill('fresh', async ({ message, attempt }) =>
    completed(`${textOf(message)} in attempt ${String(attempt)}`),
  ),
  skill('asks', async (ctx) => completed(textOf(await ctx.ask('Which way?')))),
];

describe('a worker without the skill beside one that has it', () => {
  const stage = useTaskStage({ skills });
  const { begin, ended, startOf } = stage.caller;

  beforeAll(() => stage.startWorkerWith([]));

  test('hands each run on, and each task ends as it should', async () => {
    const limits = { ...startOf('fresh').limits, maximumAttempts: 1 };
    const refs = await Promise.all(Array.from({ length: 20 }, () => begin('fresh', { limits })));
    const tasks = await Promise.all(refs.map(ended));
    expect(tasks.map(statusText)).toEqual(tasks.map(() => 'do fresh in attempt 1'));
  });
});

describe('when all workers lack the skill', () => {
  const stage = new TaskStage({ skills });
  const { begin, ended, eventsUntil, say, startOf } = stage.caller;

  beforeAll(async () => {
    quieten();
    await stage.open();
  }, 300_000);

  afterAll(() => stage.close());

  test('a task waits for one that has it', async () => {
    const lacking = await stage.startWorkerWith([]);
    const ref = await begin('fresh');
    await untilHandedOn(ref);
    const having = await stage.startWorker();
    expect(statusText(await ended(ref))).toBe('do fresh in attempt 1');
    await Promise.all([lacking.close(), having.close()]);
  });

  test('the answer to a question waits for one that has it', async () => {
    const old = await stage.startWorker();
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await old.close();
    const lacking = await stage.startWorkerWith([]);
    await say(ref, 'left');
    await untilHandedOn(ref);
    const having = await stage.startWorker();
    expect(statusText(await ended(ref))).toBe('left');
    await Promise.all([lacking.close(), having.close()]);
  });

  test('the task can be canceled while it waits', async () => {
    const lacking = await stage.startWorkerWith([]);
    const ref = await begin('fresh');
    await untilHandedOn(ref);
    await stage.caller.tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
    await lacking.close();
  });

  test('the task fails when none comes in time, and says so', async () => {
    const lacking = await stage.startWorkerWith([]);
    const ref = await begin('fresh', { limits: { ...startOf('fresh').limits, lackingMs: 1_000 } });
    const task = await ended(ref);
    await lacking.close();
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toBe(
      'no worker has the skill "fresh": one without it took the task, and none with it did in 1 s',
    );
  });

  /** Resolves when the run waits where only workers with the skill look. */
  async function untilHandedOn(ref: TaskRef): Promise<void> {
    const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
    await untilAnswer(
      'the run is handed on',
      async () => (await handle.fetchHistory()).events ?? [],
      (events) =>
        events.some(({ activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.taskQueue?.name?.includes('-skill-'),
        ),
    );
  }
});
