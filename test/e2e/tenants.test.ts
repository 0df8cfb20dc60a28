// Tenants: what a request of one names does not exist for another, on any operation (A2A §11.3, §13.1).

import type { ServiceError } from '@grpc/grpc-js';
import { randomBytes, randomUUID } from 'node:crypto';
import { answerTo, http, messageFor, rpc, type Headings } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { GrpcCaller, toRefusal } from '../harness/grpc';
import { useStack } from '../harness/stack';
import { readSse } from '../harness/sse';
import type { WireEvent, WireMessage, WirePage, WireTask } from '../harness/wire';

const stack = useStack({ servesGrpc: true });

const NOT_FOUND = 'there is no such task';

/** What came of an operation: its result, or the text of the refusal. */
type Outcome<T> = { readonly result: T } | { readonly refusal: string };

/** One binding, speaking for a tenant; none is the default one. */
interface Door {
  send(message: WireMessage, headers?: Headings): Promise<Outcome<WireTask>>;
  get(id: string): Promise<Outcome<WireTask>>;
  list(contextId: string): Promise<Outcome<WirePage>>;
  cancel(id: string): Promise<Outcome<WireTask>>;
  /** The first event of the stream. */
  subscribe(id: string): Promise<Outcome<WireEvent>>;
  /** The ids of the webhooks of a task, after one more was made. */
  hook(id: string): Promise<Outcome<readonly string[]>>;
}

function overRpc(tenant?: string): Door {
  const named = tenant === undefined ? {} : { tenant };
  const ask = async <T>(method: string, params: object, headers: Headings = {}) => {
    const { body } = await rpc<T>(stack.url, method, { ...params, ...named }, headers);
    return outcome<T>(body.result, body.error);
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('SendMessage', { message }, headers)),
    get: (id) => ask('GetTask', { id }),
    list: (contextId) => ask('ListTasks', { contextId }),
    cancel: (id) => ask('CancelTask', { id }),
    async subscribe(id) {
      const body = JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask' },
        params: { id, ...named },
      });
      const first = await firstEvent('/', { method: 'POST', body });
      const { result, error } = first as { result?: WireEvent; error?: { message: string } };
      return outcome(result, error);
    },
    async hook(taskId) {
      const made = await ask('CreateTaskPushNotificationConfig', { taskId, ...HOOK });
      if ('refusal' in made) return made;
      return idsOf(await ask<Hooks>('ListTaskPushNotificationConfigs', { taskId }));
    },
  };
}

const HOOK = { id: 'mine', url: 'https://hooks.example.com/' };

interface Hooks {
  readonly configs: readonly { readonly id: string }[];
}

function idsOf(listed: Outcome<Hooks>): Outcome<readonly string[]> {
  return 'refusal' in listed ? listed : { result: listed.result.configs.map(({ id }) => id) };
}

function overGrpc(tenant = ''): Door {
  const ask = async <T>(
    name: string,
    request: object,
    headings: Headings = {},
  ): Promise<Outcome<T>> => {
    const caller = new GrpcCaller(stack.grpc);
    try {
      const { value } = await caller.ask<T>(name, { ...request, tenant }, { headings });
      return { result: value };
    } catch (err) {
      return { refusal: toRefusal(err as ServiceError).message };
    } finally {
      caller.close();
    }
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('SendMessage', { message }, headers)),
    get: (id) => ask('GetTask', { id }),
    async list(contextId) {
      const listed = await ask<WirePage>('ListTasks', { contextId });
      // Protobuf leaves out what is empty.
      const empty = { tasks: [], totalSize: 0 };
      return 'refusal' in listed ? listed : { result: { ...empty, ...listed.result } };
    },
    cancel: (id) => ask('CancelTask', { id }),
    async subscribe(id) {
      const caller = new GrpcCaller(stack.grpc);
      const stream = caller.stream('SubscribeToTask', { id, tenant });
      try {
        await stream.until('the first event', () => stream.events.length > 0);
        return { result: stream.events[0]!.event };
      } catch {
        return { refusal: toRefusal((await stream.over)!).message };
      } finally {
        caller.close();
      }
    },
    async hook(taskId) {
      const made = await ask('CreateTaskPushNotificationConfig', { taskId, ...HOOK });
      if ('refusal' in made) return made;
      return idsOf(await ask<Hooks>('ListTaskPushNotificationConfigs', { taskId }));
    },
  };
}

interface RestAnswer {
  readonly error?: { readonly message: string };
}

