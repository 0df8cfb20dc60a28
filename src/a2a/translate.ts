// Between the domain's JSON and the SDK's message types, in both directions.

import {
  Message as WireMessage,
  StreamResponse as WireStreamResponse,
  Task as WireTask,
  taskStateToJSON,
  type ListTasksRequest,
} from '@a2a-js/sdk';
import type { TaskQuery } from '../temporal/task-list';
import {
  TaskState,
  type ContentPart,
  type Json,
  type Message,
  type Task,
  type TaskEvent,
  type TaskStatus,
} from '../workflows/task';

/** Our extension for resumable streams; every event carries its number under this URI. */
export const STREAM_CURSOR_URI = 'urn:longhaul:a2a:stream-cursor:1';

/** Under this URI a finished task names messages that no skill has read. */
export const UNREAD_MESSAGES_URI = 'urn:longhaul:a2a:unread-messages:1';

/** Under this URI a canceled task, and the event that says so, repeat what came with the cancel. */
const CANCEL_METADATA_URI = 'urn:longhaul:a2a:cancel-metadata:1';

const DEFAULT_PAGE_SIZE = 50;

const WIRE_STATES: Readonly<Record<TaskState, string>> = {
  submitted: 'TASK_STATE_SUBMITTED',
  working: 'TASK_STATE_WORKING',
  'input-required': 'TASK_STATE_INPUT_REQUIRED',
  'auth-required': 'TASK_STATE_AUTH_REQUIRED',
  completed: 'TASK_STATE_COMPLETED',
  failed: 'TASK_STATE_FAILED',
  canceled: 'TASK_STATE_CANCELED',
  rejected: 'TASK_STATE_REJECTED',
};

/** The SDK has validated types but keeps empty strings for absent fields; its own codec drops them. */
export function fromWireMessage(message: WireMessage): Message<ContentPart> {
  return WireMessage.toJSON(message) as Message<ContentPart>;
}

export function toWireMessage(message: Message<ContentPart>): WireMessage {
  return WireMessage.fromJSON(message);
}

export function toWireTask(task: Task<ContentPart>): WireTask {
  return WireTask.fromJSON({
    id: task.id,
    contextId: task.contextId,
    status: toWireStatus(task.status),
    history: task.history,
    artifacts: task.artifacts,
    metadata: metadataOf(task),
  });
}

export function toWireEvent(
  event: TaskEvent<ContentPart>,
  task: { readonly id: string; readonly contextId: string },
): WireStreamResponse {
  if (event.kind === 'task') {
    return { payload: { $case: 'task', value: toWireTask(event.task) } };
  }
  const address = { taskId: task.id, contextId: task.contextId };
  const cursor = cursorMetadata(event.seq);
  if (event.kind === 'status') {
    const status = toWireStatus(event.status);
    const metadata = { ...cursor, ...canceledMetadata(event.status) };
    return WireStreamResponse.fromJSON({ statusUpdate: { ...address, status, metadata } });
  }
  const { artifact, append, lastChunk } = event;
  return WireStreamResponse.fromJSON({
    artifactUpdate: { ...address, artifact, append, lastChunk, metadata: cursor },
  });
}

function toWireStatus({ state, message, timestamp }: TaskStatus<ContentPart>): unknown {
  return { state: WIRE_STATES[state], message, timestamp };
}

function metadataOf(task: Task<ContentPart>): Record<string, Json> {
  const { unreadMessageIds: unread } = task;
  return {
    skillId: task.skillId,
    ...cursorMetadata(task.seq),
    ...canceledMetadata(task.status),
    ...(unread === undefined ? {} : { [UNREAD_MESSAGES_URI]: { messageIds: unread } }),
  };
}

function cursorMetadata(seq: number): Record<string, Json> {
  return { [STREAM_CURSOR_URI]: { seq } };
}

function canceledMetadata({ cancelMetadata }: TaskStatus<ContentPart>): Record<string, Json> {
  return cancelMetadata === undefined ? {} : { [CANCEL_METADATA_URI]: cancelMetadata };
}

/** `historyLength` of A2A §3.2.4: absent is all, 0 none, n the newest n. */
export function limitHistory<T extends { readonly history: readonly unknown[] }>(
  task: T,
  historyLength: number | undefined,
): T {
  if (historyLength === undefined) return task;
  return { ...task, history: historyLength === 0 ? [] : task.history.slice(-historyLength) };
}

export function toTaskQuery(request: ListTasksRequest): TaskQuery {
  const name = taskStateToJSON(request.status);
  const state = Object.values(TaskState).find((s) => WIRE_STATES[s] === name);
  const { contextId, pageToken, statusTimestampAfter } = request;
  return {
    pageSize: request.pageSize ?? DEFAULT_PAGE_SIZE,
    ...(contextId === '' ? {} : { contextId }),
    ...(pageToken === '' ? {} : { pageToken }),
    ...(state === undefined ? {} : { state }),
    ...(statusTimestampAfter === undefined
      ? {}
      : { statusTimeFrom: toStatusTime(statusTimestampAfter) }),
  };
}

/** Statuses are of a millisecond: the first that is not before a finer time is of the next one. */
function toStatusTime(timestamp: string): Date {
  const isFiner = /\.\d{3}\d*[1-9]/.test(timestamp);
  return new Date(Math.min(Date.parse(timestamp) + (isFiner ? 1 : 0), LAST_TIME));
}

/** Later ones are not RFC 3339. */
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z');
