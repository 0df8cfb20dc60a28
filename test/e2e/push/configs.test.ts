// The operations on configurations, in every dialect (A2A §3.1.7 to §3.1.10, 0.3 §7.5 to §7.8).

import { randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getTask, http, messageFor, request, result, rpc, send } from '../../harness/calls';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';
import { UNKNOWN } from '../bad-input/dialects';
import { LEGACY, configsOf, dialectsOf, legacyOf, legacyRpc, type Config } from './config-dialects';
import { createConfig, listConfigs, start, type WireConfig } from '../../harness/hooks';

const stack = useStack({ gateways: [{}, {}], env: { PUSH_RETRY_SECONDS: '0,60' } });

const URL_OF_HOOK = 'https://hooks.example.com/a';
const CANARY = 'canary-9f8e7d6c5b4a';

describe.each(dialectsOf(stack))('over $name', (dialect) => {
  const shown = (taskId: string, config: Config): unknown => {
    if (!dialect.isLegacy) return { taskId, ...config };
    const inner = { pushNotificationConfig: legacyOf(config) };
    return expect.objectContaining(inner) as unknown;
  };

  test.each(['that is open', 'that is over'])(
    'a configuration of a task %s is created, read, listed and deleted',
    async (kind) => {
      const { id: taskId } =
        kind === 'that is open'
          ? await start(stack.url, 'asks')
          : await send(stack.url, messageFor('echo'));
      const one = { id: 'one', url: URL_OF_HOOK };
      const two = { id: 'two', url: `${URL_OF_HOOK}/2` };
      expect(await dialect.create(taskId, one)).toEqual(shown(taskId, one));
      expect(await dialect.create(taskId, two)).toEqual(shown(taskId, two));
      expect(await dialect.get(taskId, 'one')).toEqual(shown(taskId, one));
      expect(await dialect.list(taskId)).toEqual([shown(taskId, one), shown(taskId, two)]);
      await dialect.remove(taskId, 'one');
      await dialect.remove(taskId, 'one');
      expect(await dialect.list(taskId)).toEqual([shown(taskId, two)]);
      await expect(dialect.get(taskId, 'one')).rejects.toThrow(/-32001|NOT_FOUND/);
    },
  );

  test('credentials and token come back masked', async () => {
    const { id: taskId } = await send(stack.url, messageFor('echo'));
    const authentication = { scheme: 'Bearer', credentials: CANARY };
    const config = { id: 'one', url: URL_OF_HOOK, token: CANARY, authentication };
    const answers = [
      await dialect.create(taskId, config),
      await dialect.get(taskId, 'one'),
      await dialect.list(taskId),
    ].map((answer) => JSON.stringify(answer));
    for (const text of answers) {
      expect(text).not.toContain(CANARY);
      expect(text).toContain('***5b4a');
      expect(text).toContain('Bearer');
    }
  });

  test('of a task that nobody has is refused', async () => {
    const config = { id: 'one', url: URL_OF_HOOK };
    for (const call of [
      () => dialect.create(UNKNOWN, config),
      () => dialect.get(UNKNOWN, 'one'),
      () => dialect.list(UNKNOWN),
      () => dialect.remove(UNKNOWN, 'one'),
    ]) {
      await expect(call()).rejects.toThrow(/-32001|NOT_FOUND/);
    }
  });

  test.each([
    ['https://127.0.0.2/', 'public address'],
    ['https://localhost/', 'public address'],
    ['http://hooks.example.com/', 'https'],
    ['https://a:b@hooks.example.com/', 'credentials'],
    ['nowhere', 'URL'],
  ])('an address like %s is refused by its field', async (url, problem) => {
    const { id: taskId } = await start(stack.url, 'asks');
    await expect(dialect.create(taskId, { id: 'one', url })).rejects.toThrow(problem);
    expect(await dialect.list(taskId)).toEqual([]);
  });

  test.each(['a\r\nX-Injected: 1', 'a\nb', 'a\0b', 'Grüße'])(
    'a token or credentials of %j are refused: a header cannot carry them',
    async (text) => {
      const { id: taskId } = await start(stack.url, 'asks');
      const config = { id: 'one', url: URL_OF_HOOK };
      const authentication = { scheme: 'Bearer', credentials: text };
      await expect(dialect.create(taskId, { ...config, token: text })).rejects.toThrow(
        'INVALID_PARAMS',
      );
      await expect(dialect.create(taskId, { ...config, authentication })).rejects.toThrow(
        'INVALID_PARAMS',
      );
    },
  );
});

