// What a gateway answers to requests that are wrong, in every dialect it speaks (A2A §3.3.2, §9.5, §11.6).

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { eventually } from '../harness/eventually';
import { startGateway, startWorker, type TestProcess } from '../harness/processes';
import { readSse } from '../harness/sse';
import { startTestTemporal, type TestTemporal } from '../harness/temporal';

type Json = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

/** Every refused message names this context, so that whatever it left behind would be found. */
const REFUSED_CONTEXT = 'refused';
const SMALL_BODY_BYTES = 2_048;
const DEFAULT_BODY_BYTES = 10_485_760;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

const processes: TestProcess[] = [];
let temporal: TestTemporal | undefined;
let gateway: string;
let smallGateway: string;

beforeAll(async () => {
  temporal = await startTestTemporal();
  const small = { MAX_BODY_BYTES: String(SMALL_BODY_BYTES) };
  processes.push(
    ...(await Promise.all([
      startGateway({ temporal }),
      startGateway({ temporal, env: small }),
      startWorker({ temporal }),
    ])),
  );
  gateway = processes[0]!.url;
  smallGateway = processes[1]!.url;
}, 90_000);

afterAll(async () => {
  await Promise.all(processes.map((process) => process.stop()));
  await temporal?.close();
});

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

interface Options {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string | Buffer;
}

/** `url` is a path of the first gateway, or a whole address. */
async function ask(url: string, { body, ...options }: Options = {}): Promise<Answer> {
  const response = await fetch(url.startsWith('http') ? url : gateway + url, {
    ...options,
    headers: { 'Content-Type': 'application/json', ...options.headers },
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
  const contentType = response.headers.get('Content-Type') ?? '';
  return { status: response.status, contentType, text: await response.text() };
}

const post = (url: string, body: string | Buffer, headers: Headers = {}): Promise<Answer> =>
  ask(url, { method: 'POST', body, headers });

const parse = ({ text }: Answer): Json => JSON.parse(text) as Json;

/** The rows of the error table, as each dialect says them. */
const ROWS = {
  TASK_NOT_FOUND: { code: -32001, http: 404, status: 'NOT_FOUND' },
  TASK_NOT_CANCELABLE: { code: -32002, http: 400, status: 'FAILED_PRECONDITION' },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { code: -32003, http: 400, status: 'FAILED_PRECONDITION' },
  UNSUPPORTED_OPERATION: { code: -32004, http: 400, status: 'FAILED_PRECONDITION' },
  CONTENT_TYPE_NOT_SUPPORTED: { code: -32005, http: 415, status: 'INVALID_ARGUMENT' },
  VERSION_NOT_SUPPORTED: { code: -32009, http: 400, status: 'FAILED_PRECONDITION' },
  INVALID_JSON: { code: -32700, http: 400, status: 'INVALID_ARGUMENT' },
  INVALID_REQUEST: { code: -32600, http: 400, status: 'INVALID_ARGUMENT' },
  REQUEST_TOO_LARGE: { code: -32600, http: 413, status: 'INVALID_ARGUMENT' },
  METHOD_NOT_FOUND: { code: -32601, http: 404, status: 'NOT_FOUND' },
  INVALID_PARAMS: { code: -32602, http: 400, status: 'INVALID_ARGUMENT' },
} as const;
type Reason = keyof typeof ROWS;

const info = (reason: Reason): Json => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'a2a-protocol.org',
});

