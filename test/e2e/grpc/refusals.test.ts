// What is refused over gRPC, by which code and reason, on both generations (A2A §3.3.2, §10.6).

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { randomUUID } from 'node:crypto';
import { LEAVING, listTasks, messageFor } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { GrpcCaller, V1, refusalOf, toBytes, type Refusal } from '../../harness/grpc';
import { nestedLists } from '../../harness/nested-lists';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';
import { GENERATIONS, invalidSends, type Json } from './generations';

const SMALL_BODY_BYTES = 2_048;

const stack = useStack({
  gateways: [{}, { MAX_BODY_BYTES: String(SMALL_BODY_BYTES) }],
  servesGrpc: true,
});

const INVALID: Partial<Refusal> = { code: 'INVALID_ARGUMENT', reason: 'INVALID_PARAMS' };

let small: GrpcCaller;
const callers: GrpcCaller[] = [];
const callerOf = (service: string): GrpcCaller => {
  const caller = new GrpcCaller(stack.grpc, service);
  callers.push(caller);
  return caller;
};

beforeAll(() => {
  small = new GrpcCaller(stack.otherGrpc);
});

afterAll(() => {
  for (const caller of [small, ...callers]) caller.close();
});

/** What was refused must have left nothing behind. */
const REFUSED_CONTEXT = 'refused';

describe.each(GENERATIONS)('over gRPC of $name', ({ service, parts, task, subscribe }) => {
  let caller: GrpcCaller;

  beforeAll(() => {
    caller = callerOf(service);
  });

  const message = (more: Json = {}): Json => ({
    ...{ messageId: 'm', role: 'ROLE_USER', [parts]: [{ text: 'hello' }] },
    ...{ contextId: REFUSED_CONTEXT, metadata: { skillId: 'echo' }, ...more },
  });

  const start = async (skillId: string): Promise<string> => {
    const sent = { message: message({ contextId: randomUUID(), metadata: { skillId } }) };
    return (await caller.ask<{ task: WireTask }>('SendMessage', sent)).value.task.id;
  };

  test.each(invalidSends(parts, message))(
    'a message with $wrong is refused as invalid',
    async ({ body }) => {
      expect(await refusalOf(caller.ask('SendMessage', body))).toMatchObject(INVALID);
      const stream = caller.stream('SendStreamingMessage', body).toEnd();
      expect(await refusalOf(stream)).toMatchObject(INVALID);
    },
  );

  test('the fields that are wrong are named', async () => {
    const { details } = await refusalOf(
      caller.ask('SendMessage', { message: message({ role: 9 }) }),
    );
    expect(details).toMatchObject([
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', domain: 'a2a-protocol.org' },
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'message.role' }],
      },
    ]);
  });

  test('a message to an unknown task is refused and starts none', async () => {
    const sent = caller.ask('SendMessage', { message: message({ taskId: 'none' }) });
    expect(await refusalOf(sent)).toMatchObject({ code: 'NOT_FOUND', reason: 'TASK_NOT_FOUND' });
  });

  test.each(['GetTask', 'CancelTask'])('%s of an unknown task is not found', async (name) => {
    const refused = await refusalOf(caller.ask(name, task('none')));
    expect(refused).toMatchObject({ code: 'NOT_FOUND', reason: 'TASK_NOT_FOUND' });
  });

  test.each(['GetTask', 'CancelTask'])('%s of no task is invalid', async (name) => {
    expect(await refusalOf(caller.ask(name, {}))).toMatchObject(INVALID);
    expect(await refusalOf(caller.ask(name, task('a\u0000')))).toMatchObject(INVALID);
    expect(await refusalOf(caller.stream(subscribe, {}).toEnd())).toMatchObject(INVALID);
  });

  test('a historyLength of -1 reads no task', async () => {
    const id = await start('echo');
    const refused = refusalOf(caller.ask('GetTask', task(id, { historyLength: -1 })));
    expect(await refused).toMatchObject(INVALID);
  });

  test('a task that is over takes no message and no cancel', async () => {
    const id = await start('echo');
    const more = { taskId: id, contextId: '' };
    expect(await refusalOf(caller.ask('SendMessage', { message: message(more) }))).toMatchObject({
      ...{ code: 'FAILED_PRECONDITION', reason: 'UNSUPPORTED_OPERATION' },
    });
    expect(await refusalOf(caller.ask('CancelTask', task(id)))).toMatchObject({
      ...{ code: 'FAILED_PRECONDITION', reason: 'TASK_NOT_CANCELABLE' },
    });
  });

  test.each(['2.0', '1', 'x', service === V1 ? '0.3' : '1.0'])(
    'the version %s is not that of the service',
    async (version) => {
      const headings = { 'a2a-version': version };
      expect(await refusalOf(caller.ask('GetTask', task('x'), { headings }))).toMatchObject({
        ...{ code: 'FAILED_PRECONDITION', reason: 'VERSION_NOT_SUPPORTED' },
      });
    },
  );

  test.each(['', service === V1 ? '1.0' : '0.3', service === V1 ? '1.0.9' : '0.3.0'])(
    'the version %j is',
    async (version) => {
      const headings = { 'a2a-version': version };
      const refused = await refusalOf(caller.ask('GetTask', task('none'), { headings }));
      expect(refused.reason).toBe('TASK_NOT_FOUND');
    },
  );

  test.each(['', 'two words', 'x'.repeat(256)])('%j is no idempotency key', async (key) => {
    const headings = { 'idempotency-key': key };
    const sent = caller.ask('SendMessage', { message: message() }, { headings });
    expect(await refusalOf(sent)).toMatchObject(INVALID);
  });

  test.each([63, 1_000_000])('metadata nested %i deep is refused', async (depth) => {
    const bytes = Buffer.concat([
      toBytes(service, 'SendMessage', { message: message() }),
      nested(service, depth),
    ]);
    expect(await refusalOf(caller.ask('SendMessage', bytes))).toMatchObject({
      ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
    });
  });

  test('metadata nested 61 deep is accepted', async () => {
    const good = { message: message({ contextId: randomUUID() }) };
    const bytes = Buffer.concat([toBytes(service, 'SendMessage', good), nested(service, 61)]);
    const { value } = await caller.ask<{ task: WireTask }>('SendMessage', bytes);
    expect(value.task.status.state).toBe('TASK_STATE_COMPLETED');
  });

  test('the key __proto__ is refused', async () => {
    const bytes = toBytes(service, 'SendMessage', {
      message: message({ metadata: { KEYtoKEY_: 1 } }),
    });
    const wrong = Buffer.from(bytes.toString('latin1').replace('KEYtoKEY_', '__proto__'), 'latin1');
    expect(await refusalOf(caller.ask('SendMessage', wrong))).toMatchObject({
      ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
    });
  });

  test.each<[string, Buffer]>([
    ['no protobuf', Buffer.from([0xff, 0xff, 0xff])],
    ['text that is not UTF-8', Buffer.from([0x0a, 0x02, 0xc3, 0x28])],
  ])('%s is refused', async (_what, bytes) => {
    expect(await refusalOf(caller.ask('GetTask', bytes))).toMatchObject({
      ...{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' },
    });
  });
});

