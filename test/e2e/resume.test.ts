// Numbered streams: what a client gets that comes late, comes back, or leaves (D1, D3).

import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { eventually } from '../harness/eventually';
import { startGateway, startWorker, type TestProcess } from '../harness/processes';
import { readSse, type ReceivedEvent } from '../harness/sse';
import { startTestTemporal, type TestTemporal } from '../harness/temporal';

const processes: TestProcess[] = [];
let temporal: TestTemporal | undefined;
let connection: Connection | undefined;
let here: string;
let there: string;

beforeAll(async () => {
  temporal = await startTestTemporal();
  processes.push(
    ...(await Promise.all([
      startGateway({ temporal }),
      startGateway({ temporal }),
      startWorker({ temporal }),
    ])),
  );
  here = processes[0]!.url;
  there = processes[1]!.url;
  connection = await Connection.connect({ address: temporal.address });
}, 90_000);

afterAll(async () => {
  await connection?.close();
  await Promise.all(processes.map((process) => process.stop()));
  await temporal?.close();
});

interface Part {
  readonly text: string;
}
interface Message {
  readonly parts: readonly Part[];
}
interface Status {
  readonly state: string;
  readonly message?: Message;
}
interface Artifact {
  readonly artifactId: string;
  readonly parts: readonly Part[];
}
interface Task {
  readonly id: string;
  readonly status: Status;
  readonly history?: readonly Message[];
  readonly artifacts?: readonly Artifact[];
  readonly metadata: Readonly<Record<string, unknown>>;
}
interface WireEvent {
  readonly task?: Task;
  readonly statusUpdate?: { readonly status: Status; readonly metadata: Task['metadata'] };
  readonly artifactUpdate?: {
    readonly artifact: Artifact;
    readonly append?: boolean;
    readonly metadata: Task['metadata'];
  };
}

/** One event of a stream, without what frames it. */
interface Received extends WireEvent {
  readonly id: string | undefined;
  readonly raw: string;
}

type Headers = Readonly<Record<string, string>>;

/** Where the two bindings differ. */
interface Binding {
  readonly name: string;
  stream(url: string, message: unknown, headers?: Headers): Promise<Response>;
  subscribe(url: string, taskId: string, headers?: Headers): Promise<Response>;
  unwrap(event: ReceivedEvent): WireEvent;
}

const JSON_V1 = { 'Content-Type': 'application/json', 'A2A-Version': '1.0' };

interface CallOptions {
  readonly headers?: Headers;
  readonly signal?: AbortSignal;
}