function expectTellsNothing({ contentType, text }: Answer): void {
  expect(contentType).toMatch(/^application\/json\b/);
  expect(text).not.toMatch(/<html|<pre|<!doctype/i);
  expect(text).not.toMatch(/\bat \S+ \(|node_modules|\/work\/|\.ts:\d|\.js:\d/);
}

/** JSON-RPC speaks in the body; the status tells only what is wrong with HTTP itself. */
function expectRpcRefusal(answer: Answer, reason: Reason, id: unknown = 1): void {
  expectTellsNothing(answer);
  const { code, http } = ROWS[reason];
  expect(parse(answer)).toEqual({
    jsonrpc: '2.0',
    id,
    error: { code, message: expect.any(String) as string, data: [info(reason)] },
  });
  expect(answer.status).toBe(http === 413 || http === 415 ? http : 200);
}

function expectRestRefusal(answer: Answer, reason: Reason): void {
  expectTellsNothing(answer);
  const { http, status } = ROWS[reason];
  expect(parse(answer)).toEqual({
    error: {
      code: http,
      status,
      message: expect.any(String) as string,
      details: expect.arrayContaining([info(reason)]) as unknown[],
    },
  });
  expect(answer.status).toBe(http);
}

function expectLegacyRestRefusal(answer: Answer, reason: Reason): void {
  expectTellsNothing(answer);
  const { http, code } = ROWS[reason];
  expect(parse(answer)).toEqual({ code, message: expect.any(String) as string });
  expect(answer.status).toBe(http);
}

/** One of the four ways to say the same. */
interface Dialect {
  readonly name: string;
  /** A good request to send a message, with these fields of the message changed. */
  readonly request: (message?: Json, configuration?: Json) => Json;
  readonly send: (request: unknown, url?: string) => Promise<Answer>;
  readonly stream: (request: unknown) => Promise<Response>;
  readonly get: (id: string, historyLength?: number | string) => Promise<Answer>;
  readonly cancel: (id: string) => Promise<Answer>;
  readonly subscribe: (id: string) => Promise<Response>;
  /** A body of any kind to where messages are sent. */
  readonly raw: (body: string | Buffer, headers?: Headers, url?: string) => Promise<Answer>;
  readonly expectRefusal: (answer: Answer, reason: Reason, id?: unknown) => void;
  readonly isJsonRpc: boolean;
  readonly isLegacy: boolean;
  /** What a message's parts are called, and parts that are wrong. */
  readonly partsKey: string;
  readonly twoContents: Json;
  /** The flag of the configuration that says whether to wait. */
  readonly waitKey: string;
}

const base = { messageId: 'm', contextId: REFUSED_CONTEXT, metadata: { skillId: 'echo' } };

function jsonRpcDialect(version: '1.0' | '0.3', methods: Readonly<Record<string, string>>) {
  const headers = version === '1.0' ? { 'A2A-Version': version } : {};
  const envelope = (method: string, params: unknown): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const call = (operation: string, params: unknown, url = '/'): Promise<Answer> =>
    post(url, envelope(methods[operation]!, params), headers);
  const open = (operation: string, params: unknown): Promise<Response> =>
    fetch(gateway, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: envelope(methods[operation]!, params),
    });
  return {
    send: (request: unknown, url?: string) => call('send', request, url),
    stream: (request: unknown) => open('stream', request),
    get: (id: string, historyLength?: unknown) => call('get', { id, historyLength }),
    cancel: (id: string) => call('cancel', { id }),
    subscribe: (id: string) => open('subscribe', { id }),
    raw: (body: string | Buffer, more: Headers = {}, url = '/') =>
      post(url, body, { ...headers, ...more }),
    expectRefusal: expectRpcRefusal,
    isJsonRpc: true,
  };
}

function restDialect(prefix: '' | '/v1') {
  const headers = { 'Content-Type': 'application/json' };
  const query = (historyLength?: number | string): string =>
    historyLength === undefined ? '' : `?historyLength=${historyLength}`;
  return {
    send: (request: unknown, url = gateway) =>
      post(`${url}${prefix}/message:send`, JSON.stringify(request)),
    stream: (request: unknown) =>
      fetch(`${gateway}${prefix}/message:stream`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request),
      }),
    get: (id: string, historyLength?: number | string) =>
      ask(`${prefix}/tasks/${id}${query(historyLength)}`),
    cancel: (id: string) => post(`${prefix}/tasks/${id}:cancel`, ''),
    subscribe: (id: string) => fetch(`${gateway}${prefix}/tasks/${id}:subscribe`),
    raw: (body: string | Buffer, more: Headers = {}, url = gateway) =>
      post(`${url}${prefix}/message:send`, body, more),
    expectRefusal: prefix === '' ? expectRestRefusal : expectLegacyRestRefusal,
    isJsonRpc: false,
  };
}

