// Ids, page tokens and keys that would break an address, a filter or an object (A2A §3.3.2).

import { randomUUID } from 'node:crypto';
import { envelope, listTasks } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { useStack } from '../../harness/stack';
import { ask, open, parse, post, type Json } from './answers';
import { UNKNOWN, dialectsOf, type Dialect } from './dialects';
import { expectLegacyRestRefusal, expectRestRefusal, expectRpcRefusal } from './refusals';

const stack = useStack({ hasWorker: false });

const DIALECTS = dialectsOf(stack);
const JSON_RPC = DIALECTS.filter(({ isJsonRpc }) => isJsonRpc);
const [, rest1, , legacyRest] = DIALECTS;

/** Answers at once: no worker is there to end a task. */
const leaving = ({ isLegacy, waitKey }: Dialect): Json => ({ [waitKey]: !isLegacy });

const listRpc = (query: Json): ReturnType<typeof post> =>
  post(stack.url, JSON.stringify(envelope('ListTasks', query)), { 'A2A-Version': '1.0' });

const WRONG_IDS: readonly { readonly wrong: string; readonly id: string }[] = [
  { wrong: 'half a surrogate pair', id: 'a\ud800' },
  { wrong: 'the other half', id: '\udc00b' },
  { wrong: 'a NUL', id: 'a\u0000' },
  { wrong: 'a line break', id: 'a\nb' },
  { wrong: 'a control character beyond ASCII', id: 'a\u0085' },
  { wrong: '256 characters', id: 'x'.repeat(256) },
];

const GOOD_IDS = ['x'.repeat(255), '€'.repeat(255), '😀'.repeat(127), "a'; drop", '../..', '%00'];

describe.each(DIALECTS)('ids over $name', (dialect) => {
  const { request, send, expectRefusal } = dialect;

  test.each(WRONG_IDS)('with $wrong are refused in a message', async ({ id }) => {
    expectRefusal(await send(request({ taskId: id })), 'INVALID_PARAMS');
    expectRefusal(await send(request({ contextId: id })), 'INVALID_PARAMS');
  });

  test.each(GOOD_IDS)('are not found when they are strange but sound: %j', async (id) => {
    expectRefusal(await send(request({ taskId: id })), 'TASK_NOT_FOUND');
  });

  test.each(GOOD_IDS)('name a context however strange: %j', async (contextId) => {
    const { status, text } = await send(request({ contextId }, leaving(dialect)));
    expect(status).toBe(200);
    expect(text).toMatch(/submitted/i);
  });
});

describe.each(JSON_RPC)('the id of a task over $name', ({ get, cancel, expectRefusal }) => {
  test.each(WRONG_IDS)('with $wrong is refused', async ({ id }) => {
    expectRefusal(await get(id), 'INVALID_PARAMS');
    expectRefusal(await cancel(id), 'INVALID_PARAMS');
  });

  test.each(GOOD_IDS)('is not found when it is strange but sound: %j', async (id) => {
    expectRefusal(await get(id), 'TASK_NOT_FOUND');
    expectRefusal(await cancel(id), 'TASK_NOT_FOUND');
  });
});

const PATHS = [
  { ...rest1, prefix: '', expectRefusal: expectRestRefusal },
  { ...legacyRest, prefix: '/v1', expectRefusal: expectLegacyRestRefusal },
];

describe.each(PATHS)('the path of a task over $name', ({ prefix, expectRefusal }) => {
  const task = (id: string): string => `${stack.url}${prefix}/tasks/${id}`;

  test.each(['a%00', 'a%0Ab', 'a%C2%85', 'x'.repeat(256)])('%s is refused', async (id) => {
    expectRefusal(await ask(task(id)), 'INVALID_PARAMS');
    expectRefusal(await ask(`${task(id)}:subscribe`), 'INVALID_PARAMS');
    expectRefusal(await post(`${task(id)}:cancel`, ''), 'INVALID_PARAMS');
  });

  test.each(['a%ED%A0%80', '%zz'])('%s is no text and refused', async (id) => {
    expectRefusal(await ask(task(id)), 'INVALID_REQUEST');
    expectRefusal(await post(`${task(id)}:cancel`, ''), 'INVALID_REQUEST');
  });

  test.each(GOOD_IDS)('is not found when it is strange but sound: %j', async (id) => {
    expectRefusal(await ask(task(encodeURIComponent(id))), 'TASK_NOT_FOUND');
    expectRefusal(await post(`${task(encodeURIComponent(id))}:cancel`, ''), 'TASK_NOT_FOUND');
  });
});

test.each(['a%00', 'x'.repeat(256)])('a stored part of the task %s is refused', async (id) => {
  expectRestRefusal(await ask(`${stack.url}/parts/${id}/x`), 'INVALID_PARAMS');
});

