// REST of both generations, as raw HTTP (A2A §11, 0.3 §3.2.3).

import { readSse } from '../../harness/sse';
import { Refusal, type Asked, type Generation, type Operation, type Speaker } from '../via';
import { legacyConfig, legacyProtoSend, v1Config, v1Send } from './requests';

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

export function restSpeaker(url: string, generation: Generation): Speaker {
  const ask = (operation: Operation, asked: Asked): Promise<Response> => {
    const { method, path, body } = routeOf(operation, asked, generation);
    const prefix = generation === '0.3' ? '/v1' : '';
    return fetch(`${url}${prefix}${path}`, {
      method,
      headers: { 'A2A-Version': generation, 'Content-Type': 'application/json', ...asked.headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const orRefusal = async (response: Response): Promise<Response> => {
    const { status } = response;
    if (status === 200) return response;
    throw new Refusal({ binding: 'REST', status, body: await response.json() });
  };
  return {
    binding: 'REST',
    generation,
    async call(operation, asked) {
      const response = await orRefusal(await ask(operation, asked));
      expect(response.headers.get('Content-Type')).toMatch(/^application\/json\b/);
      return response.json();
    },
    async *stream(operation, asked) {
      const response = await orRefusal(await ask(operation, asked));
      expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream\b/);
      for await (const { data, event } of readSse(response)) {
        expect(event).toBeUndefined();
        yield data;
      }
    },
  };
}

function routeOf(operation: Operation, asked: Asked, generation: Generation): Route {
  const isLegacy = generation === '0.3';
  const { taskId = '', historyLength, contextId = '', configId = '' } = asked;
  const task = `/tasks/${taskId}`;
  const configs = `${task}/pushNotificationConfigs`;
  switch (operation) {
    case 'SendMessage':
    case 'SendStreamingMessage': {
      const verb = operation === 'SendMessage' ? 'send' : 'stream';
      const body = isLegacy ? legacyProtoSend(asked) : v1Send(asked);
      return { method: 'POST', path: `/message:${verb}`, body };
    }
    case 'GetTask': {
      const query = historyLength === undefined ? '' : `?historyLength=${String(historyLength)}`;
      return { method: 'GET', path: task + query };
    }
    case 'ListTasks':
      return { method: 'GET', path: `/tasks?contextId=${contextId}` };
    case 'CancelTask':
      return { method: 'POST', path: `${task}:cancel` };
    case 'SubscribeToTask':
      return { method: 'GET', path: `${task}:subscribe` };
    case 'CreateTaskPushNotificationConfig':
      return { method: 'POST', path: configs, body: configBody(asked, isLegacy) };
    case 'GetTaskPushNotificationConfig':
      return { method: 'GET', path: `${configs}/${configId}` };
    case 'ListTaskPushNotificationConfigs':
      return { method: 'GET', path: configs };
    case 'DeleteTaskPushNotificationConfig':
      return { method: 'DELETE', path: `${configs}/${configId}` };
    case 'GetExtendedAgentCard':
      return { method: 'GET', path: isLegacy ? '/card' : '/extendedAgentCard' };
  }
}

/** 0.3 posts what its protobuf request calls `config` (0.3 §3.2.3). */
function configBody(asked: Asked, isLegacy: boolean): object {
  if (!isLegacy) return v1Config(asked);
  const { taskId = '', configId = '' } = asked;
  const name = `tasks/${taskId}/pushNotificationConfigs/${configId}`;
  const config = { name, pushNotificationConfig: legacyConfig(asked) };
  return { parent: `tasks/${taskId}`, configId, config };
}