const V1 = {
  request: (message: Json = {}, configuration?: Json) => ({
    message: { ...base, role: 'ROLE_USER', parts: [{ text: 'hello' }], ...message },
    ...(configuration && { configuration }),
  }),
  isLegacy: false,
  partsKey: 'parts',
  twoContents: { text: 'a', url: 'https://example.com/b' },
  waitKey: 'returnImmediately',
};

const V1_METHODS = {
  send: 'SendMessage',
  stream: 'SendStreamingMessage',
  get: 'GetTask',
  cancel: 'CancelTask',
  subscribe: 'SubscribeToTask',
};
const LEGACY_METHODS = {
  send: 'message/send',
  stream: 'message/stream',
  get: 'tasks/get',
  cancel: 'tasks/cancel',
  subscribe: 'tasks/resubscribe',
};

const DIALECTS: readonly Dialect[] = [
  { name: 'JSON-RPC 1.0', ...V1, ...jsonRpcDialect('1.0', V1_METHODS) },
  { name: 'REST 1.0', ...V1, ...restDialect('') },
  {
    name: 'JSON-RPC 0.3',
    ...jsonRpcDialect('0.3', LEGACY_METHODS),
    request: (message = {}, configuration) => ({
      message: {
        ...base,
        kind: 'message',
        role: 'user',
        parts: [{ kind: 'text', text: 'hello' }],
        ...message,
      },
      ...(configuration && { configuration }),
    }),
    isLegacy: true,
    partsKey: 'parts',
    twoContents: { kind: 'file', file: { bytes: 'aGk=', uri: 'https://example.com/b' } },
    waitKey: 'blocking',
  },
  {
    name: 'REST 0.3',
    ...restDialect('/v1'),
    request: (message = {}, configuration) => ({
      message: { ...base, role: 'ROLE_USER', content: [{ text: 'hello' }], ...message },
      ...(configuration && { configuration }),
    }),
    isLegacy: true,
    partsKey: 'content',
    twoContents: { text: 'a', file: { fileWithUri: 'https://example.com/b' } },
    waitKey: 'blocking',
  },
];

const JSON_RPC = DIALECTS.filter(({ isJsonRpc }) => isJsonRpc);
const [rpc1, rest1] = DIALECTS as readonly [Dialect, Dialect];