describe('listing (A2A §3.1.4)', () => {
  test.each(WRONG_IDS)('a context with $wrong is refused', async ({ id }) => {
    expectRpcRefusal(await listRpc({ contextId: id }), 'INVALID_PARAMS');
  });

  test.each(['a%00', 'a%0A', 'x'.repeat(256)])('?contextId=%s is refused', async (id) => {
    expectRestRefusal(await ask(`${stack.url}/tasks?contextId=${id}`), 'INVALID_PARAMS');
  });

  test('a page token that somebody else made is refused', async () => {
    const position = JSON.stringify(['2026-01-01T00:00:00.000Z', 'x']);
    for (const text of [position, ' '.repeat(16) + position]) {
      const pageToken = Buffer.from(text).toString('base64url');
      expectRpcRefusal(await listRpc({ pageToken }), 'INVALID_PARAMS');
      expectRestRefusal(await ask(`${stack.url}/tasks?pageToken=${pageToken}`), 'INVALID_PARAMS');
    }
  });

  test.each(['9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00+01:00'])(
    'the time %s is refused: its year has no four digits in UTC',
    async (time) => {
      expectRpcRefusal(await listRpc({ statusTimestampAfter: time }), 'INVALID_PARAMS');
      const query = `?statusTimestampAfter=${encodeURIComponent(time)}`;
      expectRestRefusal(await ask(`${stack.url}/tasks${query}`), 'INVALID_PARAMS');
    },
  );

  test.each(['0000-01-01T00:00:00.000Z', '9998-12-31T23:59:59.999Z'])(
    'a time of %s is good however far away',
    async (time) => {
      expect(parse(await listRpc({ statusTimestampAfter: time }))).toHaveProperty('result');
    },
  );
});

describe.each(DIALECTS)('the keys of an object over $name', (dialect) => {
  const { request, send, raw, expectRefusal, isJsonRpc, isLegacy } = dialect;

  test('may be the names of columns that JavaScript has a use for', async () => {
    const odd = { constructor: 'ACME', prototype: { constructor: 1 }, toString: 1, valueOf: null };
    const metadata = { skillId: 'echo', ...odd };
    const answer = await send(request({ contextId: randomUUID(), metadata }, leaving(dialect)));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"constructor":"ACME","prototype":{"constructor":1}');
  });

  test('are not __proto__, and the refusal carries the id of the request', async () => {
    const method = isLegacy ? 'message/send' : 'SendMessage';
    const params = request({ metadata: { skillId: 'echo', KEY: { isAdmin: true } } });
    const body = JSON.stringify(isJsonRpc ? { ...envelope(method, params), id: 'seven' } : params);
    for (const key of ['__proto__', '\\u005f_proto_\\u005F']) {
      expectRefusal(await raw(body.replace('KEY', key)), 'INVALID_REQUEST', 'seven');
    }
  });
});

describe.each(JSON_RPC)('a notification of a stream over $name (JSON-RPC 2.0 §4.1)', (dialect) => {
  const { request, isLegacy } = dialect;
  const notify = async (params: unknown, method: 'stream' | 'subscribe'): Promise<Response> => {
    const names = isLegacy
      ? { stream: 'message/stream', subscribe: 'tasks/resubscribe' }
      : { stream: 'SendStreamingMessage', subscribe: 'SubscribeToTask' };
    const body = JSON.stringify({ jsonrpc: '2.0', method: names[method], params });
    return open(stack.url, body, isLegacy ? {} : { 'A2A-Version': '1.0' });
  };

  test('starts the task and has no answer', async () => {
    const contextId = randomUUID();
    const response = await notify(request({ contextId }), 'stream');
    expect({ status: response.status, text: await response.text() }).toEqual({
      status: 204,
      text: '',
    });
    await eventually(async () => {
      expect((await listTasks(stack.url, { contextId })).totalSize).toBe(1);
    });
  });

  test('that is refused has no answer either', async () => {
    const responses = [
      await notify(request({ role: 'nobody' }), 'stream'),
      await notify(request({ taskId: UNKNOWN }), 'stream'),
      await notify({ id: UNKNOWN }, 'subscribe'),
    ];
    expect(responses.map(({ status }) => status)).toEqual([204, 204, 204]);
  });
});

describe('a method that is not for the address (RFC 9110 §15.5.6)', () => {
  test.each([
    { method: 'GET', path: '/message:send', allow: 'POST' },
    { method: 'GET', path: '/message:stream', allow: 'POST' },
    { method: 'PUT', path: '/acme/message:send', allow: 'POST' },
    { method: 'GET', path: `/tasks/${UNKNOWN}:cancel`, allow: 'POST' },
    { method: 'DELETE', path: `/tasks/${UNKNOWN}:subscribe`, allow: 'GET, POST' },
    { method: 'POST', path: '/tasks', allow: 'GET, HEAD' },
    { method: 'DELETE', path: `/tasks/${UNKNOWN}`, allow: 'GET, HEAD' },
    { method: 'POST', path: '/extendedAgentCard', allow: 'GET, HEAD' },
    { method: 'PUT', path: '/', allow: 'POST' },
  ])('$method $path is told which is', async ({ method, path, allow }) => {
    const response = await fetch(stack.url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe(allow);
    expect(await response.json()).toMatchObject({
      error: { code: 405, details: [{ reason: 'METHOD_NOT_ALLOWED' }] },
    });
  });

  test('GET /v1/message:send is told so in the words of 0.3', async () => {
    const response = await fetch(`${stack.url}/v1/message:send`);
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ code: -32600, message: expect.any(String) });
  });
});