/** `metadata` of a send with lists in lists. */
function nested(service: string, depth: number): Buffer {
  const field = service === V1 ? 4 : 3;
  const writer = new BinaryWriter().tag(field, WireType.LengthDelimited);
  return Buffer.from(writer.bytes(nestedLists(depth)).finish());
}

test('a list with a page of 101, or with a token of somebody else, is refused', async () => {
  const caller = callerOf(V1);
  expect(await refusalOf(caller.ask('ListTasks', { pageSize: 101 }))).toMatchObject(INVALID);
  expect(await refusalOf(caller.ask('ListTasks', { pageToken: 'x' }))).toMatchObject(INVALID);
});

test('what the card does not offer is refused by name', async () => {
  const caller = callerOf(V1);
  expect(await refusalOf(caller.ask('GetExtendedAgentCard', {}))).toMatchObject({
    ...{ code: 'FAILED_PRECONDITION', reason: 'UNSUPPORTED_OPERATION' },
  });
});

test('a message longer than MAX_BODY_BYTES is refused', async () => {
  const long = {
    message: messageFor('echo', {}, { parts: [{ text: 'x'.repeat(SMALL_BODY_BYTES) }] }),
  };
  expect(await refusalOf(small.ask('SendMessage', long))).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
  });
});

test('metadata of 200 kB is refused', async () => {
  const headings = { 'x-long': 'x'.repeat(200_000) };
  const refused = await refusalOf(small.ask('GetTask', { id: 'x' }, { headings }));
  expect(refused.reason).toBeUndefined();
});

test('a skill that fails a reply says why', async () => {
  const failing = { message: messageFor('answer', { ending: 'failed' }) };
  expect(await refusalOf(callerOf(V1).ask('SendMessage', failing))).toMatchObject({
    ...{ code: 'INTERNAL', reason: 'INTERNAL_ERROR', message: 'because' },
  });
});

test('a method that does not exist is unimplemented', async () => {
  const dance = callerOf(V1).raw(`/${V1}/Dance`, Buffer.alloc(0));
  expect((await refusalOf(dance)).code).toBe('UNIMPLEMENTED');
});

test('nothing of all that has started a task, or an error in the log', async () => {
  await eventually(async () => {
    expect((await listTasks(stack.url, { contextId: REFUSED_CONTEXT })).totalSize).toBe(0);
  });
  const failures = stack.gateways.map((g) => g.output()).join('\n');
  expect(failures).not.toMatch(/RangeError|TypeError/);
});

test('the same idempotency key is the same task, and another message with it an error (D6)', async () => {
  const caller = callerOf(V1);
  const call = { headings: { 'idempotency-key': randomUUID() } };
  const request = { message: messageFor('steps', { events: 2 }), ...LEAVING };
  const ids = await Promise.all(
    [1, 2, 3].map(async () => {
      const { value } = await caller.ask<{ task: WireTask }>('SendMessage', request, call);
      return value.task.id;
    }),
  );
  expect(new Set(ids).size).toBe(1);
  const other = { message: messageFor('five'), ...LEAVING };
  const refused = await refusalOf(caller.ask('SendMessage', other, call));
  expect(refused).toMatchObject({
    ...INVALID,
    message: expect.stringContaining('another message'),
  });
});

test('a gateway without Temporal says so, and when to come back', async () => {
  await stack.temporal.kill();
  try {
    const caller = callerOf(V1);
    expect(await refusalOf(caller.ask('GetTask', { id: randomUUID() }))).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'TASK_ENGINE_UNAVAILABLE',
      message: 'the task engine does not answer; try again',
      details: [{ reason: 'TASK_ENGINE_UNAVAILABLE' }, { retryDelay: '2s' }],
    });
    const body = { message: messageFor('five') };
    const sent = caller.ask('SendMessage', body);
    const streamed = caller.stream('SendStreamingMessage', body).toEnd();
    for (const refused of [await refusalOf(sent), await refusalOf(streamed)]) {
      expect(refused).toMatchObject({
        reason: 'TASK_ENGINE_UNAVAILABLE',
        message: expect.stringMatching(/may have been recorded.* the same Idempotency-Key/),
      });
    }
  } finally {
    await stack.temporal.restart();
  }
});
