// No worker runs (D1, D10): what needs none answers all the same, and nothing that was accepted is lost.

import { randomUUID } from 'node:crypto';
import {
  LEAVING,
  answerTo,
  getTask,
  http,
  listTasks,
  messageFor,
  rpc,
  send,
  sendAndLeave,
} from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { expectEveryId, lastState, progressTexts, stateOf } from '../harness/frames';
import { note } from '../harness/note';
import { useStack } from '../harness/stack';
import { readWhole, streamMessage, subscribe } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

/** What a request may take that has to do without an answer (FAULTS rows 4 and 6). */
const ANSWER_MS = 2_500;

const stack = useStack({ hasWorker: false });

async function withWorker<T>(act: () => Promise<T>): Promise<T> {
  const worker = await stack.startWorker();
  try {
    return await act();
  } finally {
    await worker.kill();
  }
}

describe('a task that no worker has picked up', () => {
  test('send answers at once with the submitted task', async () => {
    const params = { message: messageFor('echo'), ...LEAVING };
    const sent = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', params);
    expect(sent.body.result?.task.status.state).toBe('TASK_STATE_SUBMITTED');
    expect(sent.ms).toBeLessThan(ANSWER_MS);
  });

  test('get answers on both bindings', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('echo'));
    const got = await rpc<WireTask>(stack.url, 'GetTask', { id });
    const overRest = await http<WireTask>(stack.url, { path: `/tasks/${id}` });
    expect(got.body.result?.status.state).toBe('TASK_STATE_SUBMITTED');
    expect(overRest.body).toEqual(got.body.result);
    expect(Math.max(got.ms, overRest.ms)).toBeLessThan(ANSWER_MS);
  });

  test('list shows it', async () => {
    const contextId = randomUUID();
    const { id } = await sendAndLeave(stack.url, messageFor('echo', {}, { contextId }));
    const { tasks } = await untilAnswer(
      'the listing has the task',
      () => listTasks(stack.url, { contextId }),
      (page) => page.tasks.length > 0,
    );
    expect(tasks.map((task) => [task.id, task.status.state])).toEqual([
      [id, 'TASK_STATE_SUBMITTED'],
    ]);
  });

  test('subscribe gives the snapshot', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('echo'));
    const stream = await subscribe(stack.url, id);
    const first = await stream.until('the snapshot', () => true);
    stream.close();
    expect(first.id).toBe(1);
    expect(stateOf(first)).toBe('TASK_STATE_SUBMITTED');
  });

  test('a stream has its first frame before there is a worker, and the rest when one comes', async () => {
    const stream = await streamMessage(stack.url, messageFor('five'));
    const first = await stream.until('the first frame', () => true);
    expect(stateOf(first)).toBe('TASK_STATE_SUBMITTED');

    await withWorker(async () => {
      const frames = await stream.toEnd();
      expectEveryId(frames);
      expect(progressTexts(frames)).toEqual([1, 2, 3, 4, 5].map((n) => `progress ${String(n)}`));
      expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
    });
  });

  test('a cancel is answered, and holds when a worker comes', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('five'));
    const canceled = await rpc<WireTask>(stack.url, 'CancelTask', { id });
    note(`cancel without a worker answered after ${String(canceled.ms)} ms`);
    expect(canceled.body.error).toBeUndefined();

    await withWorker(async () => {
      const frames = await readWhole(stack.url, id);
      expectEveryId(frames);
      expect(lastState(frames)).toBe('TASK_STATE_CANCELED');
      expect(progressTexts(frames)).toEqual([]);
    });
  });
});

describe('a follow-up while no worker runs', () => {
  test('is refused with 503, and counts once when it is repeated with its key', async () => {
    const task = await withWorker(() => send(stack.url, messageFor('asks')));
    const message = answerTo(task, 'Ada');
    const key = { 'Idempotency-Key': randomUUID() };
    const params = { message, ...LEAVING };
    const repeat = (): ReturnType<typeof rpc<{ task: WireTask }>> =>
      rpc(stack.url, 'SendMessage', params, key);
    for (const refused of [await repeat(), await repeat()]) {
      expect(refused.status).toBe(503);
      expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/);
      expect(refused.ms).toBeLessThan(ANSWER_MS);
    }

    await withWorker(async () => {
      await untilAnswer('the follow-up is taken', repeat, ({ status }) => status === 200);
      await repeat();
      const next = await untilAnswer(
        'the next question',
        () => getTask(stack.url, task.id),
        ({ status }) =>
          status.state === 'TASK_STATE_INPUT_REQUIRED' &&
          textOf(status.message?.parts).includes('old'),
      );
      expect(textOf(next.status.message?.parts)).toBe('How old are you?');
      const same = next.history?.filter(({ messageId }) => messageId === message.messageId);
      expect(same).toHaveLength(1);
    });
  });
});