test('the same id on another task is another configuration', async () => {
  const tasks = await Promise.all([1, 2].map(() => start(stack.url, 'asks')));
  for (const [index, { id: taskId }] of tasks.entries()) {
    await createConfig(stack.url, { taskId, id: 'one', url: `${URL_OF_HOOK}/${String(index)}` });
  }
  for (const [index, { id: taskId }] of tasks.entries()) {
    expect(await listConfigs(stack.otherUrl, taskId)).toMatchObject([
      { taskId, url: `${URL_OF_HOOK}/${String(index)}` },
    ]);
  }
});

test("in 0.3 it is the task's also when the send has a key, and its repetition makes no other", async () => {
  const message = {
    ...{ kind: 'message', messageId: randomUUID(), role: 'user' },
    ...{ parts: [{ kind: 'text', text: 'hello' }], metadata: { skillId: 'echo' } },
  };
  const params = { message, configuration: { pushNotificationConfig: { url: URL_OF_HOOK } } };
  const headers = { ...LEGACY, 'Idempotency-Key': randomUUID() };
  const sent = (): Promise<WireTask> =>
    result(rpc<WireTask>(stack.url, 'message/send', params, headers));
  const { id } = await sent();
  expect((await sent()).id).toBe(id);
  const only = { taskId: id, pushNotificationConfig: { id, url: URL_OF_HOOK } };
  expect(await legacyRpc(stack.url, 'get', { id })).toMatchObject(only);
  expect(await legacyRpc(stack.url, 'list', { id })).toMatchObject([only]);
});

test("one without an id is given one: of its own in 1.0, the task's in 0.3", async () => {
  const { id: taskId } = await start(stack.url, 'asks');
  const [a, b] = [
    await createConfig(stack.url, { taskId, url: URL_OF_HOOK }),
    await createConfig(stack.url, { taskId, url: URL_OF_HOOK }),
  ];
  expect(a.id).not.toBe(b.id);
  const legacy = await legacyRpc(stack.url, 'set', {
    taskId,
    pushNotificationConfig: { url: URL_OF_HOOK },
  });
  expect(legacy).toMatchObject({ taskId, pushNotificationConfig: { id: taskId } });
  expect(await legacyRpc(stack.url, 'get', { id: taskId })).toEqual(legacy);
});

describe('a task has at most ten', () => {
  test('whoever creates them at once, on whichever gateway', async () => {
    const { id: taskId } = await start(stack.url, 'asks');
    const creations = await Promise.allSettled(
      Array.from({ length: 14 }, (_, i) =>
        createConfig(i % 2 === 0 ? stack.url : stack.otherUrl, {
          taskId,
          id: `hook-${String(i)}`,
          url: URL_OF_HOOK,
        }),
      ),
    );
    const made = creations.flatMap((one) => (one.status === 'fulfilled' ? one.value.id : []));
    expect(made).toHaveLength(10);
    const listed = (await listConfigs(stack.url, taskId)).map(({ id }) => id);
    expect(listed.toSorted()).toEqual(made.toSorted());

    const eleventh = { taskId, id: 'one-more', url: URL_OF_HOOK };
    const { body } = await rpc(stack.url, 'CreateTaskPushNotificationConfig', eleventh);
    expect(body.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('10') as string,
    });
    // A message that would bring one is not taken either.
    const params = {
      message: messageFor('asks', {}, { taskId }),
      configuration: { taskPushNotificationConfig: { url: URL_OF_HOOK } },
    };
    const before = await getTask(stack.url, taskId);
    expect((await rpc(stack.url, 'SendMessage', params)).body.error?.code).toBe(-32602);
    expect(await getTask(stack.url, taskId)).toEqual(before);

    await result(rpc(stack.url, 'DeleteTaskPushNotificationConfig', { taskId, id: made[3] }));
    expect(await createConfig(stack.url, eleventh)).toMatchObject({ id: 'one-more' });
  });

  test('one id that is created at once is one configuration', async () => {
    const { id: taskId } = await start(stack.url, 'asks');
    const config = { taskId, id: 'mine', url: URL_OF_HOOK };
    await Promise.all(
      [stack.url, stack.otherUrl, stack.url, stack.otherUrl].map((url) =>
        createConfig(url, config),
      ),
    );
    expect(await listConfigs(stack.url, taskId)).toEqual([config]);
  });
});

