// Temporal goes away and comes back (D10): plain refusals meanwhile, open streams that wait, nothing lost afterwards.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  LEAVING,
  getTask,
  http,
  listTasks,
  messageFor,
  rpc,
  send,
  sendAndLeave,
  type Answer,
  type Rpc,
} from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { expectEveryId, lastState, progressTexts, stepTexts } from '../harness/frames';
import { note } from '../harness/note';
import { useStack } from '../harness/stack';
import { streamMessage, type Stream } from '../harness/stream';
import type { WireMessage, WireTask } from '../harness/wire';

const REFUSAL_MS = 2_500;
const READY_AGAIN_MS = 10_000;
const STEPS = 60;

const stack = useStack();
/** Over before anything happens to Temporal. */
let done: WireTask;

beforeAll(async () => {
  done = await send(stack.url, messageFor('echo'));
});

type Refusals = Readonly<Record<string, Answer<unknown>>>;

/** Every operation on both bindings, all at once. */
async function askEverything(): Promise<Refusals> {
  const { url } = stack;
  const { id } = done;
  const message = (): { message: WireMessage } => ({ message: messageFor('echo') });
  const calls: Record<string, Promise<Answer<unknown>>> = {
    GetTask: rpc(url, 'GetTask', { id }),
    ListTasks: rpc(url, 'ListTasks', {}),
    SendMessage: rpc(url, 'SendMessage', message()),
    CancelTask: rpc(url, 'CancelTask', { id }),
    SendStreamingMessage: rpc(url, 'SendStreamingMessage', message()),
    SubscribeToTask: rpc(url, 'SubscribeToTask', { id }, { 'Last-Event-ID': '1' }),
    'GET /tasks/<id>': http(url, { path: `/tasks/${id}` }),
    'GET /tasks': http(url, { path: '/tasks' }),
    'POST /message:send': http(url, { path: '/message:send', body: message() }),
    'POST /tasks/<id>:cancel': http(url, { path: `/tasks/${id}:cancel`, body: {} }),
    'POST /message:stream': http(url, { path: '/message:stream', body: message() }),
    'POST /tasks/<id>:subscribe': http(url, { path: `/tasks/${id}:subscribe`, body: {} }),
  };
  const answers = Object.entries(calls).map(async ([name, call]) => [name, await call] as const);
  return Object.fromEntries(await Promise.all(answers));
}

function expectRefusals(refusals: Refusals): void {
  const said = Object.entries(refusals).map(([name, { status, headers }]) => ({
    ...{ name, status },
    retryAfter: headers.get('Retry-After'),
  }));
  expect(said).toEqual(
    Object.keys(refusals).map((name) => ({
      ...{ name, status: 503 },
      retryAfter: expect.stringMatching(/^\d+$/),
    })),
  );
}

function slowest(refusals: Refusals): { readonly name: string; readonly ms: number } {
  const times = Object.entries(refusals).map(([name, { ms }]) => ({ name, ms }));
  return times.reduce((a, b) => (b.ms > a.ms ? b : a));
}

async function health(path: string): Promise<number> {
  return (await http(stack.url, { path })).status;
}

