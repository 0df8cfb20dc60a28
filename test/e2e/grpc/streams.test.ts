// Streams over gRPC: cursors, the same events as on every binding, refusals, big parts (D3, D9).

import { StreamResponse } from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { LEAVING, envelope, getTask, messageFor, request, sendAndLeave } from '../../harness/calls';
import { GrpcCaller, V03, refusalOf } from '../../harness/grpc';
import { after, raws, seqOf, steps, type GrpcEvent } from '../../harness/grpc-stream';
import { readSse } from '../../harness/sse';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';

const stack = useStack({ gateways: [{}, {}], servesGrpc: true });

let here: GrpcCaller;
let there: GrpcCaller;
let legacy: GrpcCaller;

beforeAll(() => {
  here = new GrpcCaller(stack.grpc);
  there = new GrpcCaller(stack.otherGrpc);
  legacy = new GrpcCaller(stack.otherGrpc, V03);
});

afterAll(() => {
  for (const caller of [here, there, legacy]) caller.close();
});

describe('a cursor in last-event-id (D3)', () => {
  let whole: readonly GrpcEvent[];
  let id: string;

  beforeAll(async () => {
    const stream = here.stream('SendStreamingMessage', steps(8));
    whole = await stream.toEnd();
    id = stream.taskId;
  });

  test('counts the events that a stream numbers 1 to N', () => {
    expect(whole.length).toBeGreaterThan(8);
    expect(whole.map(seqOf)).toEqual(whole.map((_event, i) => i + 1));
  });

  test.each([1, 2, 5])('of %i resumes a finished task on the other gateway', async (cursor) => {
    const [snapshot, ...missed] = await there
      .stream('SubscribeToTask', { id }, after(cursor))
      .toEnd();
    expect(seqOf(snapshot!)).toBe(cursor);
    expect(snapshot!.event.task?.id).toBe(id);
    expect(raws(missed)).toEqual(raws(whole.slice(cursor)));
  });

  test('of 0 starts over', async () => {
    const events = await there.stream('SubscribeToTask', { id }, after(0)).toEnd();
    expect(raws(events)).toEqual(raws(whole));
  });

  test('resumes a task that runs, and repeats nothing', async () => {
    const running = here.stream('SendStreamingMessage', steps(15));
    await running.until('event 4', () => running.lastSeq >= 4);
    const resumed = there.stream('SubscribeToTask', { id: running.taskId }, after(3));
    const [, ...missed] = await resumed.toEnd();
    expect(raws(missed)).toEqual(raws((await running.toEnd()).slice(3)));
  });

  test('resumes on 0.3 too', async () => {
    const [, ...missed] = await legacy
      .stream('TaskSubscription', { name: `tasks/${id}` }, after(5))
      .toEnd();
    expect(missed.map(seqOf)).toEqual(whole.slice(5).map(seqOf));
  });

  test.each(['99', 'x', '-1', '1.5', '1'.repeat(400)])('of %s is refused', async (cursor) => {
    const refused = await refusalOf(there.stream('SubscribeToTask', { id }, after(cursor)).toEnd());
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_PARAMS' });
  });
});

