// Who leaves a gRPC call before its end, or stalls it: a client, or the gateway (D1, D10).

import { randomUUID } from 'node:crypto';
import { LEAVING, listTasks, messageFor } from '../../harness/calls';
import { eventually, within } from '../../harness/eventually';
import { GrpcCaller, refusalOf, toRefusal } from '../../harness/grpc';
import { type GrpcStream, after, raws, seqOf, steps } from '../../harness/grpc-stream';
import { expectFeeds, openFeeds } from '../../harness/metrics';
import { INSPECTED, heldBytes } from '../../harness/held-memory';
import { note } from '../../harness/note';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';

const stack = useStack({ gateways: [{}, {}], servesGrpc: true });

let here: GrpcCaller;
let there: GrpcCaller;

beforeAll(() => {
  here = new GrpcCaller(stack.grpc);
  there = new GrpcCaller(stack.otherGrpc);
});

afterAll(() => {
  for (const caller of [here, there]) caller.close();
});

describe('a client that leaves', () => {
  /** It goes on for a minute, so that its end cannot be taken for what the client did. */
  const long = (contextId: string): object => ({
    message: messageFor('steps', { events: 600, everyMs: 100 }, { contextId }),
  });

  /** They run as if nothing had happened; then they are canceled. */
  async function expectRunning(contextId: string, count: number): Promise<void> {
    const { tasks } = await listTasks(stack.url, { contextId });
    expect(tasks.map(({ status }) => status.state)).toEqual(
      Array.from({ length: count }, () => 'TASK_STATE_WORKING'),
    );
    await Promise.all(tasks.map(({ id }) => here.ask('CancelTask', { id })));
    expect(stack.gateways[0]!.output()).not.toMatch(/a request failed|"level":[56]0/);
  }

  test('is noticed, and cancels nothing', async () => {
    const contextId = randomUUID();
    await expectFeeds(stack.url, 0);
    const stream = here.stream('SendStreamingMessage', long(contextId));
    await stream.until('its third event', () => stream.events.length > 2);
    expect(await openFeeds(stack.url)).toBe(1);
    stream.cancel();
    await expectFeeds(stack.url, 0);
    await expectRunning(contextId, 1);
  });

  test('by its deadline is noticed too, and cancels nothing either', async () => {
    const contextId = randomUUID();
    // Longer than a send waits for a quick end before it follows the task.
    const call = { withinMs: 1_500 };
    const sent = here.ask('SendMessage', long(contextId), call);
    const stream = here.stream('SendStreamingMessage', long(contextId), call);
    await stream.until('its third event', () => stream.events.length > 2);
    await eventually(async () => {
      expect(await openFeeds(stack.url)).toBe(2);
    });
    expect(await refusalOf(sent)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const err = await within('the deadline', stream.over);
    expect(toRefusal(err!)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expectFeeds(stack.url, 0);
    await expectRunning(contextId, 2);
  });
});

describe('a client that does not read', () => {
  /** Far more than any buffer on the way, and less than a task may hold. */
  const BYTES = 12_000_000;
  const STALLED = 30;
  const heavy = { message: messageFor('heavy', { bytes: BYTES, chunkBytes: 60_000 }), ...LEAVING };
  test('holds no memory in the gateway, and gets all of it when it reads on', async () => {
    const { id } = (await here.ask<{ task: WireTask }>('SendMessage', heavy)).value.task;
    await here.stream('SubscribeToTask', { id }, after(0)).toEnd();
    const gateway = await stack.startGateway(INSPECTED);
    const before = await heldBytes(gateway);
    const callers = Array.from({ length: STALLED }, () => new GrpcCaller(gateway.grpcAddress));
    const streams: GrpcStream[] = [];
    for (const caller of callers) {
      const stream = caller.stream('SubscribeToTask', { id }, after(0));
      streams.push(stream);
      await stream.until('its first event', () => stream.events.length > 0);
      stream.pause();
    }
    // Once what is under way has come: a page of the history each, and no copy of what they have not read.
    const held = await eventually(async () => {
      const bytes = (await heldBytes(gateway)) - before;
      expect(bytes).toBeLessThan((STALLED * BYTES) / 3);
      return bytes;
    });
    note(`${String(STALLED)} stalled streams of 12 MB each: ${(held / 1e6).toFixed(0)} MB more`);
    for (const stream of streams.slice(1)) stream.cancel();
    streams[0]!.resume();
    const events = await streams[0]!.toEnd();
    expect(events.map(seqOf)).toEqual(events.map((_event, i) => i + 1));
    await expectFeeds(gateway.url, 0);
    for (const caller of callers) caller.close();
  });
});

test('a gateway that stops ends its streams, and says that they go on elsewhere', async () => {
  const doomed = await stack.startGateway();
  const caller = new GrpcCaller(doomed.grpcAddress);
  const stream = caller.stream('SendStreamingMessage', steps(40, 110));
  await stream.until('its third event', () => stream.events.length >= 3);
  const contextId = randomUUID();
  const message = messageFor('steps', { everyMs: 300 }, { contextId });
  const blocking = refusalOf(caller.ask('SendMessage', { message }));
  await eventually(async () => {
    expect((await listTasks(stack.url, { contextId })).totalSize).toBe(1);
  });
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
