// Push notifications that the operator has switched off: every operation says so, in every dialect (A2A §3.3.2).

import { rpc } from '../../harness/calls';
import { useStack } from '../../harness/stack';
import { UNKNOWN, askersOf, dialectsOf } from './dialects';
import {
  expectLegacyRestRefusal,
  expectLegacyRpcRefusal,
  expectRestRefusal,
  expectRpcRefusal,
} from './refusals';

const stack = useStack({ env: { PUSH_NOTIFICATIONS: 'off' }, hasWorker: false });
const { ask, askRpc, askLegacyRpc } = askersOf(stack);

const config = { taskId: UNKNOWN, id: 'p', url: 'https://example.com/hook' };
const legacyConfig = { taskId: UNKNOWN, pushNotificationConfig: { id: 'p', url: config.url } };

test.each([
  { method: 'CreateTaskPushNotificationConfig', params: config },
  { method: 'GetTaskPushNotificationConfig', params: { taskId: UNKNOWN, id: 'p' } },
  { method: 'ListTaskPushNotificationConfigs', params: { taskId: UNKNOWN } },
  { method: 'DeleteTaskPushNotificationConfig', params: { taskId: UNKNOWN, id: 'p' } },
])('$method is refused', async ({ method, params }) => {
  expectRpcRefusal(await askRpc(method, params), 'PUSH_NOTIFICATION_NOT_SUPPORTED');
});

test.each([
  { operation: 'set', params: legacyConfig },
  { operation: 'get', params: { id: UNKNOWN, pushNotificationConfigId: 'p' } },
  { operation: 'list', params: { id: UNKNOWN } },
  { operation: 'delete', params: { id: UNKNOWN, pushNotificationConfigId: 'p' } },
])('tasks/pushNotificationConfig/$operation is refused', async ({ operation, params }) => {
  const method = `tasks/pushNotificationConfig/${operation}`;
  expectLegacyRpcRefusal(await askLegacyRpc(method, params), 'PUSH_NOTIFICATION_NOT_SUPPORTED');
});

const configs = `tasks/${UNKNOWN}/pushNotificationConfigs`;

test.each([
  { method: 'POST', path: `/${configs}`, body: JSON.stringify(config) },
  { method: 'GET', path: `/${configs}` },
  { method: 'GET', path: `/${configs}/p` },
  { method: 'DELETE', path: `/${configs}/p` },
])('$method $path is refused', async ({ method, path, body }) => {
  const answer = await ask(path, { method, ...(body === undefined ? {} : { body }) });
  expectRestRefusal(answer, 'PUSH_NOTIFICATION_NOT_SUPPORTED');
});

test.each([
  {
    shape: ' with the bare config',
    method: 'POST',
    path: `/v1/${configs}`,
    body: JSON.stringify({ id: 'p', url: config.url }),
  },
  {
    shape: ' with the config in a field of its own',
    method: 'POST',
    path: `/v1/${configs}`,
    body: JSON.stringify({
      config: { name: configs, pushNotificationConfig: { id: 'p', url: config.url } },
    }),
  },
  { shape: '', method: 'GET', path: `/v1/${configs}` },
  { shape: '', method: 'GET', path: `/v1/${configs}/p` },
  { shape: '', method: 'DELETE', path: `/v1/${configs}/p` },
])('$method $path$shape is refused', async ({ method, path, body }) => {
  const answer = await ask(path, { method, ...(body === undefined ? {} : { body }) });
  expectLegacyRestRefusal(answer, 'PUSH_NOTIFICATION_NOT_SUPPORTED');
});

test.each([
  ['0.3', 'tasks/pushNotificationConfig/set'],
  ['1.0', 'CreateTaskPushNotificationConfig'],
])('A2A %s: %s without parameters is not supported either', async (version, method) => {
  const { body } = await rpc(stack.url, method, {}, { 'A2A-Version': version });
  expect(body.error?.code).toBe(-32003);
});

test.each(dialectsOf(stack))(
  'a message over $name that asks for them is refused',
  async (dialect) => {
    const configuration = { [dialect.pushKey]: { id: 'p', url: config.url } };
    const answer = await dialect.send(dialect.request({}, configuration));
    const { expectRefusal } = dialect;
    expectRefusal(answer, 'PUSH_NOTIFICATION_NOT_SUPPORTED');
  },
);
