// The listing of tasks that go on in a new run (continue as new): they are what they were in the run before.

import {
  completed,
  type Skill,
  type SkillContext,
  type SkillResult,
} from '../../src/activities/skill';
import { scopeKey } from '../../src/temporal/scope';
import { TaskListing } from '../../src/temporal/task-list';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import type { Task, TaskState } from '../../src/workflows/task';
import { untilAnswer } from '../harness/eventually';
import { SCOPE } from '../harness/task-caller';
import { isStatusText } from '../harness/task-events';
import { useTaskStage } from '../harness/task-worker';

const LONG_MS = 3_600_000;

/** Says enough for the server to suggest a new run, and then rests. */
function skill(id: string, rest: (ctx: SkillContext) => Promise<unknown>): Skill {
  return {
    ...{ id, name: id, description: 'test', tags: ['test'] },
    async run(ctx): Promise<SkillResult> {
      for (const n of [1, 2, 3]) await ctx.step(`step ${n}`, () => ctx.progress(`step ${n}`));
      await rest(ctx);
      return completed();
    },
  };
}

const skills = [
  skill('asks', (ctx) => ctx.ask('Which way?')),
  skill('asks-again', (ctx) => ctx.ask('Which way?').then(() => ctx.ask('And then?'))),
  skill('needs-auth', (ctx) => ctx.requireAuth('Please sign in')),
  skill('sleeps', (ctx) => ctx.sleep(LONG_MS)),
];

const stage = useTaskStage({ skills, isEager: true });
const { begin, eventsUntil, say, tasks } = stage.caller;

async function untilContinued(ref: TaskRef): Promise<void> {
  const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
  await untilAnswer(
    'a later run',
    async () => (await handle.describe()).raw.workflowExecutionInfo,
    (info) => info?.firstRunId !== info?.execution?.runId,
  );
}

/** What the filter for the state brings of the task. */
function listed({ scope, taskId }: TaskRef, state: TaskState): Promise<Task | undefined> {
  const listing = new TaskListing(stage.client, Buffer.alloc(32));
  const ask = async (): Promise<Task | undefined> => {
    const { tasks: found } = await listing.list(scopeKey(scope), { state, pageSize: 100 });
    return found.find(({ id }) => id === taskId);
  };
  return untilAnswer('the task is listed', ask, (task) => task !== undefined);
}

describe('a task that goes on in a new run is listed', () => {
  test.each([
    { what: 'with its question', skillId: 'asks', state: 'input-required' },
    { what: 'with its question for credentials', skillId: 'needs-auth', state: 'auth-required' },
  ] as const)('$what, as GetTask brings it', async ({ skillId, state }) => {
    const ref = await begin(skillId);
    await untilContinued(ref);
    const entry = await listed(ref, state);
    expect(entry?.status).toEqual((await tasks.read(ref)).status);
    expect(entry?.status.message?.parts).toHaveLength(1);
  });

  test('with its second question, and not with its first', async () => {
    const ref = await begin('asks-again', { scope: SCOPE });
    await eventsUntil(ref, isStatusText('Which way?'));
    await untilContinued(ref);
    await say(ref, 'left');
    await eventsUntil(ref, isStatusText('And then?'));
    const { status } = await tasks.read(ref);
    const entry = await untilAnswer(
      'the second question',
      () => listed(ref, 'input-required'),
      (task) => task?.status.message?.messageId === status.message?.messageId,
    );
    expect(entry?.status).toEqual(status);
  });

  test('as working, when it sleeps', async () => {
    const ref = await begin('sleeps');
    await untilContinued(ref);
    expect((await listed(ref, 'working'))?.status.state).toBe('working');
  });
});
