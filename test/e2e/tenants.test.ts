// Tenants: what a request of one names does not exist for another, on any operation (A2A §11.3, §13.1).

import { randomBytes, randomUUID } from 'node:crypto';
import { answerTo, http, messageFor, rpc } from '../harness/calls';
import {
  DOORS,
  done,
  firstEvent,
  overRest,
  overRpc,
  type Door,
  type RestAnswer,
} from '../harness/doors';
import { eventually } from '../harness/eventually';
import { useStack } from '../harness/stack';
import { readSse } from '../harness/sse';
import type { WireTask } from '../harness/wire';

const stack = useStack({ servesGrpc: true });

const NOT_FOUND = 'there is no such task';

const refused = (text: string): object => ({ refusal: expect.stringContaining(text) as string });

describe.each(DOORS)('over $binding', ({ doorTo }) => {
  const doorOf = (tenant?: string): Door => doorTo(stack, tenant);
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
    const { id } = await done(overRest(stack, 'v1').send(messageFor('echo')));
    const legacy = await http(stack.url, {
      path: `/v1/tasks/${id}`,
      headers: { 'A2A-Version': '' },
    });
    expect(legacy.status).toBe(404);
  });
});

test('JSON-RPC of 0.3 has no tenants', async () => {
  const { id } = await done(overRpc(stack).send(messageFor('echo')));
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
  const { id } = await done(overRpc(stack, tenant).send(messageFor('echo', {}, { parts })));
  const body = JSON.stringify({
    ...{ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask' },
    params: { id, tenant },
  });
  const event = (await firstEvent(
    `${stack.url}/${encodeURIComponent(tenant)}/tasks/${id}:subscribe`,
    {
      method: 'GET',
    },
  )) as RestAnswer;
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
