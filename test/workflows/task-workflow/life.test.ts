// A task's life against a real server: how it begins, how it ends, and how it is canceled.

import { Context } from '@temporalio/activity';
import { limitsOf } from '../../../src/activities/check-skill';
import { TaskErrorReason } from '../../../src/temporal/task-error';
import { workflowIdOf } from '../../../src/temporal/tasks';
import { taskQuery } from '../../../src/workflows/contract';
import type { Task } from '../../../src/workflows/task';
import { SCOPE } from '../../harness/task-caller';
import { isOver, isState, isStatusText, statusText, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { openGate, runsOf, skills } from './skills';
import { toTheEnd } from './to-the-end';

const stage = useTaskStage({
  skills,
  refuses: ({ emissions }) =>
    emissions.some((said) => 'parts' in said && textOf(said) === 'cannot be recorded'),
});
const { tasks, begin, ended, eventsUntil, startOf } = stage.caller;

describe('a start that is repeated (D6)', () => {
  test('with the same message is the same task', async () => {
    const start = startOf('gated', { digest: 'one' });
    await tasks.start(start);
    await eventsUntil(start, isStatusText('at the gate'));
    await tasks.start(start);
    openGate(start);
    await ended(start);
    expect(runsOf(start)).toBe(1);
  });

  test('with the same message after its end does not run it again', async () => {
    const start = startOf('echo', { digest: 'one' });
    await tasks.start(start);
    await ended(start);
    await tasks.start(start);
    expect(runsOf(start)).toBe(1);
  });

  test('with another message is refused', async () => {
    const start = startOf('echo', { digest: 'one' });
    await tasks.start(start);
    await expect(tasks.start({ ...start, digest: 'two' })).rejects.toMatchObject({
      reason: TaskErrorReason.keyReused,
    });
  });
});

describe('a task', () => {
  test('is submitted until a worker takes it', async () => {
    const nobody = stage.callerOn('nobody');
    const ref = await nobody.begin('echo');
    expect((await nobody.tasks.read(ref)).status.state).toBe('submitted');
  });

  test('works, then completes with the message of the skill', async () => {
    const ref = await begin('echo');
    const events = await eventsUntil(ref, isOver);
    const states = events.map((e) => (e.kind === 'status' ? e.status.state : e.kind));
    expect(states).toEqual(['working', 'completed']);
    expect(statusText(await tasks.read(ref))).toBe('do echo');
  });

  test('tells progress and artifacts while it works', async () => {
    const task = await ended(await begin('says'));
    expect(task.artifacts).toEqual([
      { artifactId: 'artifact-1', name: 'page', parts: [{ text: 'line 1\nline 2\nline 3\n' }] },
      { artifactId: 'name:last', name: 'last', parts: [{ data: { n: 1 } }] },
    ]);
  });

  test.each([
    ['fails', 'failed', 'this is why'],
    ['rejects', 'rejected', 'not for me'],
    ['returns-nothing', 'failed', 'the skill returned no result'],
    ['quits', 'failed', 'nobody canceled it'],
    ['hangs', 'failed', 'ran longer than its limit of 0.5 s'],
    ['hopeless', 'failed', 'no use'],
    ['impatient', 'failed', 'no answer came in time'],
  ])('of the skill %s is %s with the reason as its message', async (skillId, state, reason) => {
    const start = startOf(skillId, { limits: { ...startOf(skillId).limits, maximumAttempts: 1 } });
    await tasks.start(start);
    const task = await ended(start);
    expect(task.status.state).toBe(state);
    expect(statusText(task)).toContain(reason);
  });

  test('of an error that cannot be retried runs once', async () => {
    const ref = await begin('hopeless');
    await ended(ref);
    expect(runsOf(ref)).toBe(1);
  });

  test('of a skill that throws runs as often as it may', async () => {
    const ref = await begin('throws');
    await ended(ref);
    expect(runsOf(ref)).toBe(2);
  });

  test('of a skill that throws fails with the text of its error and no stack', async () => {
    expect(statusText(await ended(await begin('throws')))).toBe('boom');
  });

  test('of a skill that throws once tells each thing once', async () => {
    const events = await eventsUntil(await begin('throws-once'), isOver);
    const artifacts = events.flatMap((e) =>
      e.kind === 'artifact' ? [[e.append, textOf(e.artifact)]] : [],
    );
    expect(artifacts).toEqual([
      [false, 'the same, '],
      [true, 'and the rest'],
    ]);
  });

  test('fails at once when its last words cannot be recorded', async () => {
    const ref = await begin('last-words');
    const task = await ended(ref);
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toBe('what the skill said could not be recorded');
    expect(runsOf(ref)).toBe(1);
  });

  test('ends however many bytes its text takes in JSON', async () => {
    const task = await ended(await begin('escapes'));
    expect(task.status.state).toBe('completed');
  });

  const endings: readonly (readonly [string, string])[] = [
    ['echo', 'completed'],
    ['says', 'completed'],
    ['fails', 'failed'],
    ['rejects', 'rejected'],
    ['throws', 'failed'],
    ['throws-once', 'completed'],
    ['hangs', 'failed'],
    ['obeys', 'canceled'],
    ['deaf', 'canceled'],
    ['asks', 'completed'],
    ['auth', 'completed'],
  ];

  test.each(endings)(
    'of the skill %s is the same %s task in result, history and query',
    async (skillId, state) => {
      const ref = await toTheEnd(stage.caller, skillId);
      const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
      const result = (await handle.result()) as Task;
      expect(result.status.state).toBe(state);
      expect(await tasks.read(ref)).toEqual(result);
      expect(await handle.query(taskQuery)).toEqual(result);
    },
  );
});

describe('cancel (A2A §3.1.5)', () => {
  test('reaches a running skill, which may clean up and say so', async () => {
    const task = await tasks.read(await toTheEnd(stage.caller, 'obeys'));
    expect(task.status.state).toBe('canceled');
    expect(statusText(task)).toBe('cleaned up');
  });

  test('ends a task whose skill does not listen', async () => {
    expect((await tasks.read(await toTheEnd(stage.caller, 'deaf'))).status.state).toBe('canceled');
  });

  test('ends a task whose worker does not listen', async () => {
    const here = stage.callerOn('silent');
    // Without a heartbeat no cancel reaches it; it ends with its worker.
    await stage.startWorker('silent', { runSkill: () => Context.current().cancelled });
    const start = startOf('deaf');
    await here.tasks.start(start);
    await here.eventsUntil(start, isState('working'));
    await here.tasks.cancel(start);
    expect((await here.ended(start)).status.state).toBe('canceled');
  });

  test('ends a task that waits for its caller', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
  });

  test('ends a task that no worker has seen', async () => {
    const later = stage.callerOn('cancel-first');
    const ref = await later.begin('echo');
    await later.tasks.cancel(ref);
    await stage.startWorker('cancel-first');
    expect((await later.ended(ref)).status.state).toBe('canceled');
    expect(runsOf(ref)).toBe(0);
  });

  test('ends a task that waits to run its skill again', async () => {
    const start = startOf('throws', { limits: { ...limitsOf({}), maximumAttempts: 100 } });
    await tasks.start(start);
    await eventsUntil(start, isStatusText('attempt 2'));
    await tasks.cancel(start);
    expect((await ended(start)).status.state).toBe('canceled');
  });

  test('of a task that is over leaves it as it is', async () => {
    const ref = await toTheEnd(stage.caller, 'echo');
    const before = await tasks.read(ref);
    await tasks.cancel(ref);
    expect(await tasks.read(ref)).toEqual(before);
  });

  test('of an unknown task is refused', async () => {
    const ref = { scope: SCOPE, taskId: 'unknown' };
    await expect(tasks.cancel(ref)).rejects.toMatchObject({
      reason: TaskErrorReason.notFound,
    });
  });
});