/** Sends a good message outside the refused context and resolves with its task. */
async function start(skillId: string, more: Json = {}): Promise<{ id: string; contextId: string }> {
  const message = { contextId: randomUUID(), metadata: { skillId }, ...more };
  const answer = parse(await rpc1.send(rpc1.request(message)));
  return (answer['result'] as { readonly task: { id: string; contextId: string } }).task;
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** A good request whose body is nested so deep, its own levels included. */
function nestedRequest({ isJsonRpc, request }: Dialect, depth: number): string {
  const metadata = { skillId: 'echo', deep: 'HERE' };
  const params = request({ metadata, contextId: REFUSED_CONTEXT });
  const isV1 = request === rpc1.request;
  const method = isV1 ? 'SendMessage' : 'message/send';
  const body = isJsonRpc ? { jsonrpc: '2.0', id: 1, method, params } : params;
  return JSON.stringify(body).replace('"HERE"', nested(depth - (isJsonRpc ? 4 : 3)));
}

describe.each(JSON_RPC)('the envelope of $name (JSON-RPC 2.0 §4)', (dialect) => {
  const { raw, expectRefusal, isLegacy } = dialect;
  const send = isLegacy ? 'message/send' : 'SendMessage';
  const get = isLegacy ? 'tasks/get' : 'GetTask';
  const params = { id: UNKNOWN };

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
    { kind: 'without jsonrpc', envelope: { id: 1, method: get, params } },
    { kind: 'of jsonrpc 1.0', envelope: { jsonrpc: '1.0', id: 1, method: get, params } },
    { kind: 'without method', envelope: { jsonrpc: '2.0', id: 1, params } },
    { kind: 'with a number as method', envelope: { jsonrpc: '2.0', id: 1, method: 1, params } },
  ])('a request $kind is refused with its id', async ({ envelope }) => {
    expectRefusal(await raw(JSON.stringify(envelope)), 'INVALID_REQUEST');
  });

  test.each([{ id: { a: 1 } }, { id: [1] }, { id: true }, { id: 1.5 }])(
    'the id $id is refused with id null',
    async ({ id }) => {
      const envelope = { jsonrpc: '2.0', id, method: get, params };
      expectRefusal(await raw(JSON.stringify(envelope)), 'INVALID_REQUEST', null);
    },
  );

  test.each([{ id: 0 }, { id: '' }, { id: 'seven' }, { id: -1 }])(
    'the id $id comes back as it is',
    async ({ id }) => {
      const envelope = { jsonrpc: '2.0', id, method: get, params };
      expectRefusal(await raw(JSON.stringify(envelope)), 'TASK_NOT_FOUND', id);
    },
  );

  test('the id 0 comes back in every frame of a stream', async () => {
    const method = isLegacy ? 'message/stream' : 'SendStreamingMessage';
    const message = { contextId: randomUUID() };
    const envelope = { jsonrpc: '2.0', id: 0, method, params: dialect.request(message) };
    const response = await fetch(gateway, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(isLegacy ? {} : { 'A2A-Version': '1.0' }),
      },
      body: JSON.stringify(envelope),
    });
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
    const envelope = { jsonrpc: '2.0', id: 1, method: 'NoSuchMethod', params };
    expectRefusal(await raw(JSON.stringify(envelope)), 'METHOD_NOT_FOUND');
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is no method', async (method) => {
    expectRefusal(
      await raw(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })),
      'METHOD_NOT_FOUND',
    );
  });

  test('a method of the other generation is refused with the header that it needs', async () => {
    const method = isLegacy ? 'GetTask' : 'tasks/get';
    const answer = await raw(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    expectRefusal(answer, 'METHOD_NOT_FOUND');
    expect(answer.text).toContain(`A2A-Version: ${isLegacy ? '1.0' : '0.3'}`);
  });

  test.each([{ params: [] }, { params: 'x' }, { params: 7 }, { params: undefined }])(
    'the parameters $params are refused',
    async ({ params: wrong }) => {
      const envelope = { jsonrpc: '2.0', id: 1, method: send, params: wrong };
      expectRefusal(await raw(JSON.stringify(envelope)), 'INVALID_PARAMS');
    },
  );
});

