// A task that goes on in new runs (continue as new): who follows it, answers it or cancels it notices nothing (D8).

import { TaskError, TaskErrorReason } from '../../../src/temporal/task-error';
import { workflowIdOf, type TaskRef } from '../../../src/temporal/tasks';
import { taskQuery, type TurnOutcome } from '../../../src/workflows/contract';
import { FORMAT } from '../../../src/workflows/emission';
import type { Task, TaskEvent } from '../../../src/workflows/task';
import { untilAnswer } from '../../harness/eventually';
import { userMessage } from '../../harness/task-caller';
import { isOver, isState, isStatusText, progressOf, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { skills } from './skills';

const stage = useTaskStage({ skills, isEager: true });
const { tasks, begin, ended, eventsUntil, startOf } = stage.caller;

describe('a task that goes on in a new run (D8)', () => {
  /** A run that follows a very short one begins a second late: who comes then tries again. */
  async function sayUntilTaken(ref: TaskRef, text: string): Promise<string> {
    const message = userMessage(text);
    for (;;) {
      try {
        await tasks.message(ref, { v: FORMAT, message }, `of ${message.messageId}`);
        return message.messageId;
      } catch (err) {
        const isLate = err instanceof TaskError && err.reason === TaskErrorReason.unavailable;
        if (!isLate) throw err;
      }
    }
  }

  /** An interview, answered question by question; resolves with all its events, heard live. */
  async function interview(ref: TaskRef, from = 1): Promise<readonly TaskEvent[]> {
    const live = eventsUntil(ref, isOver);
    for (let n = from; n <= 4; n += 1) {
      await eventsUntil(ref, isStatusText(`Question ${n}?`));
      await sayUntilTaken(ref, `answer ${n}`);
    }
    return live;
  }

  async function runsOf(ref: TaskRef): Promise<number> {
    const query = `WorkflowId = '${workflowIdOf(ref)}'`;
    const list = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const { status } of stage.client.workflow.list({ query })) found.push(status.name);
      return found;
    };
    // Visibility lags behind; a run that has ended is the last.
    const isWhole = (found: readonly string[]): boolean => found.includes('COMPLETED');
    return (await untilAnswer('the last run is listed', list, isWhole)).length;
  }

  test('has several runs', async () => {
    const ref = await begin('interview');
    await interview(ref);
    expect(await runsOf(ref)).toBeGreaterThan(1);
  });

  test('loses and repeats no event for who follows it', async () => {
    const ref = await begin('interview');
    const events = await interview(ref);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 2));
    expect(progressOf(events)).toEqual([1, 2, 3, 4].map((n) => `question ${n}`));
  });

  test('keeps its artifact over all runs', async () => {
    const ref = await begin('interview');
    await interview(ref);
    const task = await tasks.read(ref);
    expect(task.artifacts.map(textOf)).toEqual([
      '1: answer 1\n2: answer 2\n3: answer 3\n4: answer 4\n',
    ]);
  });

  test('keeps every question and answer once and in order', async () => {
    const ref = await begin('interview');
    await interview(ref);
    const texts = (await tasks.read(ref)).history.map(textOf);
    expect(texts.filter((text) => /answer|Question/.test(text))).toEqual(
      [1, 2, 3, 4].flatMap((n) => [`Question ${n}?`, `answer ${n}`]),
    );
  });

  test('is the same task in result, history and query', async () => {
    const ref = await begin('interview');
    await interview(ref);
    const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
    const result = (await handle.result()) as Task;
    expect(await tasks.read(ref)).toEqual(result);
    expect(await handle.query(taskQuery)).toEqual(result);
  });

  test('is followed from any event of an earlier run', async () => {
    const ref = await begin('interview');
    const events = await interview(ref);
    for (const cursor of events.keys()) {
      const later = await eventsUntil(ref, isOver, cursor + 1);
      expect(later).toEqual(events.slice(cursor));
    }
  });

  test('is resumed in a later run by a process that never saw it', async () => {
    const ref = await begin('interview');
    await eventsUntil(ref, isStatusText('Question 1?'));
    await sayUntilTaken(ref, 'answer 1');
    await eventsUntil(ref, isStatusText('Question 2?'));
    const newcomer = stage.callerOn().eventsUntil(ref, isOver, 3);
    const events = await interview(ref, 2);
    expect(await newcomer).toEqual(events.filter(({ seq }) => seq > 3));
  });

  test('takes in each message once that comes while runs change', async () => {
    const ref = await begin('interview');
    const taken: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      await sayUntilTaken(ref, 'answer').then(
        (id) => taken.push(id),
        (err: unknown) => (refusal = err),
      );
    }
    expect(refusal).toMatchObject({ reason: TaskErrorReason.over });
    const { history } = await ended(ref);
    const [, ...followUps] = history.filter(({ role }) => role === 'ROLE_USER');
    expect(followUps.map(({ messageId }) => messageId)).toEqual(taken);
  });

  test('knows a message that its earlier run took in', async () => {
    const ref = await begin('interview');
    await eventsUntil(ref, isStatusText('Question 1?'));
    const message = userMessage('answer 1');
    await tasks.message(ref, { v: FORMAT, message }, 'the-update');
    await eventsUntil(ref, isStatusText('Question 2?'));
    await tasks.message(ref, { v: FORMAT, message }, 'the-update');
    await interview(ref, 2);
    const { history } = await tasks.read(ref);
    expect(history.filter(({ messageId }) => messageId === message.messageId)).toHaveLength(1);
  });

  test('is still started once', async () => {
    const start = startOf('interview', { digest: 'one' });
    await tasks.start(start);
    await interview(start);
    await tasks.start(start);
    await expect(tasks.start({ ...start, digest: 'two' })).rejects.toMatchObject({
      reason: TaskErrorReason.keyReused,
    });
  });

  test('is canceled when the cancel meets the change of runs', async () => {
    const here = stage.callerOn('cancel-at-the-seam');
    let ask = (): void => undefined;
    const asked = new Promise<TurnOutcome>((resolve) => {
      const message = { parts: [{ text: 'And now?' }] };
      ask = () => resolve({ kind: 'asks', state: 'input-required', attempt: 1, message });
    });
    // A skill asks before the news of the cancel reaches it.
    await stage.startWorker('cancel-at-the-seam', { runSkill: () => asked });
    const ref = await here.begin('echo');
    await here.eventsUntil(ref, isState('working'));
    for (let n = 0; n < 12; n += 1) {
      const batch = { v: FORMAT, turn: 1, attempt: 1, n, emissions: [] } as const;
      await here.tasks.signal({ ...ref, runId: '' }, batch);
    }
    await here.tasks.cancel(ref);
    ask();
    expect((await here.ended(ref)).status.state).toBe('canceled');
  });
});
