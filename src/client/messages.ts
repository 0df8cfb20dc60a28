// The messages that the client sends: of a text, as a retry, and to recover from a failure.

import { Role, TaskState, type Message, type Part, type Task } from '@a2a-js/sdk';
import { TaskStateError } from './errors';
import { RETRY_URI } from './extensions';

export interface TextOptions {
  /** The task that the text goes to. Default: a new one. */
  readonly taskId?: string;
  readonly contextId?: string;
  /** The skill that takes it (`message.metadata.skillId`). Default: the agent chooses. */
  readonly skillId?: string;
}

/** A message of the caller with this text and a new id. */
export function textMessage(
  text: string,
  { taskId = '', contextId = '', skillId }: TextOptions = {},
): Message {
  return {
    messageId: crypto.randomUUID(),
    ...{ taskId, contextId, role: Role.ROLE_USER, parts: [textPart(text)] },
    metadata: skillId === undefined ? undefined : { skillId },
    ...{ extensions: [], referenceTaskIds: [] },
  };
}

/**
 * The message that has a task done again: the original request, in the same context.
 * @throws TaskStateError unless the task failed, or was rejected or canceled.
 */
export function retryMessage(task: Task): Message {
  if (!hasFailed(task) && task.status?.state !== TaskState.TASK_STATE_CANCELED) {
    throw new TaskStateError(
      task,
      `task ${task.id} is ${stateName(task)}: only one that failed or was rejected or canceled can be retried`,
    );
  }
  const parts = originalRequest(task)?.parts ?? [textPart(`Retry task ${task.id}`)];
  const metadata = { ...skillOf(task), [RETRY_URI]: { taskId: task.id } };
  return { ...successor(task), parts, metadata };
}

/**
 * The message that asks for a corrected version of what failed, as a new task in the same context.
 * @param text Default: quotes the failure and the original request.
 * @throws TaskStateError unless the task failed or was rejected.
 */
export function recoveryMessage(task: Task, text = recoveryText(task)): Message {
  if (!hasFailed(task)) {
    throw new TaskStateError(
      task,
      `task ${task.id} is ${stateName(task)}: only one that failed or was rejected can be recovered`,
    );
  }
  return { ...successor(task), parts: [textPart(text)], metadata: skillOf(task) };
}

/** Why the task ended as it did, in the agent's words. */
export function failureText(task: Task): string {
  return textOf(task.status?.message?.parts) ?? 'Unknown failure';
}

function recoveryText(task: Task): string {
  const original = textOf(originalRequest(task)?.parts) ?? 'No original request found';
  return (
    `The previous task failed with error: ${failureText(task)}\n` +
    'Please analyze the failure and create a corrected version.\n' +
    `Original request was: ${original}`
  );
}

export function hasFailed({ status }: Task): boolean {
  return (
    status?.state === TaskState.TASK_STATE_FAILED || status?.state === TaskState.TASK_STATE_REJECTED
  );
}

/** `input-required` and the like, as people write it. */
export function stateName({ status }: Task): string {
  const name = TaskState[status?.state ?? TaskState.TASK_STATE_UNSPECIFIED];
  return name.replace('TASK_STATE_', '').toLowerCase().replaceAll('_', '-');
}

function successor({ id, contextId }: Task): Message {
  return { ...textMessage('', { contextId }), referenceTaskIds: [id] };
}

/** The skill that had the task, where the agent tells it. */
function skillOf({ metadata }: Task): { skillId: string } | undefined {
  const skillId: unknown = metadata?.['skillId'];
  return typeof skillId === 'string' ? { skillId } : undefined;
}

function originalRequest({ history }: Task): Message | undefined {
  return history.find(({ role }) => role === Role.ROLE_USER);
}

function textPart(text: string): Part {
  return {
    content: { $case: 'text', value: text },
    ...{ metadata: undefined, filename: '', mediaType: '' },
  };
}

/** The texts of the parts, a line each; undefined when there are none. */
function textOf(parts: readonly Part[] = []): string | undefined {
  const texts = parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []));
  return texts.length === 0 ? undefined : texts.join('\n');
}
