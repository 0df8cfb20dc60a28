// JSON-RPC of both generations, as raw HTTP (A2A §9, 0.3 §3.2.1).

import { envelope, request } from '../../harness/calls';
import { readSse } from '../../harness/sse';
import { Refusal, type Asked, type Generation, type Operation, type Speaker } from '../via';
import { legacyConfig, legacySend, v1Config, v1Send } from './requests';

const LEGACY_METHODS: Readonly<Record<Operation, string>> = {
  SendMessage: 'message/send',
  SendStreamingMessage: 'message/stream',
  GetTask: 'tasks/get',
  ListTasks: 'tasks/list',
  CancelTask: 'tasks/cancel',
  SubscribeToTask: 'tasks/resubscribe',
  CreateTaskPushNotificationConfig: 'tasks/pushNotificationConfig/set',
  GetTaskPushNotificationConfig: 'tasks/pushNotificationConfig/get',
  ListTaskPushNotificationConfigs: 'tasks/pushNotificationConfig/list',
  DeleteTaskPushNotificationConfig: 'tasks/pushNotificationConfig/delete',
  GetExtendedAgentCard: 'agent/getAuthenticatedExtendedCard',
};

interface Envelope {
  readonly jsonrpc: '2.0';
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

export function jsonRpcSpeaker(url: string, generation: Generation): Speaker {
  const post = (operation: Operation, asked: Asked): Promise<Response> => {
    const isLegacy = generation === '0.3';
    const method = isLegacy ? LEGACY_METHODS[operation] : operation;
    const params = isLegacy ? legacyParams(operation, asked) : v1Params(operation, asked);
    const headers = { 'A2A-Version': generation, ...asked.headers };
    return request(url, { body: envelope(method, params), headers });
  };
  const resultOf = (status: number, body: Envelope): unknown => {
    expect(body).toMatchObject({ jsonrpc: '2.0', id: 1 });
    if (!('result' in body)) throw new Refusal({ binding: 'JSON-RPC', status, body });
    expect(Object.keys(body).toSorted()).toEqual(['id', 'jsonrpc', 'result']);
    return body.result;
  };
  return {
    binding: 'JSON-RPC',
    generation,
    async call(operation, asked) {
      const response = await post(operation, asked);
      expect(response.headers.get('Content-Type')).toMatch(/^application\/json\b/);
      return resultOf(response.status, (await response.json()) as Envelope);
    },
    async *stream(operation, asked) {
      const response = await post(operation, asked);
      expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream\b/);
      for await (const { data } of readSse(response)) {
        yield resultOf(response.status, data as Envelope);
      }
    },
  };
}

function v1Params(operation: Operation, asked: Asked): object {
  const { taskId, contextId, historyLength, configId } = asked;
  switch (operation) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return v1Send(asked);
    case 'GetTask':
    case 'CancelTask':
    case 'SubscribeToTask':
      return { id: taskId, historyLength };
    case 'ListTasks':
      return { contextId };
    case 'CreateTaskPushNotificationConfig':
      return v1Config(asked);
    case 'GetTaskPushNotificationConfig':
    case 'ListTaskPushNotificationConfigs':
    case 'DeleteTaskPushNotificationConfig':
      return { taskId, id: configId };
    case 'GetExtendedAgentCard':
      return {};
  }
}

function legacyParams(operation: Operation, asked: Asked): object {
  const { taskId: id, historyLength, configId } = asked;
  switch (operation) {
    case 'SendMessage':
    case 'SendStreamingMessage':
      return legacySend(asked);
    case 'GetTask':
    case 'CancelTask':
    case 'SubscribeToTask':
      return { id, historyLength };
    case 'CreateTaskPushNotificationConfig':
      return { taskId: id, pushNotificationConfig: legacyConfig(asked) };
    case 'GetTaskPushNotificationConfig':
    case 'ListTaskPushNotificationConfigs':
    case 'DeleteTaskPushNotificationConfig':
      return { id, pushNotificationConfigId: configId };
    case 'ListTasks':
    case 'GetExtendedAgentCard':
      return {};
  }
}