function call(url: string, method: string, params: unknown, options: CallOptions = {}) {
  return fetch(url, {
    method: 'POST',
    ...options,
    headers: { ...JSON_V1, ...options.headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
}

const jsonRpc: Binding = {
  name: 'JSON-RPC',
  stream: (url, message, headers = {}) =>
    call(url, 'SendStreamingMessage', { message }, { headers }),
  subscribe: (url, id, headers = {}) => call(url, 'SubscribeToTask', { id }, { headers }),
  unwrap: ({ data }) => (data as { readonly result: WireEvent }).result,
};

const rest: Binding = {
  name: 'REST',
  stream: (url, message, headers = {}) =>
    fetch(`${url}/message:stream`, {
      method: 'POST',
      headers: { ...JSON_V1, ...headers },
      body: JSON.stringify({ message }),
    }),
  subscribe: (url, id, headers = {}) => fetch(`${url}/tasks/${id}:subscribe`, { headers }),
  unwrap: ({ data }) => data as WireEvent,
};

const after = (cursor: number | string): Headers => ({ 'Last-Event-ID': String(cursor) });

function message(skillId: string, options: Readonly<Record<string, number>> = {}) {
  const parts = [{ text: 'go' }, { data: options }];
  return { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata: { skillId } };
}

async function* received(
  { unwrap }: Binding,
  response: Response,
): AsyncGenerator<Received, void, undefined> {
  for await (const event of readSse(response)) {
    yield { id: event.id, raw: event.raw, ...unwrap(event) };
  }
}

async function all(binding: Binding, response: Promise<Response>): Promise<Received[]> {
  const events: Received[] = [];
  for await (const event of received(binding, await response)) events.push(event);
  return events;
}

/** The task of a stream that has begun, and the rest of the stream. */
async function begin(
  binding: Binding,
  response: Promise<Response>,
): Promise<{ first: Received; taskId: string; events: AsyncGenerator<Received> }> {
  const events = received(binding, await response);
  const first = (await events.next()).value as Received;
  return { first, taskId: first.task!.id, events };
}

async function remaining(events: AsyncIterable<Received>): Promise<Received[]> {
  const seen: Received[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function get(url: string, id: string): Promise<Task> {
  const response = await call(url, 'GetTask', { id });
  return ((await response.json()) as { readonly result: Task }).result;
}

/** What a client makes of a task and the events after it (A2A §3.5.2). */
function fold(task: Task, { statusUpdate, artifactUpdate }: Received): Task {
  if (statusUpdate !== undefined) {
    const { status, metadata } = statusUpdate;
    const said = task.status.message === undefined ? [] : [task.status.message];
    return {
      ...task,
      status,
      history: [...(task.history ?? []), ...said],
      metadata: { ...task.metadata, ...metadata },
    };
  }
  const { artifact, append, metadata } = artifactUpdate!;
  const known = task.artifacts ?? [];
  const old = known.find(({ artifactId }) => artifactId === artifact.artifactId);
  const grown = append && old ? { ...old, parts: [...old.parts, ...artifact.parts] } : artifact;
  const artifacts = old ? known.map((a) => (a === old ? grown : a)) : [...known, grown];
  return { ...task, artifacts, metadata: { ...task.metadata, ...metadata } };
}

/** Tasks with neighbouring text parts joined: how a text is cut into parts is not what it says. */
function joined(task: Task): unknown {
  const artifacts = (task.artifacts ?? []).map((artifact) => ({
    ...artifact,
    parts: artifact.parts.map(({ text }) => text).join(''),
  }));
  return { ...task, artifacts };
}

async function openFeeds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^longhaul_open_feeds (\d+)$/m.exec(text)?.[1]);
}

const expectFeeds = (url: string, count: number): Promise<void> =>
  eventually(async () => {
    expect(await openFeeds(url)).toBe(count);
  });

describe.each([jsonRpc, rest])('a numbered stream over $name (D3)', (binding) => {
  const { stream, subscribe } = binding;
  let recorded: Received[];
  let taskId: string;

  beforeAll(async () => {
    recorded = await all(binding, stream(here, message('stream', { chunks: 8, everyMs: 110 })));
    taskId = recorded[0]!.task!.id;
  });

  test('numbers its events 1 to N', () => {
    expect(recorded.length).toBeGreaterThan(6);
    expect(recorded.map(({ id }) => id)).toEqual(recorded.map((_, i) => String(i + 1)));
  });

  test.each([1, 2, 4])(
    'resumed after event %i of a finished task shows the task as of it, then the rest once',
    async (cursor) => {
      const [snapshot, ...missed] = await all(binding, subscribe(there, taskId, after(cursor)));
      expect(snapshot!.id).toBeUndefined();
      const asOf = recorded.slice(1, cursor).reduce(fold, recorded[0]!.task!);
      expect(joined(snapshot!.task!)).toEqual(joined(asOf));
      expect(missed.map(({ id, raw }) => ({ id, raw }))).toEqual(
        recorded.slice(cursor).map(({ id, raw }) => ({ id, raw })),
      );
    },
  );

  test('resumed after the last event shows the finished task, then closes', async () => {
    const events = await all(binding, subscribe(there, taskId, after(recorded.length)));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      id: undefined,
      task: { status: { state: 'TASK_STATE_COMPLETED' } },
    });
  });

  test('resumed after event 0 is the whole stream', async () => {
    const events = await all(binding, subscribe(there, taskId, after(0)));
    expect(events.map(({ id, raw }) => ({ id, raw }))).toEqual(
      recorded.map(({ id, raw }) => ({ id, raw })),
    );
  });

  test('resumed on another gateway while the task runs misses nothing and repeats nothing', async () => {
    const running = await begin(
      binding,
      stream(here, message('steps', { events: 15, everyMs: 110 })),
    );
    const before = [running.first];
    while (before.length < 4) before.push((await running.events.next()).value as Received);
    const [whole, [snapshot, ...missed]] = await Promise.all([
      remaining(running.events).then((later) => [...before, ...later]),
      all(binding, subscribe(there, running.taskId, after(3))),
    ]);
    expect(snapshot).toMatchObject({ id: undefined });
    expect(missed.map(({ id, raw }) => ({ id, raw }))).toEqual(
      whole.slice(3).map(({ id, raw }) => ({ id, raw })),
    );
  });

  test('without a cursor begins with the task as of event n, then goes on with n + 1', async () => {
    const running = await begin(
      binding,
      stream(here, message('steps', { events: 10, everyMs: 110 })),
    );
    while (((await running.events.next()).value as Received).id !== '4') continue;
    const [, late] = await Promise.all([
      remaining(running.events),
      all(binding, subscribe(there, running.taskId)),
    ]);
    const first = Number(late[0]!.id);
    expect(first).toBeGreaterThanOrEqual(4);
    expect(late.map(({ id }) => id)).toEqual(late.map((_, i) => String(first + i)));
    expect(late[0]!.task).toMatchObject({ id: running.taskId });
  });

  test.each(['stream', 'steps', 'unlike'])(
    'of skill %s, folded from any snapshot on, is the task that GetTask brings',
    async (skill) => {
      const options = { chunks: 5, events: 5, everyMs: 110 };
      const running = await begin(binding, stream(here, message(skill, options)));
      await running.events.next();
      const [own, [snapshot, ...updates]] = await Promise.all([
        remaining(running.events),
        all(binding, subscribe(there, running.taskId)),
      ]);
      expect(own.length).toBeGreaterThan(0);
      const task = await get(there, running.taskId);
      expect(joined(updates.reduce(fold, snapshot!.task!))).toEqual(joined(task));
    },
  );

  test('a new task ignores a cursor of another one and begins at 1', async () => {
    const events = await all(binding, stream(here, message('five'), after(3)));
    expect(events[0]).toMatchObject({
      id: '1',
      task: { status: { state: 'TASK_STATE_SUBMITTED' } },
    });
  });
});

describe.each([
  { kind: 'beyond the end', cursor: '99', says: 'event 99 was not sent' },
  { kind: 'no number', cursor: 'x', says: 'Last-Event-ID: must be a number' },
  { kind: 'negative', cursor: '-1', says: 'Last-Event-ID: must be a number' },
  { kind: 'a fraction', cursor: '1.5', says: 'Last-Event-ID: must be a number' },
  { kind: 'of 400 digits', cursor: '1'.repeat(400), says: 'Last-Event-ID: must be a number' },
])('a cursor that is $kind', ({ cursor, says }) => {
  let taskId: string;

  beforeAll(async () => {
    const events = await all(jsonRpc, jsonRpc.stream(here, message('five')));
    taskId = events[0]!.task!.id;
  });

  test('is refused on JSON-RPC in one frame that says why', async () => {
    const events: ReceivedEvent[] = [];
    const response = await jsonRpc.subscribe(there, taskId, after(cursor));
    for await (const event of readSse(response)) events.push(event);
    expect(events.map(({ data }) => data as unknown)).toMatchObject([
      { id: 1, error: { code: -32602, message: expect.stringContaining(says) as string } },
    ]);
  });

  test('is refused on REST with an HTTP error that says why', async () => {
    const response = await rest.subscribe(there, taskId, after(cursor));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', message: expect.stringContaining(says) as string },
    });
  });
});