describe.each(DIALECTS)('a message over $name', (dialect) => {
  const { request, send, expectRefusal, partsKey, twoContents, waitKey } = dialect;
  const bodies: readonly { readonly wrong: string; readonly body: Json }[] = [
    { wrong: 'no message', body: {} },
    { wrong: 'a message that is a string', body: { message: 'hello' } },
    { wrong: `"false" as ${waitKey}`, body: request({}, { [waitKey]: 'false' }) },
    { wrong: 'a historyLength of -1', body: request({}, { historyLength: -1 }) },
    { wrong: 'a historyLength of 1e12', body: request({}, { historyLength: 1e12 }) },
    { wrong: 'a historyLength of 1.5', body: request({}, { historyLength: 1.5 }) },
    { wrong: 'a historyLength that is a word', body: request({}, { historyLength: 'ten' }) },
    { wrong: 'a role that does not exist', body: request({ role: 'ROLE_KING' }) },
    { wrong: 'a number as role', body: request({ role: 1 }) },
    { wrong: 'no role', body: request({ role: undefined }) },
    { wrong: 'parts that are a string', body: request({ [partsKey]: 'hello' }) },
    { wrong: 'no parts', body: request({ [partsKey]: undefined }) },
    { wrong: 'an empty list of parts', body: request({ [partsKey]: [] }) },
    { wrong: 'null as a part', body: request({ [partsKey]: [null] }) },
    { wrong: 'an empty part', body: request({ [partsKey]: [{}] }) },
    { wrong: 'a part with two contents', body: request({ [partsKey]: [twoContents] }) },
    { wrong: 'an object as messageId', body: request({ messageId: { a: 1 } }) },
    { wrong: 'no messageId', body: request({ messageId: undefined }) },
    { wrong: 'an empty messageId', body: request({ messageId: '' }) },
    { wrong: 'a number as contextId', body: request({ contextId: 7 }) },
    { wrong: 'a contextId of 10,000 letters', body: request({ contextId: 'x'.repeat(10_000) }) },
    { wrong: 'a list as metadata', body: request({ metadata: [1] }) },
    { wrong: 'a string as extensions', body: request({ extensions: 'x' }) },
    { wrong: 'a skill that does not exist', body: request({ metadata: { skillId: 'nope' } }) },
    { wrong: 'a skill that is no string', body: request({ metadata: { skillId: ['echo'] } }) },
  ];

  test.each(bodies)('with $wrong is refused as invalid', async ({ body }) => {
    expectRefusal(await send(body), 'INVALID_PARAMS');
  });

  test.each(['__proto__', '\\u005f_proto__'])('with the key %s is refused', async (key) => {
    const isGood = JSON.stringify(
      dialect.isJsonRpc
        ? { jsonrpc: '2.0', id: 1, method: 'x', params: request({ metadata: { KEY: 1 } }) }
        : request({ metadata: { KEY: 1 } }),
    );
    const answer = await dialect.raw(isGood.replace('KEY', key));
    expectRefusal(answer, 'INVALID_REQUEST', null);
  });

  test.each([65, 100_000])('nested %i deep is refused', async (depth) => {
    expectRefusal(await dialect.raw(nestedRequest(dialect, depth)), 'INVALID_REQUEST', null);
  });

  test('that is not UTF-8 is refused', async () => {
    const body = Buffer.from('{"message":"\xff\xfe"}', 'latin1');
    expectRefusal(await dialect.raw(body), 'INVALID_JSON', null);
  });

  test('that is no JSON is refused', async () => {
    expectRefusal(await dialect.raw('{"message":'), 'INVALID_JSON', null);
  });

  test.each(['text/plain', 'application/xml', 'multipart/form-data', 'application/jsonp'])(
    'as %s is refused before it is parsed',
    async (type) => {
      const answer = await dialect.raw('{', { 'Content-Type': type });
      expectRefusal(answer, 'CONTENT_TYPE_NOT_SUPPORTED', null);
    },
  );

  test('that is compressed is refused', async () => {
    const body = gzipSync(JSON.stringify(request()));
    const answer = await dialect.raw(body, { 'Content-Encoding': 'gzip' });
    expectRefusal(answer, 'CONTENT_TYPE_NOT_SUPPORTED', null);
  });

  test('longer than MAX_BODY_BYTES is refused', async () => {
    const long = JSON.stringify(request({ metadata: { text: 'x'.repeat(SMALL_BODY_BYTES) } }));
    expectRefusal(await dialect.raw(long, {}, smallGateway), 'REQUEST_TOO_LARGE', null);
  });

  test('longer than 10 MiB is refused by default', async () => {
    const long = Buffer.alloc(DEFAULT_BODY_BYTES + 1, ' ');
    expectRefusal(await dialect.raw(long), 'REQUEST_TOO_LARGE', null);
  });

  test('to an unknown task is refused and starts none', async () => {
    expectRefusal(await send(request({ taskId: UNKNOWN })), 'TASK_NOT_FOUND');
  });

  test('with a push configuration is refused, because the card offers none', async () => {
    const { isLegacy } = dialect;
    const config = { id: 'p', url: 'https://example.com/hook' };
    const key = isLegacy ? 'pushNotificationConfig' : 'taskPushNotificationConfig';
    const legacyRest = isLegacy && !dialect.isJsonRpc;
    const name = legacyRest ? 'pushNotification' : key;
    const configuration = { [name]: config };
    expectRefusal(await send(request({}, configuration)), 'PUSH_NOTIFICATION_NOT_SUPPORTED');
  });

  test('with fields that nobody knows is accepted', async () => {
    const good = request({ contextId: randomUUID(), novelty: { a: 1 } }, { novelty: true });
    const { status, text } = await send({ ...good, novelty: 1 });
    // 0.3's own server says that a task was created.
    expect([200, 201]).toContain(status);
    expect(text).toMatch(/completed/i);
  });

  test('nested 64 deep is accepted', async () => {
    const body = nestedRequest(dialect, 64).replaceAll(REFUSED_CONTEXT, randomUUID());
    const { status, text } = await dialect.raw(body);
    // 0.3's own server says that a task was created.
    expect([200, 201]).toContain(status);
    expect(text).toMatch(/completed/i);
  });
});

