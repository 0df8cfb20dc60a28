// Retry and recovery of tasks that failed, against the SDK's own server.

import { TaskState, type Message } from '@a2a-js/sdk';
import { TaskStateError, type LonghaulClient } from '../../../src/client';
import { PlainSetting } from './plain-setting';
import { rejection, textOf } from './seen';

const {
  TASK_STATE_SUBMITTED: submitted,
  TASK_STATE_INPUT_REQUIRED: inputRequired,
  TASK_STATE_COMPLETED: completed,
  TASK_STATE_FAILED: failed,
} = TaskState;

const plain = new PlainSetting();
afterEach(() => plain.close());

describe('Handling Failed Tasks', () => {
  let client: LonghaulClient;

  beforeEach(async () => {
    await plain.start();
    client = await plain.client();
  });

  async function ended(state: TaskState): Promise<{ taskId: string; contextId: string }> {
    const monitoring = client.monitorTask('Make a report').catch(() => undefined);
    const run = await plain.next();
    run.task(submitted);
    run.status(state, 'no such table');
    run.end();
    await monitoring;
    return run;
  }

  /** What the agent is sent, and the task that it makes of it. */
  async function sent(sending: Promise<{ readonly id: string }>): Promise<Message> {
    const run = await plain.next();
    run.task(submitted);
    expect(await sending).toMatchObject({ id: run.taskId });
    run.end();
    return run.message;
  }

  test('Handling Failed Tasks: a recovery quotes the failure and the original request', async () => {
    const { taskId, contextId } = await ended(failed);
    const message = await sent(client.recoverTask(taskId));
    expect(message).toMatchObject({ contextId, referenceTaskIds: [taskId] });
    expect(textOf(message)).toBe(
      'The previous task failed with error: no such table\n' +
        'Please analyze the failure and create a corrected version.\n' +
        'Original request was: Make a report',
    );
  });

  test('Handling Failed Tasks: a recovery may say something else', async () => {
    const { taskId } = await ended(failed);
    expect(textOf(await sent(client.recoverTask(taskId, 'Try the other table')))).toBe(
      'Try the other table',
    );
  });

  test('Handling Failed Tasks: a retry sends the request again and names the task', async () => {
    const { taskId, contextId } = await ended(failed);
    const message = await sent(client.retryTask(taskId));
    expect(message).toMatchObject({
      contextId,
      referenceTaskIds: [taskId],
      metadata: { 'urn:longhaul:a2a:retry:1': { taskId } },
    });
    expect(message.taskId).not.toBe(taskId);
    expect(textOf(message)).toBe('Make a report');
  });

  test.each([completed, inputRequired])(
    'Handling Failed Tasks: a task in another state (%d) is refused by name',
    async (state) => {
      const { taskId } = await ended(state);
      for (const act of [client.recoverTask(taskId), client.retryTask(taskId)]) {
        const err = await rejection(act);
        expect(err).toBeInstanceOf(TaskStateError);
        expect(err).toMatchObject({
          message: expect.stringMatching(/is (completed|input-required): only one that failed/),
        });
      }
    },
  );
});
