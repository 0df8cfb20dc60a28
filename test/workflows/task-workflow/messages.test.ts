// Questions and follow-up messages against a real server: what a task takes in, and what it refuses.

import { Context } from '@temporalio/activity';
import { TaskErrorReason } from '../../../src/temporal/task-error';
import { workflowIdOf, type TaskRef } from '../../../src/temporal/tasks';
import { messageUpdate, type TurnOutcome } from '../../../src/workflows/contract';
import { FORMAT } from '../../../src/workflows/emission';
import type { TaskEvent } from '../../../src/workflows/task';
import { SCOPE, userMessage } from '../../harness/task-caller';
import {
  isOver,
  isState,
  isStatusText,
  progressOf,
  statusText,
  textOf,
} from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';
import { openGate, skills } from './skills';
import { toTheEnd } from './to-the-end';

const stage = useTaskStage({ skills });
const { tasks, begin, ended, eventsUntil, say } = stage.caller;

describe('a question', () => {
  test('waits, and its answer goes on where it was asked', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'Ada');
    await eventsUntil(ref, isStatusText('How old are you?'));
    await say(ref, '36');
    expect(statusText(await ended(ref))).toBe('Ada is 36');
  });

  test('is not told again what was said before it', async () => {
    const ref = await toTheEnd(stage.caller, 'asks');
    const events = await eventsUntil(ref, isOver);
    expect(progressOf(events)).toEqual(['before the question', 'hello Ada']);
  });

  test('is asked again with the reason when the answer does not fit', async () => {
    const ref = await begin('asks');
    await say(ref, 'Ada');
    await say(ref, 'old');
    const isAgain = (event: TaskEvent): boolean =>
      event.kind === 'status' &&
      event.status.state === 'input-required' &&
      statusText(event).includes('not a number');
    await eventsUntil(ref, isAgain);
    await say(ref, '36');
    expect(statusText(await ended(ref))).toBe('Ada is 36');
  });

  test('is answered by a message that came while the skill ran', async () => {
    const ref = await begin('gated-then-asks');
    await eventsUntil(ref, isStatusText('at the gate'));
    await say(ref, 'early');
    openGate(ref);
    expect(statusText(await ended(ref))).toBe('early');
  });

  test('stands before its answer in the history', async () => {
    const { history } = await tasks.read(await toTheEnd(stage.caller, 'asks'));
    expect(history.map(textOf).filter((text) => !text.includes('hello'))).toEqual([
      'do asks',
      'before the question',
      'What is your name?',
      'Ada',
      '36',
      'How old are you?',
    ]);
  });

  test('for credentials waits in auth-required', async () => {
    expect(statusText(await tasks.read(await toTheEnd(stage.caller, 'auth')))).toBe('signed in');
  });
});

describe('a follow-up message', () => {
  test('that nobody reads is named at the end', async () => {
    const ref = await begin('gated');
    await eventsUntil(ref, isStatusText('at the gate'));
    const unread = [await say(ref, 'one'), await say(ref, 'two')];
    openGate(ref);
    expect((await ended(ref)).unreadMessageIds).toEqual(unread);
  });

  test('counts once when its update is repeated', async () => {
    const ref = await begin('gated');
    await eventsUntil(ref, isStatusText('at the gate'));
    const message = userMessage('once');
    for (let n = 0; n < 2; n += 1) await tasks.message(ref, { v: FORMAT, message }, 'the-update');
    openGate(ref);
    const { history } = await ended(ref);
    expect(history.filter(({ messageId }) => messageId === message.messageId)).toHaveLength(1);
  });

  test('to a task that is over is refused', async () => {
    const ref = await toTheEnd(stage.caller, 'echo');
    await expect(say(ref, 'late')).rejects.toMatchObject({ reason: TaskErrorReason.over });
  });

  test('to an unknown task is refused', async () => {
    const ref = { scope: SCOPE, taskId: 'unknown' };
    await expect(say(ref, 'lost')).rejects.toMatchObject({ reason: TaskErrorReason.notFound });
  });

  test("to another principal's task is refused as unknown", async () => {
    const { taskId } = await begin('asks');
    const ref = { scope: { ...SCOPE, principal: 'other' }, taskId };
    await expect(say(ref, 'mine?')).rejects.toMatchObject({ reason: TaskErrorReason.notFound });
  });

  test('from another context is refused', async () => {
    const ref = await begin('asks');
    const message = userMessage('hello', { contextId: 'another' });
    await expect(tasks.message(ref, { v: FORMAT, message }, 'u')).rejects.toMatchObject({
      reason: TaskErrorReason.contextMismatch,
    });
  });

  test('that was refused leaves no trace', async () => {
    const ref = await begin('asks');
    const message = userMessage('hello', { contextId: 'another' });
    await tasks.message(ref, { v: FORMAT, message }, 'u').catch(() => undefined);
    expect((await tasks.read(ref)).history).not.toContainEqual(message);
  });

  test('that repeats an update with another content is refused', async () => {
    const ref = await begin('asks');
    const send = (digest: string): Promise<unknown> =>
      tasks.message(ref, { v: FORMAT, message: userMessage(digest), digest }, 'u');
    await send('one');
    await expect(send('two')).rejects.toMatchObject({ reason: TaskErrorReason.keyReused });
  });

  /** Sends messages of `text` until one is refused. */
  async function fill(ref: TaskRef, text: string): Promise<unknown> {
    const parts = [1, 2, 3, 4].map(() => ({ text }));
    for (let n = 0; n < 20; n += 1) {
      const message = userMessage('', { parts });
      const refusal = await tasks.message(ref, { v: FORMAT, message }, `u${n}`).then(
        () => undefined,
        (err: unknown) => err,
      );
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  test('is refused before the task holds more than a result may', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    // Three bytes a letter in UTF-8: characters are not what is counted.
    const refusal = await fill(ref, '好'.repeat(20_000));
    expect(refusal).toMatchObject({ reason: TaskErrorReason.full });
    await tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
  });

  test('fits beside all that the skill says, so that the task can end', async () => {
    const ref = await begin('full');
    await eventsUntil(ref, isStatusText('at the gate'));
    expect(await fill(ref, 'x'.repeat(60_000))).toMatchObject({ reason: TaskErrorReason.full });
    openGate(ref);
    expect((await ended(ref)).status.state).toBe('completed');
  });

  test('and progress that meet in one workflow task have one order for all', async () => {
    const here = stage.callerOn('meeting');
    let finish = (): void => undefined;
    const finished = new Promise<TurnOutcome>((resolve) => {
      finish = () => resolve({ kind: 'ended', state: 'completed', attempt: 1 });
    });
    // Hands the skill to the next worker when this one goes.
    const runSkill = (): Promise<TurnOutcome> =>
      Promise.race([finished, Context.current().cancelled]);
    const first = await stage.startWorker('meeting', { runSkill });
    const ref = await here.begin('echo');
    await here.eventsUntil(ref, isState('working'));
    await first.close();
    const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
    const updated = handle.executeUpdate(messageUpdate, {
      args: [{ v: FORMAT, message: userMessage('between') }],
    });
    for (const n of [0, 1]) {
      const emissions = [{ kind: 'progress', at: Date.now(), parts: [{ text: `p${n}` }] }] as const;
      await here.tasks.signal(
        { ...ref, runId: '' },
        { v: FORMAT, turn: 1, attempt: 1, n, emissions },
      );
    }
    await stage.startWorker('meeting', { runSkill });
    await updated;
    finish();
    const task = await here.ended(ref);
    expect(await handle.result()).toEqual(task);
  });
});
