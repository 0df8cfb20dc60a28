// Where bodies go: each binding of both generations, with good bodies of its operations to change.

import { V03, V1, toBytes } from '../../test/harness/grpc';
import { envelope } from '../../test/harness/calls';
import { askHttp, framed, type GrpcSocket } from './ask';
import { mutateBytes, mutateJson } from './mutations';
import type { Said } from './said';
import type { Seeded } from '../../test/harness/seeded';

/** One operation at one binding. */
export interface Target {
  readonly name: string;
  readonly good: Buffer;
  readonly mutate: (good: Buffer, seed: Seeded) => Buffer;
  readonly send: (body: Buffer) => Promise<Said>;
}

export interface TargetsOptions {
  /** Of the gateway. */
  readonly url: string;
  readonly grpc: GrpcSocket;
  /** A task that is over. */
  readonly taskId: string;
  /** Where notifications may go. */
  readonly hook: string;
}

const ROLE_USER = 'ROLE_USER';
const NOTE = { text: 'please' };
const DATA = { data: { a: [1, 'two', { b: null }], c: { d: true } } };
const METADATA = { skillId: 'silence', more: { x: [1, 2, 3] } };
const MESSAGE = { messageId: 'fuzz', contextId: 'fuzz', metadata: METADATA };

const message = {
  ...{ ...MESSAGE, role: ROLE_USER, extensions: ['urn:a:b'], referenceTaskIds: [] },
  parts: [NOTE, DATA, { raw: 'aGVsbG8=', filename: 'a.txt', mediaType: 'text/plain' }],
};
const legacyMessage = {
  ...{ ...MESSAGE, kind: 'message', role: 'user' },
  parts: [
    { kind: 'text', text: 'please' },
    { kind: 'data', ...DATA },
    { kind: 'file', file: { bytes: 'aGVsbG8=', name: 'a.txt', mimeType: 'text/plain' } },
  ],
};
const content = [NOTE, { data: DATA }, { file: { fileWithBytes: 'aGVsbG8=' } }];
const legacyRestMessage = { ...MESSAGE, role: ROLE_USER, content };
const LEAVE = { returnImmediately: true, historyLength: 3, acceptedOutputModes: ['text/plain'] };
const LEGACY_LEAVE = { blocking: false, historyLength: 3, acceptedOutputModes: ['text/plain'] };

export function targetsOf(options: TargetsOptions): readonly Target[] {
  return [...rpcTargets(options), ...restTargets(options), ...grpcTargets(options)];
}

function rpcTargets({ url, taskId, hook }: TargetsOptions): readonly Target[] {
  const id = taskId;
  const push = { url: hook, token: 't', authentication: { scheme: 'Bearer', credentials: 'c' } };
  const legacyPush = { url: hook, authentication: { schemes: ['Bearer'], credentials: 'c' } };
  const v1 = (method: string, params: object): Target => rpc(url, '1.0', { method, params });
  const v03 = (method: string, params: object): Target => rpc(url, '0.3', { method, params });
  const send = { message, configuration: LEAVE, metadata: METADATA };
  const legacySend = { message: legacyMessage, configuration: LEGACY_LEAVE };
  return [
    v1('SendMessage', send),
    v1('SendMessage', { message: { ...message, taskId } }),
    v1('SendStreamingMessage', send),
    v1('GetTask', { id, historyLength: 2 }),
    v1('ListTasks', { contextId: 'fuzz', pageSize: 3, status: 'TASK_STATE_COMPLETED' }),
    v1('CancelTask', { id, metadata: METADATA }),
    v1('SubscribeToTask', { id }),
    v1('CreateTaskPushNotificationConfig', { taskId, id: 'fuzz', ...push }),
    v1('DeleteTaskPushNotificationConfig', { taskId, id: 'fuzz' }),
    v03('message/send', legacySend),
    v03('message/stream', legacySend),
    v03('tasks/get', { id, historyLength: 2 }),
    v03('tasks/cancel', { id }),
    v03('tasks/pushNotificationConfig/set', { taskId, pushNotificationConfig: legacyPush }),
  ];
}

interface Call {
  readonly method: string;
  readonly params: object;
}

function rpc(url: string, version: '1.0' | '0.3', { method, params }: Call): Target {
  return {
    name: `JSON-RPC ${version} ${method}`,
    good: Buffer.from(JSON.stringify(envelope(method, params))),
    mutate: mutateJson,
    send: (body) =>
      askHttp({ binding: 'JSON-RPC', url, headers: { 'A2A-Version': version }, body }),
  };
}

function restTargets({ url, taskId, hook }: TargetsOptions): readonly Target[] {
  const v1 = (path: string, body: object): Target => rest(url, 'REST 1.0', { path, body });
  const v03 = (path: string, body: object): Target =>
    rest(url, 'REST 0.3', { path: `/v1${path}`, body });
  const configs = `/tasks/${taskId}/pushNotificationConfigs`;
  const send = { message, configuration: LEAVE, metadata: METADATA };
  const legacySend = { message: legacyRestMessage, configuration: LEGACY_LEAVE };
  const config = { parent: `tasks/${taskId}`, configId: 'fuzz' };
  return [
    v1('/message:send', send),
    v1('/message:stream', send),
    v1(`/tasks/${taskId}:cancel`, { metadata: METADATA }),
    v1(configs, { id: 'fuzz', url: hook }),
    v1(`${configs}/fuzz:redeliver`, { after: 0 }),
    v03('/message:send', legacySend),
    v03('/message:stream', legacySend),
    v03(configs, { ...config, config: { pushNotificationConfig: { url: hook } } }),
  ];
}

interface Route {
  readonly path: string;
  readonly body: object;
}

function rest(url: string, binding: 'REST 1.0' | 'REST 0.3', { path, body }: Route): Target {
  return {
    name: `${binding} ${path}`,
    good: Buffer.from(JSON.stringify(body)),
    mutate: mutateJson,
    send: (bytes) => askHttp({ binding, url: url + path, body: bytes }),
  };
}

function grpcTargets({ grpc, taskId, hook }: TargetsOptions): readonly Target[] {
  const over = (service: string, method: string, request: object): Target => ({
    name: `gRPC ${service}/${method}`,
    good: toBytes(service, method, request),
    mutate: mutateBytes,
    send: (body) => grpc.ask(`/${service}/${method}`, framed(body)),
  });
  const v1 = (method: string, request: object): Target => over(V1, method, request);
  const v03 = (method: string, request: object): Target => over(V03, method, request);
  const send = { message, configuration: LEAVE, metadata: METADATA };
  const legacySend = { message: legacyRestMessage };
  return [
    v1('SendMessage', send),
    v1('SendStreamingMessage', send),
    v1('GetTask', { id: taskId, historyLength: 2 }),
    v1('ListTasks', { contextId: 'fuzz', pageSize: 3, status: 'TASK_STATE_COMPLETED' }),
    v1('CancelTask', { id: taskId, metadata: METADATA }),
    v1('CreateTaskPushNotificationConfig', { taskId, id: 'fuzz', url: hook }),
    v03('SendMessage', legacySend),
    v03('SendStreamingMessage', legacySend),
    v03('GetTask', { name: `tasks/${taskId}`, historyLength: 2 }),
    v03('CancelTask', { name: `tasks/${taskId}` }),
  ];
}