describe('watching a task (D1)', () => {
  const client = (): Client => new Client({ connection: connection! });

  async function historyLength(taskId: string): Promise<number> {
    const id = ['default', 'anonymous', taskId].join('/');
    return (await client().workflow.getHandle(id).describe()).historyLength;
  }

  test('costs one feed a gateway however many watch, and none after the last has left', async () => {
    await expectFeeds(there, 0);
    const leaving = new AbortController();
    const started = await call(here, 'SendMessage', {
      message: message('steps', { events: 600, everyMs: 100 }),
      configuration: { returnImmediately: true },
    });
    const { id } = ((await started.json()) as { readonly result: { readonly task: Task } }).result
      .task;
    const watch = async (): Promise<void> => {
      const options = { signal: leaving.signal };
      const response = await call(there, 'SubscribeToTask', { id }, options);
      await received(jsonRpc, response).next();
    };
    await Promise.all([watch(), watch()]);
    expect(await openFeeds(there)).toBe(1);
    leaving.abort();
    await expectFeeds(there, 0);
    await call(here, 'CancelTask', { id });
  });

  test('ends its feed when the task ends', async () => {
    await all(jsonRpc, jsonRpc.stream(there, message('five')));
    await expectFeeds(there, 0);
  });

  test('a client that leaves in the middle of its own stream is noticed, and cancels nothing', async () => {
    await expectFeeds(here, 0);
    const leaving = new AbortController();
    const options = { signal: leaving.signal };
    const what = { message: message('steps', { events: 10, everyMs: 110 }) };
    const response = call(here, 'SendStreamingMessage', what, options);
    const { taskId } = await begin(jsonRpc, response);
    expect(await openFeeds(here)).toBe(1);
    leaving.abort();
    await expectFeeds(here, 0);
    await eventually(async () => {
      expect((await get(here, taskId)).status.state).toBe('TASK_STATE_COMPLETED');
    });
  });

  test('by five leaves no more in the history than by none', async () => {
    const run = async (watchers: number): Promise<number> => {
      const what = { message: message('steps', { events: 6, everyMs: 400 }) };
      const configuration = { returnImmediately: true };
      const started = await call(here, 'SendMessage', { ...what, configuration });
      const { id } = ((await started.json()) as { readonly result: { readonly task: Task } }).result
        .task;
      await Promise.all(
        Array.from({ length: watchers }, (_, i) =>
          all(jsonRpc, jsonRpc.subscribe(i % 2 === 0 ? here : there, id)),
        ),
      );
      await eventually(async () => {
        expect((await get(here, id)).status.state).toBe('TASK_STATE_COMPLETED');
      });
      return historyLength(id);
    };
    const [watched, unwatched] = [await run(5), await run(0)];
    expect(watched).toBe(unwatched);
  });
});
