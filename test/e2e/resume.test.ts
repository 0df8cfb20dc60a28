// Numbered streams: what a client gets that comes late, or comes back (D3).

import { envelope, getTask, messageFor, request, type Headings } from '../harness/calls';
import { readSse, type ReceivedEvent } from '../harness/sse';
import { TWO_GATEWAYS, useStack } from '../harness/stack';
import { textOf, type WireEvent, type WireMessage, type WireTask } from '../harness/wire';

const stack = useStack(TWO_GATEWAYS);

/** One event of a stream, without what frames it. */
interface Received extends WireEvent {
  readonly id: string | undefined;
  readonly raw: string;
}

/** Where the two bindings differ. */
interface Binding {
  readonly name: string;
  stream(url: string, message: WireMessage, options?: CallOptions): Promise<Response>;
  subscribe(url: string, taskId: string, options?: CallOptions): Promise<Response>;
  unwrap(event: ReceivedEvent): WireEvent;
}

interface CallOptions {
  readonly headers?: Headings;
  readonly signal?: AbortSignal;
}

const jsonRpc: Binding = {
  name: 'JSON-RPC',
  stream: (url, message, options) =>
    request(url, { body: envelope('SendStreamingMessage', { message }), ...options }),
  subscribe: (url, id, options) =>
    request(url, { body: envelope('SubscribeToTask', { id }), ...options }),
  unwrap: ({ data }) => (data as { readonly result: WireEvent }).result,
};

const rest: Binding = {
  name: 'REST',
  stream: (url, message, options) =>
    request(url, { path: '/message:stream', body: { message }, ...options }),
  // Without a version: REST has the one that its path says.
  subscribe: (url, id, options) => fetch(`${url}/tasks/${id}:subscribe`, options),
  unwrap: ({ data }) => data as WireEvent,
};

const after = (cursor: number | string): CallOptions => ({
  headers: { 'Last-Event-ID': String(cursor) },
});

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

/** What a client makes of a task and the events after it (A2A §3.5.2). */
function fold(task: WireTask, { statusUpdate, artifactUpdate }: Received): WireTask {
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
function joined(task: WireTask): unknown {
  const artifacts = (task.artifacts ?? []).map((artifact) => ({
    ...artifact,
    parts: textOf(artifact.parts),
  }));
  return { ...task, artifacts };
}

describe.each([jsonRpc, rest])('a numbered stream over $name (D3)', (binding) => {
  const { stream, subscribe } = binding;
  let recorded: Received[];
  let taskId: string;

  beforeAll(async () => {
    recorded = await all(
      binding,
      stream(stack.url, messageFor('stream', { chunks: 8, everyMs: 110 })),
    );
    taskId = recorded[0]!.task!.id;
  });

  test('numbers its events 1 to N', () => {
    expect(recorded.length).toBeGreaterThan(6);
    expect(recorded.map(({ id }) => id)).toEqual(recorded.map((_, i) => String(i + 1)));
  });

  test.each([1, 2, 4])(
    'resumed after event %i of a finished task shows the task as of it, then the rest once',
    async (cursor) => {
      const [snapshot, ...missed] = await all(
        binding,
        subscribe(stack.otherUrl, taskId, after(cursor)),
      );
      expect(snapshot!.id).toBeUndefined();
      const asOf = recorded.slice(1, cursor).reduce(fold, recorded[0]!.task!);
      expect(joined(snapshot!.task!)).toEqual(joined(asOf));
      expect(missed.map(({ id, raw }) => ({ id, raw }))).toEqual(
        recorded.slice(cursor).map(({ id, raw }) => ({ id, raw })),
      );
    },
  );

  test('resumed after the last event shows the finished task, then closes', async () => {
    const events = await all(binding, subscribe(stack.otherUrl, taskId, after(recorded.length)));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      id: undefined,
      task: { status: { state: 'TASK_STATE_COMPLETED' } },
    });
  });

  test('resumed after event 0 is the whole stream', async () => {
    const events = await all(binding, subscribe(stack.otherUrl, taskId, after(0)));
    expect(events.map(({ id, raw }) => ({ id, raw }))).toEqual(
      recorded.map(({ id, raw }) => ({ id, raw })),
    );
  });

  test('resumed on another gateway while the task runs misses nothing and repeats nothing', async () => {
    const running = await begin(
      binding,
      stream(stack.url, messageFor('steps', { events: 15, everyMs: 110 })),
    );
    const before = [running.first];
    while (before.length < 4) before.push((await running.events.next()).value as Received);
    const [whole, [snapshot, ...missed]] = await Promise.all([
      remaining(running.events).then((later) => [...before, ...later]),
      all(binding, subscribe(stack.otherUrl, running.taskId, after(3))),
    ]);
    expect(snapshot).toMatchObject({ id: undefined });
    expect(missed.map(({ id, raw }) => ({ id, raw }))).toEqual(
      whole.slice(3).map(({ id, raw }) => ({ id, raw })),
    );
  });

  test('without a cursor begins with the task as of event n, then goes on with n + 1', async () => {
    const running = await begin(
      binding,
      stream(stack.url, messageFor('steps', { events: 10, everyMs: 110 })),
    );
    while (((await running.events.next()).value as Received).id !== '4') continue;
    const [, late] = await Promise.all([
      remaining(running.events),
      all(binding, subscribe(stack.otherUrl, running.taskId)),
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
      const running = await begin(binding, stream(stack.url, messageFor(skill, options)));
      await running.events.next();
      const [own, [snapshot, ...updates]] = await Promise.all([
        remaining(running.events),
        all(binding, subscribe(stack.otherUrl, running.taskId)),
      ]);
      expect(own.length).toBeGreaterThan(0);
      const task = await getTask(stack.otherUrl, running.taskId);
      expect(joined(updates.reduce(fold, snapshot!.task!))).toEqual(joined(task));
    },
  );

  test('a new task ignores a cursor of another one and begins at 1', async () => {
    const events = await all(binding, stream(stack.url, messageFor('five'), after(3)));
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
    const events = await all(jsonRpc, jsonRpc.stream(stack.url, messageFor('five')));
    taskId = events[0]!.task!.id;
  });

  test('is refused on JSON-RPC in one frame that says why', async () => {
    const events: ReceivedEvent[] = [];
    const response = await jsonRpc.subscribe(stack.otherUrl, taskId, after(cursor));
    for await (const event of readSse(response)) events.push(event);
    expect(events.map(({ data }) => data)).toMatchObject([
      { id: 1, error: { code: -32602, message: expect.stringContaining(says) as string } },
    ]);
  });

  test('is refused on REST with an HTTP error that says why', async () => {
    const response = await rest.subscribe(stack.otherUrl, taskId, after(cursor));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', message: expect.stringContaining(says) as string },
    });
  });
});
