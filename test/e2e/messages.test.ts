// What callers say to a skill that runs, and what it reads of it: in time, once, and through a dead worker.

import { randomUUID } from 'node:crypto';
import { LEAVING, answerTo, getTask, messageFor, result, rpc, send } from '../harness/calls';
import { eventually, untilAnswer } from '../harness/eventually';
import { note } from '../harness/note';
import { lastState, progressTexts } from '../harness/frames';
import { useStack } from '../harness/stack';
import { streamMessage, type Stream } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const stack = useStack();

async function listening(options: object): Promise<Stream> {
  const stream = await streamMessage(stack.url, messageFor('listens', options));
  await stream.until('the start', ({ raw }) => raw.includes('listening'));
  return stream;
}

async function tell(stream: Stream, text: string): Promise<void> {
  const params = { message: answerTo(stream.task, text), ...LEAVING };
  await result(rpc(stack.url, 'SendMessage', params));
}

/** Resolves with the time from the call to the client's news that the skill has read it. */
async function heard(stream: Stream, text: string): Promise<number> {
  const from = Date.now();
  await tell(stream, text);
  const frame = await stream.until(text, ({ raw }) => raw.includes(`heard ${text}`));
  return frame.at - from;
}

test('a skill reads messages while it runs, in their order, and none is named as unread', async () => {
  const stream = await listening({ count: 5 });
  const times: number[] = [];
  for (const text of ['one', 'two', 'three', 'four', 'five']) times.push(await heard(stream, text));
  note(`from the send to the news that it was read: ${times.join(', ')} ms`);
  const frames = await stream.toEnd();
  expect(progressTexts(frames).at(-1)).toBe('one, two, three, four, five');
  const task = await getTask(stack.url, stream.task.id);
  expect(Object.keys(task.metadata)).not.toContain('urn:longhaul:a2a:unread-messages:1');
});

test('messages that come all at once are read one after the other', async () => {
  const stream = await listening({ count: 8 });
  const texts = Array.from({ length: 8 }, (_, i) => `m${String(i)}`);
  for (const text of texts) await tell(stream, text);
  const frames = await stream.toEnd();
  expect(progressTexts(frames).at(-1)).toBe(texts.join(', '));
});

test('what is not read when the skill asks is the answer', async () => {
  const stream = await listening({ count: 1, thenAsks: true });
  await tell(stream, 'one');
  await tell(stream, 'two');
  const task = await untilAnswer(
    'the end',
    () => getTask(stack.url, stream.task.id),
    ({ status }) => status.state === 'TASK_STATE_COMPLETED',
  );
  expect(textOf(task.status.message?.parts)).toBe('one, asked: two');
});

test('what was read is no answer to a question', async () => {
  const stream = await listening({ count: 2, thenAsks: true });
  await heard(stream, 'one');
  await tell(stream, 'two');
  await stream.until('the question', ({ raw }) => raw.includes('INPUT_REQUIRED'));
  const task = await send(stack.url, answerTo(stream.task, 'three'));
  expect(textOf(task.status.message?.parts)).toBe('one, two, asked: three');
});

test('a worker that is killed between two messages takes none with it', async () => {
  const stream = await listening({ count: 4 });
  await heard(stream, 'one');
  await heard(stream, 'two');
  await stack.worker.kill();
  // Without a worker no message is taken in; the same one, said again, counts once.
  const message = answerTo(stream.task, 'three');
  const say = (): Promise<unknown> =>
    result(rpc(stack.url, 'SendMessage', { message, ...LEAVING }));
  const refused = say().catch(() => undefined);
  await stack.startWorker();
  await refused;
  await eventually(say);
  await tell(stream, 'four');
  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expect(progressTexts(frames)).toEqual([
    ...['listening', 'heard one', 'heard two', 'heard three', 'heard four'],
    'one, two, three, four',
  ]);
});

test('a cancel ends a loop, and the task is canceled', async () => {
  const stream = await listening({ count: 1 });
  const { id } = stream.task;
  const task = await result(rpc<WireTask>(stack.url, 'CancelTask', { id }));
  expect(task.status.state).toBe('TASK_STATE_CANCELED');
});

test('a loop that nobody waits for leaves the skill its time to clean up', async () => {
  const stream = await streamMessage(stack.url, messageFor('listens-beside'));
  await stream.until('the start', ({ raw }) => raw.includes('started'));
  const { id } = stream.task;
  const task = await result(rpc<WireTask>(stack.url, 'CancelTask', { id }));
  expect(textOf(task.status.message?.parts)).toBe('tidied up after 0');
});

test('tasks that a message refers to are read with their parts, unknown ones left out', async () => {
  const big = await send(stack.url, messageFor('big', { bytes: 200_000 }));
  const referenceTaskIds = [big.id, randomUUID()];
  const asked = await send(stack.url, messageFor('refers', {}, { referenceTaskIds }));
  const { status } = await send(stack.url, answerTo(asked, 'yes'));
  expect(JSON.parse(textOf(status.message?.parts))).toEqual({
    told: [{ state: 'completed', texts: [200_000] }],
    isSame: true,
  });
});
