// Messages that are wrong, tasks that do not take what is sent, and streams that are refused (A2A §3.3.2, §11.6).

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { envelope, listTasks } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { readSse } from '../../harness/sse';
import { useStack } from '../../harness/stack';
import { parse, read, type Json } from './answers';
import { REFUSED_CONTEXT, UNKNOWN, dialectsOf, type Dialect } from './dialects';
import { rpcRefusal, type Reason } from './refusals';

const SMALL_BODY_BYTES = 2_048;
const DEFAULT_BODY_BYTES = 10_485_760;

const stack = useStack({ gateways: [{}, { MAX_BODY_BYTES: String(SMALL_BODY_BYTES) }] });

const DIALECTS = dialectsOf(stack);
const JSON_RPC = DIALECTS.filter(({ isJsonRpc }) => isJsonRpc);
const REST = DIALECTS.filter(({ isJsonRpc }) => !isJsonRpc);
const [rpc1, rest1] = DIALECTS;

/** Sends a good message outside the refused context and resolves with its task. */
async function start(skillId: string, more: Json = {}): Promise<{ id: string; contextId: string }> {
  const message = { contextId: randomUUID(), metadata: { skillId }, ...more };
  const answer = parse(await rpc1.send(rpc1.request(message)));
  return (answer['result'] as { readonly task: { id: string; contextId: string } }).task;
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** A good request whose body is nested so deep, its own levels included. */
function nestedRequest({ isJsonRpc, isLegacy, request }: Dialect, depth: number): string {
  const metadata = { skillId: 'echo', deep: 'HERE' };
  const params = request({ metadata, contextId: REFUSED_CONTEXT });
  const method = isLegacy ? 'message/send' : 'SendMessage';
  const body = isJsonRpc ? envelope(method, params) : params;
  return JSON.stringify(body).replace('"HERE"', nested(depth - (isJsonRpc ? 4 : 3)));
}

describe.each(DIALECTS)('a message over $name', (dialect) => {
  const { request, send, expectRefusal, partsKey, twoContents, strangeFile, waitKey } = dialect;
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
    { wrong: 'an object as a file (faults, row 23)', body: request({ [partsKey]: [strangeFile] }) },
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
    const params = request({ metadata: { KEY: 1 } });
    const good = JSON.stringify(dialect.isJsonRpc ? envelope('x', params) : params);
    const answer = await dialect.raw(good.replace('KEY', key));
    expectRefusal(answer, 'INVALID_REQUEST');
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
    expectRefusal(await dialect.raw(long, {}, stack.otherUrl), 'REQUEST_TOO_LARGE', null);
  });

  test('longer than 10 MiB is refused by default', async () => {
    const long = Buffer.alloc(DEFAULT_BODY_BYTES + 1, ' ');
    expectRefusal(await dialect.raw(long), 'REQUEST_TOO_LARGE', null);
  });

  test('to an unknown task is refused and starts none', async () => {
    expectRefusal(await send(request({ taskId: UNKNOWN })), 'TASK_NOT_FOUND');
  });

  test.each(['https://127.0.0.1/hook', 'http://example.com/hook', 'https://a:b@example.com/', ''])(
    'with a webhook at %p is refused',
    async (url) => {
      const configuration = { [dialect.pushKey]: { id: 'p', url } };
      expectRefusal(await send(request({}, configuration)), 'INVALID_PARAMS');
    },
  );

  test('with fields that nobody knows is accepted', async () => {
    const waiting = { [waitKey]: dialect.isLegacy };
    const message = { contextId: randomUUID(), novelty: { a: 1 } };
    const good = request(message, { ...waiting, novelty: true });
    const { status, text } = await send({ ...good, novelty: 1 });
    // 0.3's own server says that a task was created.
    expect(status).toBe(200);
    expect(text).toMatch(/completed/i);
  });

  test('nested 64 deep is accepted', async () => {
    const body = nestedRequest(dialect, 64).replaceAll(REFUSED_CONTEXT, randomUUID());
    const { status, text } = await dialect.raw(body);
    // 0.3's own server says that a task was created.
    expect(status).toBe(200);
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

  test.each(['..%2F..%2Fx', "a'; drop", 'x'.repeat(200)])('named %s is not found', async (name) => {
    const id = dialect.isJsonRpc ? decodeURIComponent(name) : name;
    expectRefusal(await get(id), 'TASK_NOT_FOUND');
  });

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

interface RefusedStream {
  readonly why: string;
  readonly open: () => Promise<Response>;
  readonly reason: Reason;
}

const refusedStreams = ({ stream, subscribe, request }: Dialect): readonly RefusedStream[] => [
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
];

describe.each(JSON_RPC)('a refused stream over $name', (dialect) => {
  const { stream, subscribe, request } = dialect;

  test.each<RefusedStream>([
    ...refusedStreams(dialect),
    { why: 'empty id', open: () => subscribe(''), reason: 'INVALID_PARAMS' },
    {
      why: 'unknown skill',
      open: () => stream(request({ metadata: { skillId: 'nope' } })),
      reason: 'INVALID_PARAMS',
    },
  ])('($why) is one frame', async ({ open, reason }) => {
    const response = await open();
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    const frames: unknown[] = [];
    for await (const { id, data } of readSse(response)) frames.push({ at: id, data: data as Json });
    expect(frames).toEqual([{ at: undefined, data: rpcRefusal(reason, 1, dialect.isLegacy) }]);
  });
});

describe.each(REST)('a refused stream over $name', (dialect) => {
  const { expectRefusal } = dialect;

  test.each(refusedStreams(dialect))('($why) is an HTTP error', async ({ open, reason }) => {
    expectRefusal(await read(await open()), reason);
  });
});

test('after all of it no refused message has left a task behind', async () => {
  const sizeOf = async (contextId: string): Promise<number> =>
    (await listTasks(stack.url, { contextId })).totalSize;
  // Once a later task is listed, an earlier one would be too.
  const { contextId } = await start('echo');
  await eventually(async () => {
    expect(await sizeOf(contextId)).toBe(1);
  });
  expect(await sizeOf(REFUSED_CONTEXT)).toBe(0);
});