describe('a Temporal that was killed and started again on its database', () => {
  interface Write {
    readonly message: WireMessage;
    readonly key: { readonly 'Idempotency-Key': string };
    readonly answer: Rpc<{ task: WireTask }>;
  }

  let stream: Stream;
  let acknowledged: readonly WireTask[];
  let refusals: Refusals;
  let status: { readonly ready: number; readonly healthy: number };
  let keepAlives: number;
  let readyAgainMs: number;
  const contextId = randomUUID();
  const writes: Write[] = [];

  beforeAll(async () => {
    stream = await streamMessage(stack.url, messageFor('steps', { events: STEPS, everyMs: 200 }));
    await stream.until('the fifth event', ({ id }) => id === 5);
    acknowledged = await Promise.all(
      Array.from({ length: 10 }, () => sendAndLeave(stack.url, messageFor('echo'))),
    );
    await stack.temporal.kill();

    refusals = await askEverything();
    status = { ready: await health('/readyz'), healthy: await health('/healthz') };
    const offering = new AbortController();
    const offered = offerWrites(offering.signal);
    const before = stream.keepAlives;
    await stream.untilTrue('two keep-alives', () => stream.keepAlives >= before + 2);
    keepAlives = stream.keepAlives - before;
    await stack.temporal.restart();
    const from = Date.now();
    await untilAnswer(
      'ready again',
      () => health('/readyz'),
      (ready) => ready === 200,
    );
    readyAgainMs = Date.now() - from;
    offering.abort();
    await offered;
  }, 120_000);

  /** A client that tries on and on, each time something new. */
  async function offerWrites(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const message = messageFor('echo', {}, { contextId });
      const key = { 'Idempotency-Key': randomUUID() };
      const params = { message, ...LEAVING };
      const answer = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', params, key);
      writes.push({ message, key, answer });
      await delay(100);
    }
  }

  test('every operation is refused with 503 and Retry-After', () => {
    expectRefusals(refusals);
  });

  test('a send is told that its message may have been recorded, and how to repeat it', () => {
    const saying = Object.entries(refusals).flatMap(([name, { body }]) =>
      /may have been recorded.* the same Idempotency-Key/.test(JSON.stringify(body)) ? [name] : [],
    );
    expect(saying).toEqual([
      'SendMessage',
      'SendStreamingMessage',
      'POST /message:send',
      'POST /message:stream',
    ]);
  });

  test('no refusal takes longer than 2.5 s', () => {
    const { name, ms } = slowest(refusals);
    note(`slowest refusal: ${name} after ${String(ms)} ms`);
    expect(ms).toBeLessThanOrEqual(REFUSAL_MS);
  });

  test('the gateway says that it is alive and not ready', () => {
    expect(status).toEqual({ ready: 503, healthy: 200 });
  });

  test('an open stream is kept alive', () => {
    expect(keepAlives).toBeGreaterThanOrEqual(2);
  });

  test('the gateway is ready again within 10 s of the restart', () => {
    note(`ready ${String(readyAgainMs)} ms after the server answers again`);
    expect(readyAgainMs).toBeLessThanOrEqual(READY_AGAIN_MS);
  });

  test('the open stream goes on to the end, each event once', async () => {
    const frames = await stream.toEnd();
    expectEveryId(frames);
    expect(progressTexts(frames)).toEqual(stepTexts(STEPS));
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  });

  test('what was acknowledged before is done', async () => {
    for (const { id } of acknowledged) {
      const task = await untilAnswer(
        `task ${id} is done`,
        () => getTask(stack.url, id),
        (now) => now.status.state === 'TASK_STATE_COMPLETED',
      );
      expect(task.id).toBe(id);
    }
  });

  test('a write that was offered meanwhile is one task, whatever it was answered', async () => {
    const refused = writes.filter(({ answer }) => answer.status === 503);
    note(`${String(writes.length)} writes offered, ${String(refused.length)} refused`);
    expect(refused.length).toBeGreaterThan(0);
    for (const { message, key, answer } of writes) {
      const { id } = await sendAndLeave(stack.url, message, key);
      const acknowledgedId = answer.body.result?.task.id ?? id;
      expect(acknowledgedId).toBe(id);
    }
    const { totalSize } = await untilAnswer(
      'the listing has all of them',
      () => listTasks(stack.url, { contextId }),
      (page) => page.totalSize >= writes.length,
    );
    expect(totalSize).toBe(writes.length);
  });
});

describe('a Temporal that hangs', () => {
  test('every operation is refused within 2.5 s, and works when it goes on', async () => {
    process.kill(stack.temporal.pid, 'SIGSTOP');
    let refusals: Refusals;
    try {
      refusals = await askEverything();
    } finally {
      process.kill(stack.temporal.pid, 'SIGCONT');
    }
    expectRefusals(refusals);
    const { name, ms } = slowest(refusals);
    note(`slowest refusal: ${name} after ${String(ms)} ms`);
    expect(ms).toBeLessThanOrEqual(REFUSAL_MS);

    const again = await untilAnswer(
      'an answer',
      () => rpc<WireTask>(stack.url, 'GetTask', { id: done.id }),
      (answer) => answer.status === 200,
    );
    expect(again.body.result?.id).toBe(done.id);
  });
});
