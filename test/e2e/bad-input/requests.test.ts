// Requests that are wrong whatever they ask for: envelope, version, address, and what is not offered (A2A §3.3.2, §9.5).

import { randomUUID } from 'node:crypto';
import { envelope } from '../../harness/calls';
import { readSse } from '../../harness/sse';
import { useStack } from '../../harness/stack';
import { open, parse, post, type Answer, type Json } from './answers';
import { UNKNOWN, askersOf, dialectsOf } from './dialects';
import {
  expectLegacyRestRefusal,
  expectLegacyRpcRefusal,
  expectRestRefusal,
  expectRpcRefusal,
  expectTellsNothing,
} from './refusals';

const stack = useStack();
const [rpc1, , legacyRpc] = dialectsOf(stack);
const { ask, askRpc, askLegacyRpc } = askersOf(stack);

describe.each([rpc1, legacyRpc])('the envelope of $name (JSON-RPC 2.0 §4)', (dialect) => {
  const { raw, expectRefusal, isLegacy } = dialect;
  const send = isLegacy ? 'message/send' : 'SendMessage';
  const get = isLegacy ? 'tasks/get' : 'GetTask';
  const params = { id: UNKNOWN };
  const call = (method: string, given: unknown): Promise<Answer> =>
    raw(JSON.stringify(envelope(method, given)));

  test.each([
    { kind: 'nothing', body: '', reason: 'INVALID_JSON' },
    { kind: 'no JSON', body: '{"jsonrpc":', reason: 'INVALID_JSON' },
    {
      kind: 'a batch',
      body: `[{"jsonrpc":"2.0","id":1,"method":"${get}"}]`,
      reason: 'INVALID_REQUEST',
    },
    { kind: 'an empty batch', body: '[]', reason: 'INVALID_REQUEST' },
    { kind: 'a string', body: '"hello"', reason: 'INVALID_REQUEST' },
    { kind: 'a number', body: '7', reason: 'INVALID_REQUEST' },
    { kind: 'null', body: 'null', reason: 'INVALID_REQUEST' },
  ] as const)('$kind is refused as $reason, with id null', async ({ body, reason }) => {
    expectRefusal(await raw(body), reason, null);
  });

  test.each([
    { kind: 'without jsonrpc', request: { id: 1, method: get, params } },
    { kind: 'of jsonrpc 1.0', request: { jsonrpc: '1.0', id: 1, method: get, params } },
    { kind: 'without method', request: { jsonrpc: '2.0', id: 1, params } },
    { kind: 'with a number as method', request: { jsonrpc: '2.0', id: 1, method: 1, params } },
  ])('a request $kind is refused with its id', async ({ request }) => {
    expectRefusal(await raw(JSON.stringify(request)), 'INVALID_REQUEST');
  });

  test.each([{ id: { a: 1 } }, { id: [1] }, { id: true }, { id: 1.5 }])(
    'the id $id is refused with id null',
    async ({ id }) => {
      const request = { ...envelope(get, params), id };
      expectRefusal(await raw(JSON.stringify(request)), 'INVALID_REQUEST', null);
    },
  );

  test.each([{ id: 0 }, { id: '' }, { id: 'seven' }, { id: -1 }])(
    'the id $id comes back as it is',
    async ({ id }) => {
      const request = { ...envelope(get, params), id };
      expectRefusal(await raw(JSON.stringify(request)), 'TASK_NOT_FOUND', id);
    },
  );

  test('the id 0 comes back in every frame of a stream', async () => {
    const method = isLegacy ? 'message/stream' : 'SendStreamingMessage';
    const message = { contextId: randomUUID() };
    const request = { ...envelope(method, dialect.request(message)), id: 0 };
    const version = isLegacy ? {} : { 'A2A-Version': '1.0' };
    const response = await open(stack.url, JSON.stringify(request), version);
    const ids = new Set<unknown>();
    for await (const { data } of readSse(response)) ids.add((data as Json)['id']);
    expect([...ids]).toEqual([0]);
  });

  test.each([
    { outcome: 'is carried out', notification: { method: get, params } },
    { outcome: 'has wrong parameters', notification: { method: get, params: { id: 1 } } },
    { outcome: 'names no method', notification: { method: 'NoSuchMethod', params } },
  ])('a notification that $outcome has no answer', async ({ notification }) => {
    const { status, text } = await raw(JSON.stringify({ jsonrpc: '2.0', ...notification }));
    expect({ status, text }).toEqual({ status: 204, text: '' });
  });

  test('an unknown method is refused', async () => {
    expectRefusal(await call('NoSuchMethod', params), 'METHOD_NOT_FOUND');
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is no method', async (method) => {
    expectRefusal(await call(method, params), 'METHOD_NOT_FOUND');
  });

  test('a method of the other generation is refused with the header that it needs', async () => {
    const method = isLegacy ? 'GetTask' : 'tasks/get';
    const answer = await call(method, params);
    expectRefusal(answer, 'METHOD_NOT_FOUND');
    expect(answer.text).toContain(`A2A-Version: ${isLegacy ? '1.0' : '0.3'}`);
  });

  test.each([{ params: [] }, { params: 'x' }, { params: 7 }, { params: undefined }])(
    'the parameters $params are refused',
    async ({ params: wrong }) => {
      expectRefusal(await call(send, wrong), 'INVALID_PARAMS');
    },
  );
});