function overRest(tenant?: string): Door {
  const prefix = tenant === undefined ? '' : `/${encodeURIComponent(tenant)}`;
  const ask = async <T>(path: string, body?: object, headers: Headings = {}) => {
    const call = { path: prefix + path, headers, ...(body === undefined ? {} : { body }) };
    const answer = (await http<T & RestAnswer>(stack.url, call)).body;
    return outcome<T>(answer, answer.error);
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('/message:send', { message }, headers)),
    get: (id) => ask(`/tasks/${id}`),
    list: (contextId) => ask(`/tasks?contextId=${contextId}`),
    cancel: (id) => ask(`/tasks/${id}:cancel`, {}),
    async subscribe(id) {
      const event = await firstEvent(`${prefix}/tasks/${id}:subscribe`, {});
      return outcome(event as WireEvent, (event as RestAnswer).error);
    },
    async hook(id) {
      const path = `/tasks/${id}/pushNotificationConfigs`;
      const made = await ask(path, HOOK);
      return 'refusal' in made ? made : idsOf(await ask<Hooks>(path));
    },
  };
}

function outcome<T>(result: T | undefined, error?: { readonly message: string }): Outcome<T> {
  return error === undefined ? { result: result! } : { refusal: error.message };
}

function only(outcome: Outcome<{ readonly task: WireTask }>): Outcome<WireTask> {
  return 'refusal' in outcome ? outcome : { result: outcome.result.task };
}

/** Of a stream, or else the JSON of the refusal. */
async function firstEvent(path: string, init: RequestInit): Promise<unknown> {
  const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
  const response = await fetch(stack.url + path, { ...init, headers });
  if (response.headers.get('Content-Type')?.startsWith('text/event-stream') !== true) {
    return response.json();
  }
  for await (const { data } of readSse(response)) return data;
  throw new Error('a stream without an event');
}

async function done<T>(asked: Promise<Outcome<T>>): Promise<T> {
  const outcome = await asked;
  if ('refusal' in outcome) throw new Error(outcome.refusal);
  return outcome.result;
}

const DOORS = [
  { binding: 'JSON-RPC', doorOf: overRpc },
  { binding: 'REST', doorOf: overRest },
  { binding: 'gRPC', doorOf: overGrpc },
] as const;

const refused = (text: string): object => ({ refusal: expect.stringContaining(text) as string });

describe.each(DOORS)('over $binding', ({ doorOf }) => {
  const contextId = randomUUID();
  let task: WireTask;

  beforeAll(async () => {
    task = await done(doorOf('a').send(messageFor('asks', {}, { contextId })));
  });

  test.each([['b'], [undefined], ['A']])('the task of "a" does not exist for %s', async (other) => {
    const door = doorOf(other);
    expect(await door.get(task.id)).toEqual(refused(NOT_FOUND));
    expect(await door.cancel(task.id)).toEqual(refused(NOT_FOUND));
    expect(await door.subscribe(task.id)).toEqual(refused(NOT_FOUND));
    expect(await door.send(answerTo(task, 'Eve'))).toEqual(refused(NOT_FOUND));
    expect(await door.list(contextId)).toMatchObject({ result: { tasks: [], totalSize: 0 } });
    expect(await door.hook(task.id)).toEqual(refused(NOT_FOUND));
  });

  test('every operation of "a" finds it', async () => {
    const door = doorOf('a');
    expect(await done(door.get(task.id))).toEqual(task);
    expect((await done(door.subscribe(task.id))).task?.id).toBe(task.id);
    await eventually(async () => {
      expect((await done(door.list(contextId))).tasks.map(({ id }) => id)).toEqual([task.id]);
    });
    expect(await done(door.hook(task.id))).toEqual(['mine']);
    await done(door.send(answerTo(task, 'Ada')));
    expect((await done(door.cancel(task.id))).status.state).toBe('TASK_STATE_CANCELED');
  });

  test('the default tenant may be named', async () => {
    const { id } = await done(doorOf().send(messageFor('echo')));
    expect((await done(doorOf('default').get(id))).id).toBe(id);
  });

  test('one idempotency key of two tenants names two tasks', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const message = messageFor('echo');
    const [a, b] = [
      await done(doorOf('a').send(message, headers)),
      await done(doorOf('b').send(message, headers)),
    ];
    expect(a.id).not.toBe(b.id);
    expect((await done(doorOf('a').send(message, headers))).id).toBe(a.id);
  });

  test.each([['v1'], ['parts'], ['a/b'], ['größe 1'], ['x'.repeat(128)]])(
    '%j can be a tenant',
    async (name) => {
      const { id } = await done(doorOf(name).send(messageFor('echo')));
      expect((await done(doorOf(name).get(id))).id).toBe(id);
      expect(await doorOf('b').get(id)).toEqual(refused(NOT_FOUND));
    },
  );

  test.each([['x'.repeat(129)], ['ä'.repeat(22)], ['a\nb']])('%j cannot be one', async (name) => {
    expect(await doorOf(name).send(messageFor('echo'))).toEqual(refused('tenant: must be'));
  });
});

