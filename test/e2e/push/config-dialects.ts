// The operations on configurations in each dialect: JSON-RPC and REST, each of both generations.

import { result, rpc } from '../../harness/calls';
import type { Stack } from '../../harness/stack';
import { createConfig, listConfigs } from '../../harness/hooks';

export const LEGACY = { 'A2A-Version': '0.3' };

/** Where a configuration goes and comes from. */
interface Operations {
  create(taskId: string, config: Config): Promise<unknown>;
  get(taskId: string, id: string): Promise<unknown>;
  list(taskId: string): Promise<readonly unknown[]>;
  remove(taskId: string, id: string): Promise<unknown>;
}

export interface Dialect extends Operations {
  readonly name: string;
  readonly isLegacy: boolean;
}

export interface Config {
  readonly id: string;
  readonly url: string;
  readonly token?: string;
  readonly authentication?: { readonly scheme: string; readonly credentials: string };
}

export function legacyOf({ authentication, ...config }: Config): object {
  if (authentication === undefined) return config;
  const { scheme, credentials } = authentication;
  return { ...config, authentication: { schemes: [scheme], credentials } };
}

/** Where REST has the configurations of a task. */
export function configsOf(taskId: string): string {
  return `/tasks/${taskId}/pushNotificationConfigs`;
}

export function legacyRpc<T>(url: string, operation: string, params: object): Promise<T> {
  return result(rpc<T>(url, `tasks/pushNotificationConfig/${operation}`, params, LEGACY));
}

/** @param stack may start later. */
export function dialectsOf(stack: Stack): readonly Dialect[] {
  return [
    { name: 'JSON-RPC 1.0', isLegacy: false, ...overRpc(stack) },
    { name: 'REST 1.0', isLegacy: false, ...overRest(stack, '', (_, config) => config) },
    { name: 'JSON-RPC 0.3', isLegacy: true, ...overLegacyRpc(stack) },
    { name: 'REST 0.3', isLegacy: true, ...overRest(stack, '/v1', legacyRestBody) },
  ];
}

function overRpc(stack: Stack): Operations {
  const ask = (method: string, params: object): Promise<unknown> =>
    result(rpc(stack.url, method, params));
  return {
    create: (taskId, config) => createConfig(stack.url, { taskId, ...config }),
    get: (taskId, id) => ask('GetTaskPushNotificationConfig', { taskId, id }),
    list: (taskId) => listConfigs(stack.url, taskId),
    remove: (taskId, id) => ask('DeleteTaskPushNotificationConfig', { taskId, id }),
  };
}

function overLegacyRpc(stack: Stack): Operations {
  const ask = <T>(operation: string, params: object): Promise<T> =>
    legacyRpc(stack.url, operation, params);
  return {
    create: (taskId, config) => ask('set', { taskId, pushNotificationConfig: legacyOf(config) }),
    get: (id, pushNotificationConfigId) => ask('get', { id, pushNotificationConfigId }),
    list: (id) => ask('list', { id }),
    remove: (id, pushNotificationConfigId) => ask('delete', { id, pushNotificationConfigId }),
  };
}

function overRest(
  stack: Stack,
  prefix: string,
  toBody: (taskId: string, config: Config) => object,
): Operations {
  const ask = <T>(path: string, method: string, body?: object): Promise<T> =>
    rest(stack.url + prefix + path, method, body);
  return {
    create: (taskId, config) => ask(configsOf(taskId), 'POST', toBody(taskId, config)),
    get: (taskId, id) => ask(`${configsOf(taskId)}/${id}`, 'GET'),
    list: async (taskId) =>
      (await ask<{ configs: readonly unknown[] }>(configsOf(taskId), 'GET')).configs,
    remove: (taskId, id) => ask(`${configsOf(taskId)}/${id}`, 'DELETE'),
  };
}

function legacyRestBody(taskId: string, config: Config): object {
  return {
    parent: `tasks/${taskId}`,
    configId: config.id,
    config: { pushNotificationConfig: legacyOf(config) },
  };
}

async function rest<T>(url: string, method: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  expect(response.status).toBe(200);
  return answer;
}
