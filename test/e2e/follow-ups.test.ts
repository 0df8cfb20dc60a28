// Messages to a task that is open: what their answers show, and what a repeated one does (A2A §3.1.1).

import { randomUUID } from 'node:crypto';
import { answerTo, getTask, messageFor, rpc, LEAVING, send } from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { useStack } from '../harness/stack';
import { streamMessage, subscribe } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const stack = useStack();

const said = (task: WireTask): readonly string[] =>
  (task.history ?? []).map(({ parts }) => textOf(parts));

describe('while somebody else follows the task', () => {
  test('a send that leaves is answered with a task that holds its message', async () => {
    let task = await send(stack.url, messageFor('interview', { questions: 6 }));
    const follower = await subscribe(stack.url, task.id);
    for (let i = 1; i <= 5; i += 1) {
      const params = { message: answerTo(task, `answer ${i}`), ...LEAVING };
      const { body } = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', params);
      expect(said(body.result!.task)).toContain(`answer ${i}`);
      task = await untilAnswer(
        'the next question',
        () => getTask(stack.url, task.id),
        ({ status }) => textOf(status.message?.parts) === `question ${i + 1}`,
      );
    }
    follower.close();
  });

  test('the stream of a send begins with a task that holds its message', async () => {
    const task = await send(stack.url, messageFor('interview', { questions: 6 }));
    const follower = await subscribe(stack.url, task.id);
    for (let i = 1; i <= 5; i += 1) {
      const stream = await streamMessage(stack.url, answerTo(task, `answer ${i}`));
      await stream.toEnd();
      expect(said(stream.task)).toContain(`answer ${i}`);
    }
    follower.close();
  });
});

test('an answer that was refused as unavailable and is repeated answers one question', async () => {
  const task = await send(stack.url, messageFor('interview', { questions: 2 }));
  await stack.worker.kill();
  const message = answerTo(task, 'only once');
  for (let i = 0; i < 2; i += 1) {
    const refused = await rpc(stack.url, 'SendMessage', { message });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).not.toBeNull();
  }
  await stack.startWorker();
  const taken = await send(stack.url, message);
  expect(textOf(taken.status.message?.parts)).toBe('question 2');
  expect(said(taken).filter((text) => text === 'only once')).toHaveLength(1);
});

test('the same words to two questions are two answers', async () => {
  const task = await send(stack.url, messageFor('interview', { questions: 2 }));
  const message = answerTo(task, 'yes');
  await send(stack.url, message);
  const { status } = await send(stack.url, message);
  expect(textOf(status.message?.parts)).toBe('yes, yes');
});

test('a key knows its message again in whatever order its members come', async () => {
  const message = messageFor('echo', { first: 1, second: { third: 3, fourth: 4 } });
  const [text] = message.parts;
  const other = {
    ...message,
    parts: [text!, { data: { second: { fourth: 4, third: 3 }, first: 1 } }],
  };
  const headers = { 'Idempotency-Key': randomUUID() };
  const { id } = await send(stack.url, message, headers);
  expect((await send(stack.url, other, headers)).id).toBe(id);
});

test('more answers at once than Temporal takes are told to come again, and cancel still works', async () => {
  const task = await send(stack.url, messageFor('interview', { questions: 2 }));
  await stack.worker.kill();
  const refused = await Promise.all(
    Array.from({ length: 15 }, (_, i) =>
      rpc(stack.url, 'SendMessage', { message: answerTo(task, `at once ${i}`) }),
    ),
  );
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429, 503]));
  for (const { headers, body } of refused) {
    expect(headers.get('Retry-After')).not.toBeNull();
    expect(body.error?.code).toBe(-32603);
  }
  await stack.startWorker();
  const { body } = await rpc<WireTask>(stack.url, 'CancelTask', { id: task.id });
  expect(body.result?.status.state).toBe('TASK_STATE_CANCELED');
});
