// Waiting for a task with a limit, against the SDK's own server.

import { TaskState } from '@a2a-js/sdk';
import {
  TaskFailedError,
  TaskTimeoutError,
  type LonghaulClient,
  type MonitorOptions,
} from '../../../src/client';
import { untilAnswer } from '../../harness/eventually';
import { PlainSetting } from './plain-setting';
import { inWords, rejection } from './seen';

const {
  TASK_STATE_SUBMITTED: submitted,
  TASK_STATE_WORKING: working,
  TASK_STATE_INPUT_REQUIRED: inputRequired,
  TASK_STATE_AUTH_REQUIRED: authRequired,
  TASK_STATE_COMPLETED: completed,
  TASK_STATE_CANCELED: canceled,
  TASK_STATE_FAILED: failed,
  TASK_STATE_REJECTED: rejected,
} = TaskState;

const plain = new PlainSetting();
afterEach(() => plain.close());

describe('Monitor Task Progress', () => {
  let client: LonghaulClient;

  beforeEach(async () => {
    await plain.start();
    client = await plain.client();
  });

  test('Monitor Task Progress: resolves with the final task, and tells events on the way', async () => {
    const states: string[] = [];
    const monitoring = client.monitorTask('hello', {
      timeoutMs: 30_000,
      onEvent: (event, task) => {
        states.push(inWords(event));
        expect(task?.id).toBe(run.taskId);
      },
    });
    const run = await plain.next();
    run.task(submitted);
    run.status(working, 'on it');
    run.chunk('page', { append: false });
    run.status(completed, 'done');
    run.end();
    const task = await monitoring;
    expect(states).toHaveLength(4);
    const { status, artifacts } = await client.getTask(run.taskId);
    expect(task).toMatchObject({ id: run.taskId, status, artifacts });
  });

  test('Monitor Task Progress: a task that is silent times out, is told, and goes on', async () => {
    const monitoring = rejection(client.monitorTask('hello', { timeoutMs: 300 }));
    const run = await plain.next();
    run.task(submitted);
    run.status(working);
    const err = await monitoring;
    expect(err).toBeInstanceOf(TaskTimeoutError);
    expect((err as TaskTimeoutError).task?.status?.state).toBe(working);
    run.status(completed);
    run.end();
    await untilAnswer(
      'the end',
      () => client.getTask(run.taskId),
      ({ status }) => status?.state === completed,
    );
  });

  test('Monitor Task Progress: times out although nothing at all comes', async () => {
    const err = await rejection(client.monitorTask('hello', { timeoutMs: 100 }));
    expect(err).toBeInstanceOf(TaskTimeoutError);
    expect(err).toMatchObject({ task: undefined });
    (await plain.next()).end();
  });

  test('Monitor Task Progress: cancels a task that timed out on request', async () => {
    const options = { timeoutMs: 300, onTimeout: 'cancel' } as const;
    const monitoring = rejection(client.monitorTask('hello', options));
    const run = await plain.next();
    run.task(submitted);
    run.status(working);
    const err = await monitoring;
    expect(err).toBeInstanceOf(TaskTimeoutError);
    const { task } = err as TaskTimeoutError;
    expect(task?.status?.state).toBe(canceled);
  });

  test.each([failed, rejected])(
    'Monitor Task Progress: a task that failed or was rejected is an error with the task (%d)',
    async (state) => {
      const monitoring = rejection(client.monitorTask('hello'));
      const run = await plain.next();
      run.task(submitted);
      run.status(state, 'this is why');
      run.end();
      const err = await monitoring;
      expect(err).toBeInstanceOf(TaskFailedError);
      expect(err).toMatchObject({ message: expect.stringContaining('this is why') });
      expect((err as TaskFailedError).task.status?.state).toBe(state);
    },
  );

  test('Monitor Task Progress: a stream that ends unexpectedly is followed up', async () => {
    const monitoring = client.monitorTask('hello');
    const run = await plain.next();
    run.task(submitted);
    run.end();
    await plain.subscribed();
    const again = client.client.sendMessage({
      ...{ tenant: '', configuration: undefined, metadata: undefined },
      message: { ...run.message, messageId: 'm-2', taskId: run.taskId },
    });
    const next = await plain.next();
    next.status(completed);
    next.end();
    await again;
    expect((await monitoring).status?.state).toBe(completed);
  });

  test('Monitor Task Progress: a question of the task resolves, too', async () => {
    const monitoring = client.monitorTask('hello');
    const run = await plain.next();
    run.task(submitted);
    run.status(inputRequired, 'who?');
    run.end();
    expect((await monitoring).status?.state).toBe(inputRequired);
    const again = await client.monitorTask({ taskId: run.taskId });
    expect(again.status?.state).toBe(inputRequired);
  });

  test.each([submitted, working])(
    'Handle All Task States: one that has begun is waited for (%d)',
    async (state) => {
      const err = await given(state, { timeoutMs: 300 });
      expect(err).toBeInstanceOf(TaskTimeoutError);
      expect((err as TaskTimeoutError).task?.status?.state).toBe(state);
    },
  );

  test.each([inputRequired, completed, canceled])(
    'Handle All Task States: one that asks, is completed or canceled resolves (%d)',
    async (state) => {
      expect(await given(state)).toMatchObject({ status: { state } });
    },
  );

  test.each([failed, rejected])(
    'Handle All Task States: one that failed or was rejected is an error (%d)',
    async (state) => {
      const err = await given(state);
      expect(err).toBeInstanceOf(TaskFailedError);
      expect((err as TaskFailedError).task.status?.state).toBe(state);
    },
  );

  test('Handle All Task States: one that wants credentials says so and is waited for, for somebody else may bring them', async () => {
    const told: (TaskState | undefined)[] = [];
    const onEvent: MonitorOptions['onEvent'] = (_event, task) =>
      void told.push(task?.status?.state);
    const monitoring = client.monitorTask('hello', { onEvent });
    const run = await plain.next();
    run.task(submitted);
    run.status(authRequired, 'log in');
    run.status(working);
    run.status(completed);
    run.end();
    expect((await monitoring).status?.state).toBe(completed);
    expect(told).toEqual([submitted, authRequired, working, completed]);
    const err = await given(authRequired, { timeoutMs: 300 });
    expect((err as TaskTimeoutError).task?.status?.state).toBe(authRequired);
  });

  /** What monitoring comes to with a task in that state, whose stream goes on. */
  async function given(state: TaskState, options: MonitorOptions = {}): Promise<unknown> {
    const monitoring = client.monitorTask('hello', options).catch((err: unknown) => err);
    const run = await plain.next();
    run.task(submitted);
    run.status(state, 'this is why');
    const outcome = await monitoring;
    run.end();
    return outcome;
  }

  test('Handle All Task States: an abort leaves the task running', async () => {
    const stop = new AbortController();
    const monitoring = rejection(client.monitorTask('hello', { signal: stop.signal }));
    const run = await plain.next();
    run.task(submitted);
    const reason = new Error('no longer');
    stop.abort(reason);
    expect(await monitoring).toBe(reason);
    expect((await client.getTask(run.taskId)).status?.state).toBe(submitted);
    run.end();
  });
});