describe('a listing', () => {
  let taskId: string;
  beforeAll(async () => {
    ({ id: taskId } = await start(stack.url, 'asks'));
    for (let i = 0; i < 5; i += 1) {
      await createConfig(stack.url, { taskId, id: `hook-${String(i)}`, url: URL_OF_HOOK });
    }
  });

  interface Page {
    readonly configs: readonly WireConfig[];
    readonly nextPageToken?: string;
  }

  const BINDINGS = [
    {
      name: 'JSON-RPC',
      page: (query: Record<string, string | number>) =>
        result(rpc<Page>(stack.otherUrl, 'ListTaskPushNotificationConfigs', { taskId, ...query })),
    },
    {
      name: 'REST',
      page: async (query: Record<string, string | number>) => {
        const text = new URLSearchParams(
          Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
        );
        const path = `${configsOf(taskId)}?${text.toString()}`;
        return (await http<Page>(stack.url, { path })).body;
      },
    },
  ];

  test.each(BINDINGS)(
    'over $name comes in pages of the size that is asked for',
    async ({ page }) => {
      const first = await page({ pageSize: 2 });
      const second = await page({ pageSize: 2, pageToken: first.nextPageToken! });
      const third = await page({ pageSize: 2, pageToken: second.nextPageToken! });
      const ids = [first, second, third].map(({ configs }) => configs.map(({ id }) => id));
      expect(ids).toEqual([['hook-0', 'hook-1'], ['hook-2', 'hook-3'], ['hook-4']]);
      expect(third.nextPageToken ?? '').toBe('');
    },
  );

  test('with a token of another task is refused', async () => {
    const other = await start(stack.url, 'asks');
    const { nextPageToken: pageToken } = await BINDINGS[0]!.page({ pageSize: 2 });
    const params = { taskId: other.id, pageSize: 2, pageToken };
    const { body } = await rpc(stack.url, 'ListTaskPushNotificationConfigs', params);
    expect(body.error?.code).toBe(-32602);
  });
});

test('what a caller entrusts to a configuration is in no answer, no log, and nowhere in the database', async () => {
  const authentication = { scheme: 'Bearer', credentials: CANARY };
  const params = {
    message: messageFor('echo'),
    configuration: {
      taskPushNotificationConfig: { url: URL_OF_HOOK, token: CANARY, authentication },
    },
  };
  const { task } = await result(rpc<{ task: WireTask }>(stack.url, 'SendMessage', params));
  await createConfig(stack.url, { taskId: task.id, url: URL_OF_HOOK, token: CANARY });
  await rpc(stack.url, 'CreateTaskPushNotificationConfig', {
    taskId: task.id,
    url: 'https://127.0.0.9/',
    token: CANARY,
  });
  const told = [JSON.stringify(await getTask(stack.url, task.id))];
  for (const process of [...stack.gateways, stack.worker]) told.push(process.output());
  for (const name of await readdir(stack.temporal.dataDir)) {
    if (!name.includes('.db')) continue;
    told.push(await readFile(join(stack.temporal.dataDir, name), 'latin1'));
  }
  expect(told.join()).toContain('hooks.example.com');
  for (const text of told) {
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 20));
  }
});

test('a request to an address of a configuration with another method is told so', async () => {
  const response = await request(stack.url, { path: `${configsOf(randomUUID())}/x`, body: {} });
  expect(response.status).toBe(405);
  expect(response.headers.get('Allow')).toBe('GET, HEAD, DELETE');
});