test('a REST refusal names the fields that are wrong', async () => {
  const answer = await rest1.send(rest1.request({ role: 'ROLE_KING', messageId: 7 }));
  const { error } = parse(answer) as { readonly error: { readonly details: readonly Json[] } };
  const violations = error.details.find(({ fieldViolations }) => fieldViolations !== undefined);
  expect(violations).toMatchObject({
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field: 'message.messageId' }, { field: 'message.role' }],
  });
});

test('a refusal for an unknown skill names those that exist', async () => {
  const { text } = await rpc1.send(rpc1.request({ metadata: { skillId: 'nope' } }));
  expect(text).toContain('five');
});

describe.each(DIALECTS)('a task over $name', (dialect) => {
  const { request, send, get, cancel, expectRefusal } = dialect;
  let waiting: { id: string; contextId: string };
  let over: { id: string; contextId: string };

  beforeAll(async () => {
    [waiting, over] = await Promise.all([start('asks'), start('echo')]);
  });

  test('that is unknown is not found', async () => {
    expectRefusal(await get(UNKNOWN), 'TASK_NOT_FOUND');
    expectRefusal(await cancel(UNKNOWN), 'TASK_NOT_FOUND');
  });

  test.each(['..%2F..%2Fx', "a'; drop", '%00', 'x'.repeat(200)])(
    'named %s is not found',
    async (name) => {
      const id = dialect.isJsonRpc ? decodeURIComponent(name) : name;
      expectRefusal(await get(id), 'TASK_NOT_FOUND');
    },
  );

  test.each([-1, 1e12, 1.5, 'ten'])('is not read with historyLength %s', async (length) => {
    expectRefusal(await get(waiting.id, length), 'INVALID_PARAMS');
  });

  test('takes no message of another context, and stays as it is', async () => {
    const before = parse(await get(waiting.id));
    const message = { taskId: waiting.id, contextId: 'another' };
    expectRefusal(await send(request(message)), 'INVALID_PARAMS');
    expect(parse(await get(waiting.id))).toEqual(before);
  });

  test('takes no message that is malformed, and stays as it is', async () => {
    const before = parse(await get(waiting.id));
    const message = { taskId: waiting.id, contextId: waiting.contextId };
    expectRefusal(await send(request({ ...message, role: 'ROLE_KING' })), 'INVALID_PARAMS');
    expect(parse(await get(waiting.id))).toEqual(before);
  });

  test('that is over takes no message, and stays as it is', async () => {
    const before = parse(await get(over.id));
    const message = { taskId: over.id, contextId: over.contextId };
    expectRefusal(await send(request(message)), 'UNSUPPORTED_OPERATION');
    expect(parse(await get(over.id))).toEqual(before);
  });

  test('that is over takes no cancel', async () => {
    expectRefusal(await cancel(over.id), 'TASK_NOT_CANCELABLE');
  });
});