test.each([['.'], ['..'], ['tasks'], [7], [['a']], ['\ud800']])(
  'JSON-RPC refuses the tenant %j',
  async (tenant) => {
    const { body } = await rpc(stack.url, 'ListTasks', { tenant });
    expect(body.error).toMatchObject({ code: -32602 });
    expect(body.error?.message).toContain('tenant: ');
  },
);

describe('REST', () => {
  test('takes the tenant from the query of a read and from the body of a send', async () => {
    const path = '/message:send';
    const sent = await http<{ task: WireTask }>(stack.url, {
      path,
      body: { message: messageFor('echo'), tenant: 'a' },
    });
    const { id } = sent.body.task;
    expect((await http<WireTask>(stack.url, { path: `/tasks/${id}?tenant=a` })).body.id).toBe(id);
    expect((await http(stack.url, { path: `/tasks/${id}` })).status).toBe(404);
  });

  test.each([
    { path: '/a/message:send', body: { message: messageFor('echo'), tenant: 'b' } },
    { path: '/a/tasks?tenant=b' },
    { path: '/tasks?tenant=a&tenant=b' },
  ])('refuses two tenants in one request: $path', async (call) => {
    const { status, body } = await http<RestAnswer>(stack.url, call);
    expect(status).toBe(400);
    expect(body.error?.message).toContain('tenant: ');
  });

  test('takes a body that repeats the tenant of the path', async () => {
    const body = { message: messageFor('echo'), tenant: 'a' };
    expect((await http(stack.url, { path: '/a/message:send', body })).status).toBe(200);
  });

  test('has no tenant "tasks", and no tenants below tenants', async () => {
    for (const path of ['/tasks/tasks/x', '/a/b/tasks', '/a/v1/tasks']) {
      expect((await http(stack.url, { path })).status).toBe(404);
    }
  });

  test('refuses a body that is no object', async () => {
    expect((await http(stack.url, { path: '/a/tasks/x:cancel', body: 'x' })).status).toBe(400);
  });

  test('is 0.3 under /v1 unless the request says 1.0', async () => {
    const { id } = await done(overRest('v1').send(messageFor('echo')));
    const legacy = await http(stack.url, {
      path: `/v1/tasks/${id}`,
      headers: { 'A2A-Version': '' },
    });
    expect(legacy.status).toBe(404);
  });
});

test('JSON-RPC of 0.3 has no tenants', async () => {
  const { id } = await done(overRpc().send(messageFor('echo')));
  const answer = await rpc<WireTask>(
    stack.url,
    'tasks/get',
    { id, tenant: 'a' },
    { 'A2A-Version': '0.3' },
  );
  expect(answer.body.result?.id).toBe(id);
});

test('a stored part is served to its tenant and to no other', async () => {
  const FILE = randomBytes(3_000_000).toString('base64');
  const parts = [{ raw: FILE, mediaType: 'image/png' }];
  const tenant = 'größe 1';
  const { id } = await done(overRpc(tenant).send(messageFor('echo', {}, { parts })));
  const body = JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask' },
    params: { id, tenant },
  });
  const event = (await firstEvent(`/${encodeURIComponent(tenant)}/tasks/${id}:subscribe`, {
    method: 'GET',
  })) as RestAnswer;
  expect(event.error?.message).toContain('the task is completed');
  const resumed = await fetch(stack.url, {
    method: 'POST',
    body,
    headers: {
      'A2A-Version': '1.0',
      'Content-Type': 'application/json',
      'Last-Event-ID': '0',
    },
  });
  const { value } = await readSse(resumed).next();
  const { task } = (value as { data: { result: { task: WireTask } } }).data.result;
  const url = task.history![0]!.parts[0]!.url!;
  const served = await fetch(url);
  expect(served.status).toBe(200);
  expect(Buffer.from(await served.arrayBuffer()).toString('base64')).toBe(FILE);
  for (const other of ['', '/b']) {
    const { pathname } = new URL(url);
    const stolen = stack.url + other + pathname.slice(pathname.indexOf('/parts/'));
    expect((await fetch(stolen)).status).toBe(404);
  }
});
