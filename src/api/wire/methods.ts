// The JSON-RPC methods of both generations, and what their parameters must look like (A2A §5.3, §9.4).

import type { z } from 'zod';
import type { Generation } from './call';
import { FaultError } from './error-table';
import { NO_PUSH } from './push-configs';
import { PUSH_REQUESTS } from './push-schemas';
import { REQUESTS, checkRequest } from './request-schemas';

const V1: Readonly<Record<string, z.ZodType | undefined>> = {
  SendMessage: REQUESTS.sendMessage,
  SendStreamingMessage: REQUESTS.sendMessage,
  GetTask: REQUESTS.getTask,
  ListTasks: REQUESTS.listTasks,
  CancelTask: REQUESTS.taskId,
  SubscribeToTask: REQUESTS.taskId,
  CreateTaskPushNotificationConfig: PUSH_REQUESTS.create,
  GetTaskPushNotificationConfig: PUSH_REQUESTS.one,
  ListTaskPushNotificationConfigs: PUSH_REQUESTS.list,
  DeleteTaskPushNotificationConfig: PUSH_REQUESTS.one,
  GetExtendedAgentCard: undefined,
};

const LEGACY: Readonly<Record<string, z.ZodType | undefined>> = {
  'message/send': REQUESTS.legacySend,
  'message/stream': REQUESTS.legacySend,
  'tasks/get': REQUESTS.getTask,
  'tasks/cancel': REQUESTS.taskId,
  'tasks/resubscribe': REQUESTS.taskId,
  'tasks/pushNotificationConfig/set': PUSH_REQUESTS.legacySet,
  'tasks/pushNotificationConfig/get': PUSH_REQUESTS.legacyGet,
  'tasks/pushNotificationConfig/list': REQUESTS.taskId,
  'tasks/pushNotificationConfig/delete': PUSH_REQUESTS.legacyDelete,
  'agent/getAuthenticatedExtendedCard': undefined,
};

export const METHODS: Readonly<Record<Generation, ReadonlySet<string>>> = {
  '1.0': new Set(Object.keys(V1)),
  '0.3': new Set(Object.keys(LEGACY)),
};

const STREAMING: ReadonlySet<string> = new Set([
  'SendStreamingMessage',
  'SubscribeToTask',
  'message/stream',
  'tasks/resubscribe',
]);

export function isStreaming(method: string, generation: Generation): boolean {
  return STREAMING.has(method) && METHODS[generation].has(method);
}

/**
 * Where push notifications are off, whatever the parameters are.
 * @throws FaultError `pushNotSupported`.
 */
export function assertNoPush(operation: string): void {
  if (/pushNotificationConfig/i.test(operation)) throw new FaultError('pushNotSupported', NO_PUSH);
}

/** @throws FaultError `invalidParams`. */
export function checkParams(method: string, params: unknown): void {
  const schema = V1[method] ?? LEGACY[method];
  if (schema !== undefined) checkRequest(schema, params);
}
