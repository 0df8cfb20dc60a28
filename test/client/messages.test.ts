// The messages that ask for a retry or a recovery.

import { TaskStateError, textMessage, unreadMessageIds } from '../../src/client';
import { recoveryMessage, retryMessage } from '../../src/client/messages';
import { task } from './sdk-values';

const request = {
  messageId: 'm-1',
  role: 'ROLE_USER',
  parts: [{ text: 'Make a report' }, { data: [1] }],
};
const why = { messageId: 'm-2', role: 'ROLE_AGENT', parts: [{ text: 'no such table' }] };
const metadata = { skillId: 'report' };

function failed(more: object = {}) {
  const status = { state: 'TASK_STATE_FAILED', message: why };
  return task('FAILED', { status, history: [request], metadata, ...more });
}

function textIn({ parts }: { parts: readonly { content?: unknown }[] }): unknown {
  return (parts[0]!.content as { value: unknown }).value;
}

describe('Handling Failed Tasks', () => {
  test('Handling Failed Tasks: the text quotes the failure and the original request', () => {
    const message = recoveryMessage(failed());
    expect(textIn(message)).toBe(
      'The previous task failed with error: no such table\n' +
        'Please analyze the failure and create a corrected version.\n' +
        'Original request was: Make a report',
    );
    expect(message).toMatchObject({
      contextId: 'c',
      taskId: '',
      referenceTaskIds: ['t'],
      metadata,
    });
  });

  test('Handling Failed Tasks: without a reason or a request the text says so', () => {
    const status = { state: 'TASK_STATE_FAILED' };
    const message = recoveryMessage(failed({ status, history: [why] }));
    expect(textIn(message)).toBe(
      'The previous task failed with error: Unknown failure\n' +
        'Please analyze the failure and create a corrected version.\n' +
        'Original request was: No original request found',
    );
  });

  test('Handling Failed Tasks: each recovery is a message of its own', () => {
    const [one, two] = [recoveryMessage(failed()), recoveryMessage(failed())];
    expect(one.messageId).not.toBe(two.messageId);
  });

  test.each(['SUBMITTED', 'WORKING', 'INPUT_REQUIRED', 'AUTH_REQUIRED', 'COMPLETED', 'CANCELED'])(
    'Handle All Task States: a task in %s cannot be recovered',
    (state) => {
      expect(() => recoveryMessage(task(state))).toThrow(TaskStateError);
    },
  );
});

describe('a retry', () => {
  test('sends the whole request again, in its context and to its skill, and names the task', () => {
    const message = retryMessage(failed());
    expect(message.parts.map(({ content }) => content?.value as unknown)).toEqual([
      'Make a report',
      [1],
    ]);
    expect(message).toMatchObject({
      contextId: 'c',
      taskId: '',
      referenceTaskIds: ['t'],
      metadata: { skillId: 'report', 'urn:longhaul:a2a:retry:1': { taskId: 't' } },
    });
  });

  test('has a part although the request is not known', () => {
    expect(retryMessage(failed({ history: [] })).parts).toHaveLength(1);
  });

  test.each(['FAILED', 'REJECTED', 'CANCELED'])(
    'Handle All Task States: of a task in %s is allowed',
    (state) => {
      expect(retryMessage(task(state)).referenceTaskIds).toEqual(['t']);
    },
  );

  test.each(['COMPLETED', 'WORKING', 'SUBMITTED', 'INPUT_REQUIRED', 'AUTH_REQUIRED'])(
    'Handle All Task States: of a task in %s is refused by name',
    (state) => {
      const name = state.toLowerCase().replace('_', '-');
      expect(() => retryMessage(task(state))).toThrow(`is ${name}: only one that failed`);
    },
  );
});

test('a text becomes a message for a task, a context and a skill', () => {
  expect(textMessage('hi', { taskId: 't', contextId: 'c', skillId: 's' })).toMatchObject({
    ...{ taskId: 't', contextId: 'c', metadata: { skillId: 's' } },
    parts: [{ content: { $case: 'text', value: 'hi' } }],
  });
});

test('unread messages are those that the task names', () => {
  const named = { 'urn:longhaul:a2a:unread-messages:1': { messageIds: ['m-7'] } };
  expect(unreadMessageIds(task('COMPLETED', { metadata: named }))).toEqual(['m-7']);
  expect(unreadMessageIds(task('COMPLETED'))).toEqual([]);
});
