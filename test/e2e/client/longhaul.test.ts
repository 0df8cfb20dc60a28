// The client and the service together: waiting with a limit, questions, replies, recovery, required extensions.

import { TaskState } from '@a2a-js/sdk';
import {
  TaskFailedError,
  TaskTimeoutError,
  createLonghaulClient,
  cursorOf,
  unreadMessageIds,
  type LonghaulClient,
} from '../../../src/client';
import { pipelineIn } from '../../harness/pipeline';
import { useStack } from '../../harness/stack';
import { message, taskIdOf } from './messages';
import { all, inWords, rejection, textOf } from './seen';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
/** Every request must name the cursor extension, which the client does by itself. */
const stack = useStack({ gateways: [{ REQUIRED_EXTENSIONS: CURSOR }] });
const LONG = { events: 600, everyMs: 100 };

let client: LonghaulClient;
beforeAll(async () => {
  client = await createLonghaulClient({ url: stack.url });
});

describe('Monitor Task Progress', () => {
  test('Monitor Task Progress: resolves with what GetTask gives', async () => {
    const task = await client.monitorTask(message('stream', { chunks: 4, everyMs: 20 }));
    expect(task).toEqual(await client.getTask(task.id));
  });

  test('Monitor Task Progress: a skill that says nothing times out, and goes on', async () => {
    const err = await rejection(client.monitorTask(message('deaf'), { timeoutMs: 1_000 }));
    expect(err).toBeInstanceOf(TaskTimeoutError);
    const { task } = err as TaskTimeoutError;
    expect((await client.getTask(task!.id)).status?.state).toBe(TaskState.TASK_STATE_WORKING);
    await client.cancelTask(task!.id);
  });

  test('Monitor Task Progress: cancels what timed out when it is told to', async () => {
    const options = { timeoutMs: 1_000, onTimeout: 'cancel' } as const;
    const err = await rejection(client.monitorTask(message('steps', LONG), options));
    expect(err).toBeInstanceOf(TaskTimeoutError);
    const { task } = err as TaskTimeoutError;
    expect(task?.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect(await client.getTask(task!.id)).toEqual(task);
  });

  test('Monitor Task Progress: takes a task that is there, from an event on', async () => {
    const events = await all(client.streamTask(message('five')));
    const seen: (number | undefined)[] = [];
    await client.monitorTask(
      { taskId: taskIdOf(events), after: 3 },
      { onEvent: (event) => void seen.push(cursorOf(event)) },
    );
    expect(seen).toEqual(events.slice(3).map(cursorOf));
  });
});

describe('Handling Failed Tasks', () => {
  test('Handling Failed Tasks: what failed is recovered in its context', async () => {
    const err = await rejection(client.monitorTask(message('fails')));
    expect(err).toBeInstanceOf(TaskFailedError);
    const { task } = err as TaskFailedError;
    const recovery = await client.recoverTask(task.id);
    expect(recovery).toMatchObject({ contextId: task.contextId, metadata: { skillId: 'fails' } });
    expect(recovery.history[0]!.referenceTaskIds).toEqual([task.id]);
    expect(textOf(recovery.history[0])).toBe(
      'The previous task failed with error: this is why\n' +
        'Please analyze the failure and create a corrected version.\n' +
        'Original request was: please',
    );
  });

  test('Handling Failed Tasks: a retry carries the request of the task that failed', async () => {
    const err = await rejection(client.monitorTask(message('throws')));
    const { task } = err as TaskFailedError;
    const retried = await client.retryTask(task.id);
    expect(retried.id).not.toBe(task.id);
    const [request] = retried.history;
    expect(request!.parts).toEqual(task.history[0]!.parts);
    expect(request!.metadata).toMatchObject({ 'urn:longhaul:a2a:retry:1': { taskId: task.id } });
  });
});

test('Handling Failed Tasks: a retry starts at the failed step', async () => {
  const { options, mend, steps } = pipelineIn(stack.temporal.dataDir);
  const err = await rejection(client.monitorTask(message('pipeline', options)));
  mend();
  const { id: taskId } = await client.retryTask((err as TaskFailedError).task.id);
  const done = await client.monitorTask({ taskId });
  expect(done.status!.state).toBe(TaskState.TASK_STATE_COMPLETED);
  expect(steps()).toEqual([1, 2, 3, 3, 4, 5]);
});

describe('streams', () => {
  test('of a skill that replies bring the reply', async () => {
    const events = await all(client.streamTask('hello', { skillId: 'answer' }));
    expect(events.map(inWords)).toEqual(['message "hello, attempt 1"']);
  });

  test('stay open while a task waits for credentials', async () => {
    const seen: string[] = [];
    for await (const event of client.streamTask(message('needs-auth'))) {
      seen.push(inWords(event));
      if (event.payload?.$case !== 'statusUpdate') continue;
      const { taskId, status } = event.payload.value;
      if (status?.state !== TaskState.TASK_STATE_AUTH_REQUIRED) continue;
      await client.monitorTask('done', { taskId });
    }
    expect(seen.at(-1)).toBe('status completed');
  });

  test('with the same key are of the same task', async () => {
    const idempotencyKey = crypto.randomUUID();
    const sent = message('five');
    const [one, two] = await Promise.all([
      all(client.streamTask(sent, { idempotencyKey })),
      all(client.streamTask(sent, { idempotencyKey })),
    ]);
    expect(two).toEqual(one);
  });

  test('that are left cancel nothing', async () => {
    let taskId = '';
    for await (const event of client.streamTask(message('steps', { events: 5 }))) {
      taskId = taskIdOf([event]);
      break;
    }
    const task = await client.monitorTask({ taskId });
    expect(textOf(task.status?.message)).toBe('done');
  });

  test('of a task that asks again and again can be followed across its questions', async () => {
    const asked = await client.monitorTask(message('asks'));
    const following = all(client.followTask(asked.id));
    await client.monitorTask('Ada', { taskId: asked.id });
    await client.monitorTask('36', { taskId: asked.id });
    expect((await following).map(inWords)).toEqual([
      'task input_required',
      'status working',
      'status working',
      'status input_required',
      'status working',
      'status completed',
    ]);
  });
});

test('a message that came too late is named by the task', async () => {
  let taskId = '';
  for await (const event of client.streamTask(message('steps', { events: 5 }))) {
    if (cursorOf(event) === 1) taskId = taskIdOf([event]);
    if (cursorOf(event) !== 3) continue;
    await client.monitorTask({ ...message('steps'), messageId: 'too-late', taskId });
  }
  expect(unreadMessageIds(await client.getTask(taskId))).toEqual(['too-late']);
});
