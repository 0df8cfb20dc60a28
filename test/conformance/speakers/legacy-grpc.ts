// Requests and answers of 0.3's gRPC, whose generated types know no JSON.

import type { LegacyA2AService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import type { Asked, Operation } from '../via';
import { legacyConfig, legacyProtoSend } from './requests';

type Json = Readonly<Record<string, unknown>>;
type Method = keyof typeof LegacyA2AService;

const METHODS: Readonly<Partial<Record<Operation, Method>>> = {
  SendMessage: 'sendMessage',
  SendStreamingMessage: 'sendStreamingMessage',
  GetTask: 'getTask',
  CancelTask: 'cancelTask',
  SubscribeToTask: 'taskSubscription',
  CreateTaskPushNotificationConfig: 'createTaskPushNotificationConfig',
  GetTaskPushNotificationConfig: 'getTaskPushNotificationConfig',
  ListTaskPushNotificationConfigs: 'listTaskPushNotificationConfig',
  DeleteTaskPushNotificationConfig: 'deleteTaskPushNotificationConfig',
  GetExtendedAgentCard: 'getAgentCard',
};

export function legacyMethod(operation: Operation): Method {
  const method = METHODS[operation];
  if (method === undefined) throw new Error(`0.3 has no ${operation}`);
  return method;
}

export function legacyRequest(operation: Operation, asked: Asked): Json {
  const { taskId = '', configId = '', historyLength = 0 } = asked;
  const parent = `tasks/${taskId}`;
  const name = `${parent}/pushNotificationConfigs/${configId}`;
  switch (operation) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return toSend(asked);
    case 'GetTask':
      return { name: parent, historyLength };
    case 'CancelTask':
    case 'SubscribeToTask':
      return { name: parent };
    case 'CreateTaskPushNotificationConfig': {
      const config = { name, pushNotificationConfig: legacyConfig(asked) };
      return { parent, configId, config };
    }
    case 'GetTaskPushNotificationConfig':
    case 'DeleteTaskPushNotificationConfig':
      return { name };
    case 'ListTaskPushNotificationConfigs':
      return { parent, pageSize: 0, pageToken: '' };
    case 'ListTasks':
    case 'GetExtendedAgentCard':
      return {};
  }
}

/** The generated types want every field. */
function toSend(asked: Asked): Json {
  const { message, configuration } = legacyProtoSend(asked) as {
    readonly message: Json & { readonly content: readonly Json[] };
    readonly configuration: Json;
  };
  return {
    request: {
      ...{ contextId: '', taskId: '', extensions: [], ...message },
      role: 1,
      content: message.content.map(toPart),
    },
    configuration: { acceptedOutputModes: [], historyLength: 0, ...configuration },
  };
}

function toPart({ text, data, file }: Json): Json {
  if (text !== undefined) return { part: { $case: 'text', value: text } };
  if (data !== undefined) return { part: { $case: 'data', value: data } };
  const { fileWithBytes, mimeType } = file as { fileWithBytes: string; mimeType: string };
  const value = Buffer.from(fileWithBytes, 'base64');
  return {
    part: { $case: 'file', value: { file: { $case: 'fileWithBytes', value }, mimeType, name: '' } },
  };
}

const STATES = [
  'UNSPECIFIED',
  'SUBMITTED',
  'WORKING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'INPUT_REQUIRED',
  'REJECTED',
  'AUTH_REQUIRED',
];
const ROLES = ['ROLE_UNSPECIFIED', 'ROLE_USER', 'ROLE_AGENT'];

/** The JSON that protobuf makes of it, so that one form describes gRPC and REST. */
export function fromLegacyProto(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) return value.map(fromLegacyProto);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value as Json).filter(([, field]) => !isDefault(field));
  return Object.fromEntries(fields.map(([name, field]) => toField(name, field)));
}

/** Protobuf's JSON leaves out what is empty. */
function isDefault(field: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0;
  return field === undefined || field === '' || field === false || field === 0;
}

function toField(name: string, field: unknown): readonly [string, unknown] {
  if (name === 'state') return [name, `TASK_STATE_${STATES[Number(field)] ?? 'UNKNOWN'}`];
  if (name === 'role') return [name, ROLES[Number(field)]];
  // What the message of a status is called in JSON.
  if (name === 'update') return ['message', fromLegacyProto(field)];
  const { $case, value } = field as { readonly $case?: string; readonly value?: unknown };
  if ($case === undefined) return [name, fromLegacyProto(field)];
  return [$case === 'msg' ? 'message' : $case, fromLegacyProto(value)];
}