describe.each(JSON_RPC)('a refused stream over $name', ({ stream, subscribe, request }) => {
  test.each([
    { why: 'unknown task', open: () => subscribe(UNKNOWN), reason: 'TASK_NOT_FOUND' },
    { why: 'empty id', open: () => subscribe(''), reason: 'INVALID_PARAMS' },
    {
      why: 'message to an unknown task',
      open: () => stream(request({ taskId: UNKNOWN })),
      reason: 'TASK_NOT_FOUND',
    },
    {
      why: 'malformed message',
      open: () => stream(request({ role: 'ROLE_KING' })),
      reason: 'INVALID_PARAMS',
    },
    {
      why: 'unknown skill',
      open: () => stream(request({ metadata: { skillId: 'nope' } })),
      reason: 'INVALID_PARAMS',
    },
  ] as const)('($why) is one frame', async ({ open, reason }) => {
    const response = await open();
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    const frames: unknown[] = [];
    for await (const { id, data } of readSse(response)) frames.push({ at: id, data: data as Json });
    const { code } = ROWS[reason];
    const error = { code, message: expect.any(String) as string, data: [info(reason)] };
    expect(frames).toEqual([{ at: undefined, data: { jsonrpc: '2.0', id: 1, error } }]);
  });
});

describe.each(DIALECTS.filter(({ isJsonRpc }) => !isJsonRpc))(
  'a refused stream over $name',
  ({ stream, subscribe, request, expectRefusal }) => {
    test.each([
      { why: 'unknown task', open: () => subscribe(UNKNOWN), reason: 'TASK_NOT_FOUND' },
      {
        why: 'message to an unknown task',
        open: () => stream(request({ taskId: UNKNOWN })),
        reason: 'TASK_NOT_FOUND',
      },
      {
        why: 'malformed message',
        open: () => stream(request({ role: 'ROLE_KING' })),
        reason: 'INVALID_PARAMS',
      },
    ] as const)('($why) is an HTTP error', async ({ open, reason }) => {
      const { status, headers, ...response } = await open().then(async (answer) => ({
        status: answer.status,
        headers: answer.headers,
        text: await answer.text(),
      }));
      const contentType = headers.get('Content-Type') ?? '';
      expectRefusal({ status, contentType, ...response }, reason);
    });
  },
);

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
    const params = { [field]: value };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params });
    expectRpcRefusal(await rpc1.raw(body), 'INVALID_PARAMS');
  });

  test.each(wrong)('with $field $value is refused on REST', async ({ field, value }) => {
    const query = `?${field}=${encodeURIComponent(value)}`;
    expectRestRefusal(await ask(`/tasks${query}`), 'INVALID_PARAMS');
  });

  test.each(["'", "x' OR 'a' = 'a", '\\', "\\\\' OR 1=1 --", 'a\nb'])(
    'the context %j is a name like any other',
    async (contextId) => {
      const params = { contextId };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params });
      const { result } = parse(await rpc1.raw(body));
      expect(result).toEqual({ tasks: [], nextPageToken: '', pageSize: 50, totalSize: 0 });
    },
  );
});

