// Streams over gRPC: cursors, the same events as on every binding, and who leaves or stalls (D1, D3).

import { randomUUID } from 'node:crypto';
import {
  LEAVING,
  envelope,
  getTask,
  messageFor,
  request,
  result,
  rpc,
  sendAndLeave,
} from '../../harness/calls';
import { eventually, within } from '../../harness/eventually';
import {
  GrpcCaller,
  V03,
  V1,
  refusalOf,
  seqOf,
  toRefusal,
  type GrpcEvent,
} from '../../harness/grpc';
import { note } from '../../harness/note';
import { readSse } from '../../harness/sse';
import { useStack } from '../../harness/stack';
import type { WireEvent, WireTask } from '../../harness/wire';

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

const steps = (events: number, everyMs = 60): object => ({
  message: messageFor('steps', { events, everyMs }),
});
const after = (cursor: number | string) => ({ headings: { 'last-event-id': String(cursor) } });
const raws = (events: readonly GrpcEvent[]): readonly string[] =>
  events.map(({ raw }) => raw.toString('base64'));

async function openFeeds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^longhaul_open_feeds (\d+)$/m.exec(text)?.[1]);
}

const expectFeeds = (url: string, count: number): Promise<void> =>
  eventually(async () => {
    expect(await openFeeds(url)).toBe(count);
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
  /** Protobuf leaves out what is empty and does not order keys; the meaning is compared. */
  const meaning = (event: WireEvent): unknown => JSON.parse(JSON.stringify(event));

  async function overSse(url: string, id: string, isRest: boolean): Promise<readonly WireEvent[]> {
    const headers = { 'Last-Event-ID': '0' };
    const response = isRest
      ? await fetch(`${url}/tasks/${id}:subscribe`, { headers })
      : await request(url, { body: envelope('SubscribeToTask', { id }), headers });
    const events: WireEvent[] = [];
    for await (const { data } of readSse(response)) {
      events.push(isRest ? (data as WireEvent) : (data as { result: WireEvent }).result);
    }
    return events;
  }

  test.each(['steps', 'stream'])(
    'of skill %s see the same events in the same order',
    async (skill) => {
      const message = messageFor(skill, { events: 12, chunks: 12, everyMs: 60 });
      const { id } = await sendAndLeave(stack.url, message);
      const overGrpc = [here, there, here, there].map((caller) =>
        caller.stream('SubscribeToTask', { id }, after(0)).toEnd(),
      );
      const overHttp = [stack.url, stack.otherUrl].flatMap((url) =>
        [true, false, true].map((isRest) => overSse(url, id, isRest)),
      );
      const [first, ...others] = await Promise.all(overGrpc);
      expect(first!.length).toBeGreaterThan(10);
      for (const other of others) expect(raws(other)).toEqual(raws(first!));
      for (const events of await Promise.all(overHttp)) {
        expect(events.map(meaning)).toMatchObject(
          first!.map(({ event }) => meaning(event)) as object[],
        );
        expect(events).toHaveLength(first!.length);
      }
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

describe('a client that leaves', () => {
  test('is noticed, and cancels nothing', async () => {
    await expectFeeds(stack.url, 0);
    const stream = here.stream('SendStreamingMessage', steps(10, 110));
    await stream.until('its first event', () => stream.events.length > 0);
    expect(await openFeeds(stack.url)).toBe(1);
    const id = stream.taskId;
    stream.cancel();
    await expectFeeds(stack.url, 0);
    await eventually(async () => {
      expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_COMPLETED');
    });
    expect(stack.gateways[0]!.output()).not.toMatch(/a request failed|"level":[56]0/);
  });

  test('by its deadline cancels nothing either', async () => {
    const contextId = randomUUID();
    const message = messageFor('steps', { events: 12, everyMs: 110 }, { contextId });
    const sent = here.ask('SendMessage', { message }, { withinMs: 700 });
    expect(await refusalOf(sent)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const stream = here.stream('SendStreamingMessage', steps(12, 110), { withinMs: 700 });
    const err = await within('the deadline', stream.over);
    expect(toRefusal(err!)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expectFeeds(stack.url, 0);
    await eventually(async () => {
      const query = { contextId, includeArtifacts: true };
      const { tasks } = await result(rpc<{ tasks: WireTask[] }>(stack.url, 'ListTasks', query));
      expect(tasks.map(({ status }) => status.state)).toEqual(['TASK_STATE_COMPLETED']);
    });
    expect(stack.gateways[0]!.output()).not.toMatch(/a request failed|"level":[56]0/);
  });
});

describe('a client that does not read', () => {
  /** Far more than any buffer on the way, and less than a task may hold. */
  const BYTES = 12_000_000;
  const heavy = { message: messageFor('heavy', { bytes: BYTES, chunkBytes: 60_000 }), ...LEAVING };

  async function memoryOf(url: string): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6;
  }

  test('holds no memory in the gateway, and gets all of it when it reads on', async () => {
    const { id } = (await here.ask<{ task: WireTask }>('SendMessage', heavy)).value.task;
    await here.stream('SubscribeToTask', { id }, after(0)).toEnd();
    const before = await memoryOf(stack.url);
    const callers = Array.from({ length: 10 }, () => new GrpcCaller(stack.grpc));
    const streams = callers.map((caller) => {
      const stream = caller.stream('SubscribeToTask', { id }, after(0));
      stream.pause();
      return stream;
    });
    let grown = 0;
    for (let i = 0; i < 8; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      grown = Math.max(grown, (await memoryOf(stack.url)) - before);
    }
    note(`10 stalled streams of 12 MB each: ${grown.toFixed(0)} MB more`);
    expect(grown).toBeLessThan(80);
    for (const stream of streams.slice(1)) stream.cancel();
    streams[0]!.resume();
    const events = await streams[0]!.toEnd();
    expect(events.map(seqOf)).toEqual(events.map((_event, i) => i + 1));
    await expectFeeds(stack.url, 0);
    for (const caller of callers) caller.close();
  });
});

test('a gateway that stops ends its streams, and says that they go on elsewhere', async () => {
  const doomed = await stack.startGateway();
  const caller = new GrpcCaller(doomed.grpcAddress);
  const stream = caller.stream('SendStreamingMessage', steps(25, 110));
  await stream.until('its third event', () => stream.events.length >= 3);
  const blocking = refusalOf(caller.ask('SendMessage', { message: messageFor('steps') }));
  const from = Date.now();
  await doomed.stop();
  expect(Date.now() - from).toBeLessThan(5_000);
  const stopping = {
    code: 'UNAVAILABLE',
    reason: 'GATEWAY_STOPPING',
    details: [{ reason: 'GATEWAY_STOPPING' }, { retryDelay: '2s' }],
  };
  expect(await blocking).toMatchObject(stopping);
  expect(toRefusal((await stream.over)!)).toMatchObject(stopping);
  expect(doomed.output()).not.toContain('a request failed');
  const resumed = here.stream('SubscribeToTask', { id: stream.taskId }, after(stream.lastSeq));
  const union = [...stream.events, ...(await resumed.toEnd()).slice(1)];
  expect(union.map(seqOf)).toEqual(union.map((_event, i) => i + 1));
  caller.close();
});

test('streams of a gateway that is killed resume on the other one, and every event arrives once', async () => {
  const doomed = await stack.startGateway();
  const callers = Array.from({ length: 5 }, () => new GrpcCaller(doomed.grpcAddress));
  const streams = callers.map((caller) => caller.stream('SendStreamingMessage', steps(30, 110)));
  await streams[0]!.until('its tenth event', () => streams[0]!.lastSeq >= 10);
  await doomed.kill();
  const firstMs: number[] = [];
  for (const cut of streams) {
    expect(toRefusal((await within('the cut', cut.over))!)).toMatchObject({ code: 'UNAVAILABLE' });
    const from = Date.now();
    const resumed = here.stream('SubscribeToTask', { id: cut.taskId }, after(cut.lastSeq));
    await resumed.until('the snapshot', () => resumed.events.length > 0);
    firstMs.push(Date.now() - from);
    await resumed.toEnd();
    const union = [...cut.events, ...resumed.events.slice(1)];
    expect(union.map(seqOf)).toEqual(union.map((_event, i) => i + 1));
    const undisturbed = await there.stream('SubscribeToTask', { id: cut.taskId }, after(0)).toEnd();
    expect(raws(union)).toEqual(raws(undisturbed));
  }
  note(`first event after the reconnect: at most ${String(Math.max(...firstMs))} ms`);
  expect(Math.max(...firstMs)).toBeLessThanOrEqual(1_000);
  for (const caller of callers) caller.close();
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
  expect(V1).not.toBe(V03);
  expect((await legacy.ask<WireTask>('GetTask', { name: `tasks/${id}` })).value.id).toBe(id);
});