describe('the protocol version (A2A §3.6)', () => {
  /** The version as a header, and as a query parameter. */
  async function bothWays(method: string, version: string): Promise<readonly [Answer, Answer]> {
    const body = JSON.stringify(envelope(method, { id: UNKNOWN }));
    return [
      await post(stack.url, body, { 'A2A-Version': version }),
      await post(`${stack.url}/?A2A-Version=${version}`, body),
    ];
  }

  test.each(['2.0', '0.2', '1', '1.1', 'latest', '1.0.x', '10'])(
    '%s is refused on JSON-RPC, as header and as query parameter',
    async (version) => {
      const [asHeader, asQuery] = await bothWays('GetTask', version);
      expectRpcRefusal(asHeader, 'VERSION_NOT_SUPPORTED');
      expectRpcRefusal(asQuery, 'VERSION_NOT_SUPPORTED');
    },
  );

  test.each([
    { path: `/tasks/${UNKNOWN}`, expectRefusal: expectRestRefusal },
    { path: `/v1/tasks/${UNKNOWN}`, expectRefusal: expectLegacyRestRefusal },
  ])(
    '2.0 is refused at $path, as header and as query parameter',
    async ({ path, expectRefusal }) => {
      expectRefusal(
        await ask(path, { headers: { 'A2A-Version': '2.0' } }),
        'VERSION_NOT_SUPPORTED',
      );
      expectRefusal(await ask(`${path}?A2A-Version=2.0`), 'VERSION_NOT_SUPPORTED');
    },
  );

  test.each([
    { version: '1.0', method: 'GetTask' },
    { version: '1.0.7', method: 'GetTask' },
    { version: '0.3', method: 'tasks/get' },
    { version: '0.3.0', method: 'tasks/get' },
    { version: '', method: 'tasks/get' },
  ])('"$version" speaks $method', async ({ version, method }) => {
    const [asHeader, asQuery] = await bothWays(method, version);
    const expectRefusal = method === 'GetTask' ? expectRpcRefusal : expectLegacyRpcRefusal;
    expectRefusal(asHeader, 'TASK_NOT_FOUND');
    expectRefusal(asQuery, 'TASK_NOT_FOUND');
  });
});

describe('addresses', () => {
  test.each(['GET', 'PUT', 'DELETE'])(
    '%s on / is answered with what to do instead',
    async (method) => {
      const answer = await ask('/', { method });
      expectTellsNothing(answer);
      expect(answer.status).toBe(405);
      expect(answer.text).toContain('/.well-known/agent-card.json');
    },
  );

  const NOTHING = [404];
  const NOT_SO = [400, 404, 405];

  test.each([
    { method: 'GET', path: '/nothing/here', statuses: NOTHING },
    { method: 'POST', path: '/nothing', statuses: NOTHING },
    { method: 'GET', path: '/v1/nothing', statuses: NOTHING },
    { method: 'GET', path: '/.env', statuses: NOTHING },
    { method: 'GET', path: '/%zz', statuses: NOTHING },
    { method: 'GET', path: '/message:send', statuses: NOT_SO },
    { method: 'DELETE', path: '/tasks', statuses: NOT_SO },
    { method: 'POST', path: '/tasks/x', statuses: NOT_SO },
    { method: 'POST', path: '/tasks/x:fly', statuses: NOT_SO },
    { method: 'GET', path: '/tasks/x/y/z', statuses: NOT_SO },
  ])('$method $path is answered with a JSON client error', async ({ method, path, statuses }) => {
    const answer = await ask(path, { method });
    expectTellsNothing(answer);
    expect(statuses).toContain(answer.status);
  });

  test.each(['/tasks/%zz', '/v1/tasks/%zz', '/parts/%zz/x'])(
    'the badly encoded path %s is answered with JSON and 400',
    async (path) => {
      const answer = await ask(path);
      expectTellsNothing(answer);
      expect(answer.status).toBe(400);
    },
  );
});

describe('listing (A2A §3.1.4)', () => {
  const wrong: readonly { readonly field: string; readonly value: string | number }[] = [
    { field: 'pageSize', value: 0 },
    { field: 'pageSize', value: 101 },
    { field: 'pageSize', value: -1 },
    { field: 'pageSize', value: 1.5 },
    { field: 'pageSize', value: 'ten' },
    { field: 'status', value: 'TASK_STATE_BORED' },
    { field: 'status', value: 'completed' },
    { field: 'pageToken', value: 'nonsense' },
    { field: 'pageToken', value: Buffer.from('["x","y"]').toString('base64url') },
    { field: 'pageToken', value: Buffer.from('[1,2]').toString('base64url') },
    { field: 'historyLength', value: -1 },
    { field: 'historyLength', value: 1e12 },
    { field: 'statusTimestampAfter', value: 'yesterday' },
    { field: 'includeArtifacts', value: 'yes' },
  ];

  test.each(wrong)('with $field $value is refused on JSON-RPC', async ({ field, value }) => {
    expectRpcRefusal(await askRpc('ListTasks', { [field]: value }), 'INVALID_PARAMS');
  });

  test.each(wrong)('with $field $value is refused on REST', async ({ field, value }) => {
    const query = `?${field}=${encodeURIComponent(value)}`;
    expectRestRefusal(await ask(`/tasks${query}`), 'INVALID_PARAMS');
  });

  test.each(["'", "x' OR 'a' = 'a", '\\', "\\\\' OR 1=1 --"])(
    'the context %j is a name like any other',
    async (contextId) => {
      const { result } = parse(await askRpc('ListTasks', { contextId }));
      expect(result).toEqual({ tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
    },
  );
});

describe('what the card does not offer', () => {
  test('the extended card is refused in every dialect that has it', async () => {
    const legacy = 'agent/getAuthenticatedExtendedCard';
    expectRpcRefusal(await askRpc('GetExtendedAgentCard'), 'UNSUPPORTED_OPERATION');
    expectLegacyRpcRefusal(await askLegacyRpc(legacy), 'EXTENDED_AGENT_CARD_NOT_CONFIGURED');
    expectRestRefusal(await ask('/extendedAgentCard'), 'UNSUPPORTED_OPERATION');
  });
});
