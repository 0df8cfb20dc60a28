// The official JavaScript client of A2A 0.3 against two gateways, on JSON-RPC.

import type { Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from 'a2a-sdk-0.3';
import { ClientFactory, type Client } from 'a2a-sdk-0.3/client';
import { randomUUID } from 'node:crypto';
import { eventually } from '../harness/eventually';
import { TWO_GATEWAYS, useStack } from '../harness/stack';

type Event = Message | Task | TaskStatusUpdateEvent | TaskArtifactUpdateEvent;

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
const stack = useStack(TWO_GATEWAYS);
let client: Client;
let other: Client;

beforeAll(async () => {
  client = await new ClientFactory().createFromUrl(stack.url);
  other = await new ClientFactory().createFromUrl(stack.otherUrl);
});

interface Request {
  readonly skill: string;
  readonly text?: string;
  readonly options?: Readonly<Record<string, number>>;
  readonly taskId?: string;
  readonly contextId?: string;
}

function message({ skill, text = 'hello', options, ...address }: Request): Message {
  const data = options === undefined ? [] : [{ kind: 'data' as const, data: options }];
  return {
    kind: 'message',
    messageId: randomUUID(),
    role: 'user',
    parts: [{ kind: 'text', text }, ...data],
    metadata: { skillId: skill },
    ...address,
  };
}

interface Configuration {
  readonly blocking?: boolean;
  readonly historyLength?: number;
}

async function send(what: Request, configuration?: Configuration): Promise<Task> {
  const params = { message: message(what), ...(configuration && { configuration }) };
  const result = await client.sendMessage(params);
  if (result.kind !== 'task') throw new Error('a message instead of a task');
  return result;
}

const stream = (what: Request) => client.sendMessageStream({ message: message(what) });

async function all(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

async function firstTask(events: AsyncIterator<Event>): Promise<Task> {
  const { value } = (await events.next()) as { readonly value?: Event };
  if (value?.kind !== 'task') throw new Error('the first event is not the task');
  return value;
}

function stateOf(event: Event | undefined): string | undefined {
  return event?.kind === 'task' || event?.kind === 'status-update' ? event.status.state : undefined;
}

function seqOf(event: Event): number {
  return (event.metadata![CURSOR] as { readonly seq: number }).seq;
}

function textOf(holder: { readonly parts: Message['parts'] } | undefined): string {
  return (holder?.parts ?? []).map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function progressOf(events: readonly Event[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'status-update' && event.status.message ? [textOf(event.status.message)] : [],
  );
}

function finalsOf(events: readonly Event[]): boolean[] {
  return events.flatMap((event) => (event.kind === 'status-update' ? [event.final] : []));
}

/** The client's errors carry the answer; of a refused stream the error's cause does. */
async function expectRefusal(act: Promise<unknown>, code: number): Promise<void> {
  interface Refused {
    readonly errorResponse?: { readonly error: { readonly code: number } };
    readonly cause?: Refused;
  }
  const err = (await act.then(
    () => undefined,
    (refused: unknown) => refused,
  )) as Refused | undefined;
  expect((err?.errorResponse ?? err?.cause?.errorResponse)?.error.code).toBe(code);
}

const [TASK_NOT_FOUND, TASK_NOT_CANCELABLE, UNSUPPORTED_OPERATION] = [-32001, -32002, -32004];

describe('message/send (0.3 §7.1)', () => {
  test('without a configuration resolves with the finished task', async () => {
    const task = await send({ skill: 'echo', text: 'say this' });
    expect(task.status.state).toBe('completed');
    expect(textOf(task.status.message)).toBe('say this');
  });

  test('with a configuration that does not say blocking still blocks', async () => {
    const options = { events: 3, everyMs: 50 };
    const task = await send({ skill: 'steps', options }, { historyLength: 1 });
    expect(task.status.state).toBe('completed');
  });

  test('with blocking false resolves before the task is finished', async () => {
    const options = { events: 5, everyMs: 100 };
    const { id, status } = await send({ skill: 'steps', options }, { blocking: false });
    expect(['submitted', 'working']).toContain(status.state);
    await eventually(async () => {
      expect((await client.getTask({ id })).status.state).toBe('completed');
    });
  });

  test.each([
    { skill: 'fails', state: 'failed', text: 'this is why' },
    { skill: 'rejects', state: 'rejected', text: 'not for me' },
  ])('tells why a task of skill $skill ended', async ({ skill, state, text }) => {
    const { status } = await send({ skill });
    expect({ state: status.state, text: textOf(status.message) }).toEqual({ state, text });
  });
});

describe('message/stream (0.3 §7.2)', () => {
  test('begins with the task, brings every text in order, and ends with completed', async () => {
    const events = await all(stream({ skill: 'five' }));
    expect(events[0]?.kind).toBe('task');
    expect(progressOf(events)).toEqual([1, 2, 3, 4, 5].map((n) => `progress ${n}`));
    expect(stateOf(events.at(-1))).toBe('completed');
  });

  test('says final on its last event only', async () => {
    const finals = finalsOf(await all(stream({ skill: 'five' })));
    expect(finals.indexOf(true)).toBe(finals.length - 1);
  });

  test('opens an artifact with append false, grows it, and closes it with lastChunk', async () => {
    const events = await all(stream({ skill: 'stream', options: { chunks: 4, everyMs: 20 } }));
    const chunks = events.filter((event) => event.kind === 'artifact-update');
    expect(chunks.map(({ append }) => append ?? false)).toEqual([
      false,
      ...chunks.slice(1).map(() => true),
    ]);
    expect(chunks.map(({ lastChunk }) => lastChunk).indexOf(true)).toBe(chunks.length - 1);
    expect(chunks.map(({ artifact }) => textOf(artifact)).join('')).toBe(
      [1, 2, 3, 4].map((n) => `line ${n}\n`).join(''),
    );
  });

  test('every object says its kind', async () => {
    const [task] = await all(stream({ skill: 'five' }));
    expect(task).toMatchObject({
      kind: 'task',
      history: [{ kind: 'message', role: 'user', parts: [{ kind: 'text' }] }],
    });
  });
});

describe('tasks/get (0.3 §7.3)', () => {
  test('brings the history whole, not at all, or its end, as historyLength says', async () => {
    const { id } = await send({ skill: 'five' });
    const texts = async (historyLength?: number): Promise<string[]> => {
      const params = historyLength === undefined ? { id } : { id, historyLength };
      return ((await client.getTask(params)).history ?? []).map(textOf);
    };
    const whole = await texts();
    expect(whole).toEqual(['hello', ...[1, 2, 3, 4, 5].map((n) => `progress ${n}`)]);
    expect(await texts(0)).toEqual([]);
    expect(await texts(2)).toEqual(whole.slice(-2));
  });
});

describe('tasks/resubscribe (0.3 §7.9)', () => {
  test('on another gateway brings a snapshot, then the same events as the stream', async () => {
    const events = stream({ skill: 'steps', options: { events: 12, everyMs: 100 } });
    const { id } = await firstTask(events);
    const [rest, [snapshot, ...updates]] = await Promise.all([
      all(events),
      all(other.resubscribeTask({ id })),
    ]);
    const later = rest.filter((event) => seqOf(event) > seqOf(snapshot!));
    expect(later.length).toBeGreaterThan(3);
    expect(updates.map((event) => JSON.stringify(event))).toEqual(
      later.map((event) => JSON.stringify(event)),
    );
  });

  test('of a finished task gives its last state, then closes', async () => {
    const { id } = await send({ skill: 'echo', text: 'over' });
    const events = await all(other.resubscribeTask({ id }));
    expect(events.map(({ kind }) => kind)).toEqual(['task']);
    expect(stateOf(events[0])).toBe('completed');
  });

  test('ends at a question, with final true', async () => {
    const options = { blocking: false };
    const { id } = await send({ skill: 'asks' }, options);
    const last = (await all(other.resubscribeTask({ id }))).at(-1);
    expect(stateOf(last)).toBe('input-required');
    expect(last?.kind === 'status-update' ? last.final : true).toBe(true);
  });
});

describe('tasks/cancel (0.3 §7.4)', () => {
  test('ends every open stream with canceled, final true', async () => {
    const events = stream({ skill: 'steps', options: { events: 600, everyMs: 100 } });
    const { id } = await firstTask(events);
    const subscription = other.resubscribeTask({ id });
    await firstTask(subscription);
    const seen = await Promise.all([all(events), all(subscription), client.cancelTask({ id })]);
    const end = { kind: 'status-update', final: true, status: { state: 'canceled' } };
    expect(seen.slice(0, 2).map((each) => (each as Event[]).at(-1))).toMatchObject([end, end]);
  });

  test('answers with the canceled task, also when repeated', async () => {
    const options = { events: 600, everyMs: 100 };
    const { id } = await send({ skill: 'steps', options }, { blocking: false });
    const canceled = await client.cancelTask({ id });
    expect(canceled.status.state).toBe('canceled');
    expect(await client.cancelTask({ id })).toEqual(canceled);
  });

  test('of a completed task is refused as not cancelable', async () => {
    const { id } = await send({ skill: 'echo' });
    await expectRefusal(client.cancelTask({ id }), TASK_NOT_CANCELABLE);
  });
});

describe('several turns (0.3 §9.4)', () => {
  test('a question is answered in the same task, until the task is complete', async () => {
    const asked = await send({ skill: 'asks' });
    expect(asked.status.state).toBe('input-required');
    expect(textOf(asked.status.message)).toBe('What is your name?');
    const again = await send({ skill: 'asks', taskId: asked.id, text: 'Ada' });
    expect(again).toMatchObject({ id: asked.id, contextId: asked.contextId });
    expect(textOf(again.status.message)).toBe('How old are you?');
    const done = await send({ skill: 'asks', taskId: asked.id, text: '36' });
    expect(done.status.state).toBe('completed');
    expect(textOf(done.status.message)).toBe('Ada is 36');
  });

  test('a stream ends at a question, with final true', async () => {
    const events = await all(stream({ skill: 'asks' }));
    expect(events.at(-1)).toMatchObject({ final: true, status: { state: 'input-required' } });
    expect(finalsOf(events).indexOf(true)).toBe(finalsOf(events).length - 1);
  });

  test('a streamed answer brings what follows it, up to the next question', async () => {
    // Several at once, because it must not depend on how quick the worker is.
    const asked = await Promise.all(Array.from({ length: 5 }, () => send({ skill: 'asks' })));
    const streams = await Promise.all(
      asked.map(({ id }) => all(stream({ skill: 'asks', taskId: id, text: 'Ada' }))),
    );
    expect(streams.map(progressOf)).toEqual(streams.map(() => ['hello Ada', 'How old are you?']));
  });

  test('a message to a finished task is refused as unsupported', async () => {
    const { id } = await send({ skill: 'echo' });
    await expectRefusal(send({ skill: 'echo', taskId: id }), UNSUPPORTED_OPERATION);
  });
});

describe('an unknown task (0.3 §8.2)', () => {
  const id = randomUUID();

  test.each([
    { method: 'tasks/get', act: () => client.getTask({ id }) },
    { method: 'tasks/cancel', act: () => client.cancelTask({ id }) },
    { method: 'message/send', act: () => send({ skill: 'echo', taskId: id }) },
    { method: 'tasks/resubscribe', act: () => all(client.resubscribeTask({ id })) },
    { method: 'message/stream', act: () => all(stream({ skill: 'echo', taskId: id })) },
  ])('is not found by $method', async ({ act }) => {
    await expectRefusal(act(), TASK_NOT_FOUND);
  });
});