describe('the protocol version (A2A §3.6)', () => {
  const envelope = (method: string): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { id: UNKNOWN } });

  test.each(['2.0', '0.2', '1', '1.1', 'latest', '1.0.x', '10'])(
    '%s is refused on JSON-RPC, as header and as query parameter',
    async (version) => {
      const asHeader = await post('/', envelope('GetTask'), { 'A2A-Version': version });
      expectRpcRefusal(asHeader, 'VERSION_NOT_SUPPORTED');
      const asQuery = await post(`/?A2A-Version=${version}`, envelope('GetTask'));
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
    const asHeader = await post('/', envelope(method), { 'A2A-Version': version });
    expectRpcRefusal(asHeader, 'TASK_NOT_FOUND');
    const asQuery = await post(`/?A2A-Version=${version}`, envelope(method));
    expectRpcRefusal(asQuery, 'TASK_NOT_FOUND');
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

  test.each([
    { method: 'GET', path: '/nothing/here' },
    { method: 'POST', path: '/nothing' },
    { method: 'GET', path: '/v1/nothing' },
    { method: 'GET', path: '/.env' },
    { method: 'GET', path: '/%zz' },
  ])('$method $path is answered with JSON and 404', async ({ method, path }) => {
    const answer = await ask(path, { method });
    expectTellsNothing(answer);
    expect(answer.status).toBe(404);
  });

  test.each([
    { method: 'GET', path: '/message:send' },
    { method: 'DELETE', path: '/tasks' },
    { method: 'POST', path: '/tasks/x' },
    { method: 'POST', path: '/tasks/x:fly' },
    { method: 'GET', path: '/tasks/x/y/z' },
  ])('$method $path is answered with a JSON client error', async ({ method, path }) => {
    const answer = await ask(path, { method });
    expectTellsNothing(answer);
    expect([400, 404, 405]).toContain(answer.status);
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

describe('what the card does not offer', () => {
  const config = { taskId: UNKNOWN, id: 'p', url: 'https://example.com/hook' };
  const legacyConfig = { taskId: UNKNOWN, pushNotificationConfig: { id: 'p', url: config.url } };

  test.each([
    { method: 'CreateTaskPushNotificationConfig', params: config },
    { method: 'GetTaskPushNotificationConfig', params: { taskId: UNKNOWN, id: 'p' } },
    { method: 'ListTaskPushNotificationConfigs', params: { taskId: UNKNOWN } },
    { method: 'DeleteTaskPushNotificationConfig', params: { taskId: UNKNOWN, id: 'p' } },
  ])('$method is refused', async ({ method, params }) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    expectRpcRefusal(await rpc1.raw(body), 'PUSH_NOTIFICATION_NOT_SUPPORTED');
  });

  test.each([
    { operation: 'set', params: legacyConfig },
    { operation: 'get', params: { id: UNKNOWN, pushNotificationConfigId: 'p' } },
    { operation: 'list', params: { id: UNKNOWN } },
    { operation: 'delete', params: { id: UNKNOWN, pushNotificationConfigId: 'p' } },
  ])('tasks/pushNotificationConfig/$operation is refused', async ({ operation, params }) => {
    const method = `tasks/pushNotificationConfig/${operation}`;
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    expectRpcRefusal(await post('/', body), 'PUSH_NOTIFICATION_NOT_SUPPORTED');
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

  test('the extended card is refused in every dialect that has it', async () => {
    const body = (method: string): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method });
    expectRpcRefusal(await rpc1.raw(body('GetExtendedAgentCard')), 'UNSUPPORTED_OPERATION');
    expectRpcRefusal(
      await post('/', body('agent/getAuthenticatedExtendedCard')),
      'UNSUPPORTED_OPERATION',
    );
    expectRestRefusal(await ask('/extendedAgentCard'), 'UNSUPPORTED_OPERATION');
  });
});

test('after all of it no refused message has left a task behind', async () => {
  const list = async (contextId: string): Promise<unknown> => {
    const params = { contextId };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks', params });
    return (parse(await rpc1.raw(body))['result'] as Json)['totalSize'];
  };
  // Once a later task is listed, an earlier one would be too.
  const { contextId } = await start('echo');
  await eventually(async () => {
    expect(await list(contextId)).toBe(1);
  });
  expect(await list(REFUSED_CONTEXT)).toBe(0);
});