describe('ten subscribers of one task on two gateways', () => {
  interface SseEvent {
    readonly raw: string;
    readonly event: unknown;
  }

  async function overSse(url: string, id: string, isRest: boolean): Promise<readonly SseEvent[]> {
    const headers = { 'Last-Event-ID': '0' };
    const response = isRest
      ? await fetch(`${url}/tasks/${id}:subscribe`, { headers })
      : await request(url, { body: envelope('SubscribeToTask', { id }), headers });
    const events: SseEvent[] = [];
    for await (const { raw, data } of readSse(response)) {
      events.push({ raw, event: isRest ? data : (data as { readonly result: unknown }).result });
    }
    return events;
  }

  /** As the SDK's client would have it, in JSON. */
  const inJson = ({ raw }: GrpcEvent): unknown =>
    StreamResponse.toJSON(A2AService.subscribeToTask.responseDeserialize(raw));

  test.each(['steps', 'stream'])(
    'of skill %s see the same events in the same order',
    async (skill) => {
      const message = messageFor(skill, { events: 12, chunks: 12, everyMs: 60 });
      const { id } = await sendAndLeave(stack.url, message);
      const urls = [stack.url, stack.otherUrl, stack.url];
      const [grpc, rest, jsonRpc] = await Promise.all([
        Promise.all(
          [here, there, here, there].map((caller) =>
            caller.stream('SubscribeToTask', { id }, after(0)).toEnd(),
          ),
        ),
        Promise.all(urls.map((url) => overSse(url, id, true))),
        Promise.all(urls.map((url) => overSse(url, id, false))),
      ]);
      const [first] = grpc;
      expect(first!.length).toBeGreaterThan(10);
      for (const events of grpc) expect(raws(events)).toEqual(raws(first!));
      for (const binding of [rest, jsonRpc]) {
        for (const events of binding) expect(events).toEqual(binding[0]);
        expect(first!.map(inJson)).toEqual(binding[0]!.map(({ event }) => event));
      }
      // To the byte: what REST sends is the JSON of the message, and what JSON-RPC has in its envelope.
      const texts = rest[0]!.map(({ raw }) => raw);
      expect(first!.map((event) => JSON.stringify(inJson(event)))).toEqual(texts);
      expect(jsonRpc[0]!.map(({ raw }) => raw)).toEqual(
        texts.map((text) => `{"jsonrpc":"2.0","id":1,"result":${text}}`),
      );
    },
  );
});

describe('a stream that must be refused', () => {
  test.each([
    { why: 'an unknown task', name: 'SubscribeToTask', request: { id: 'none' }, code: 'NOT_FOUND' },
    { why: 'no id', name: 'SubscribeToTask', request: {}, code: 'INVALID_ARGUMENT' },
    { why: 'no message', name: 'SendStreamingMessage', request: {}, code: 'INVALID_ARGUMENT' },
  ])('for $why says so before any event', async ({ name, request, code }) => {
    const stream = here.stream(name, request);
    expect(await refusalOf(stream.toEnd())).toMatchObject({ code, reason: expect.any(String) });
    expect(stream.events).toEqual([]);
  });

  test('of a finished task is that of a call, and its last state on 0.3', async () => {
    const { value } = await here.ask<{ task: WireTask }>('SendMessage', {
      message: messageFor('echo'),
    });
    const { id } = value.task;
    const refused = await refusalOf(here.stream('SubscribeToTask', { id }).toEnd());
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'UNSUPPORTED_OPERATION' });
    const events = await legacy.stream('TaskSubscription', { name: `tasks/${id}` }).toEnd();
    expect(events.map(({ event }) => event)).toMatchObject([
      { task: { status: { state: 'TASK_STATE_COMPLETED' } } },
    ]);
  });
});

describe('parts that are big', () => {
  /** What clients take by default. */
  const DEFAULT_BYTES = 4_194_304;
  const numbers = Array.from({ length: 500_000 }, (_, i) => i % 10);

  test.each([
    { what: 'text of 1.5 MB', parts: [{ text: 'x'.repeat(1_500_000) }], has: 'text' },
    { what: 'text of 3 MB', parts: [{ text: 'x'.repeat(3_000_000) }], has: 'url' },
    { what: '500,000 numbers', parts: [{ data: numbers }], has: 'url' },
  ])(
    '$what: the answer and the event are for clients with the default limit',
    async ({ parts, has }) => {
      const request = { message: messageFor('echo', {}, { parts }), ...LEAVING };
      const { value } = await here.ask<{ task: WireTask }>('SendMessage', request);
      const { id } = value.task;
      const { raw } = await here.ask<WireTask>('GetTask', { id });
      const [first] = await here.stream('SubscribeToTask', { id }, after(0)).toEnd();
      for (const bytes of [raw, first!.raw]) expect(bytes.length).toBeLessThan(DEFAULT_BYTES);
      expect(first!.event.task?.history?.[0]?.parts[0]).toHaveProperty(has);
      expect((await getTask(stack.url, id)).history?.[0]?.parts).toMatchObject(parts);
    },
  );
});

test('both services of a gateway speak of the same tasks', async () => {
  const { value } = await here.ask<{ task: WireTask }>('SendMessage', {
    message: messageFor('echo'),
  });
  const { id } = value.task;
  expect((await legacy.ask<WireTask>('GetTask', { name: `tasks/${id}` })).value.id).toBe(id);
});
