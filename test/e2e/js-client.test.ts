// The official JavaScript client of A2A 1.0 against two gateways, on both HTTP bindings.

import {
  SendMessageRequest,
  StreamResponse,
  TaskState,
  type ListTasksRequest,
  type Task,
} from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, type Client } from '@a2a-js/sdk/client';
import { randomUUID } from 'node:crypto';
import { eventually } from '../harness/eventually';
import { TWO_GATEWAYS, useStack } from '../harness/stack';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
const stack = useStack(TWO_GATEWAYS);

interface Request {
  readonly skill: string;
  readonly text?: string;
  readonly options?: Readonly<Record<string, number>>;
  readonly taskId?: string;
  readonly contextId?: string;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

function request({ skill, text = 'hello', options, configuration, ...address }: Request) {
  const parts = [{ text }, ...(options === undefined ? [] : [{ data: options }])];
  const metadata = { skillId: skill };
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata, ...address };
  return SendMessageRequest.fromJSON({ message, configuration });
}

async function all(stream: AsyncIterable<StreamResponse>): Promise<StreamResponse[]> {
  const events: StreamResponse[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

function seqOf({ payload }: StreamResponse): number {
  return (payload!.value.metadata![CURSOR] as { readonly seq: number }).seq;
}

function stateOf({ payload }: StreamResponse): TaskState | undefined {
  return payload?.$case === 'task' || payload?.$case === 'statusUpdate'
    ? payload.value.status?.state
    : undefined;
}

function textOf(holder: { readonly parts: Task['history'][number]['parts'] } | undefined): string {
  const texts = holder?.parts.map(({ content }) =>
    content?.$case === 'text' ? content.value : '',
  );
  return (texts ?? []).join('');
}

function taskOf(event: StreamResponse | undefined): Task {
  if (event?.payload?.$case !== 'task') throw new Error('not a task');
  return event.payload.value;
}

function progressOf(events: readonly StreamResponse[]): string[] {
  return events.flatMap(({ payload }) =>
    payload?.$case === 'statusUpdate' && payload.value.status?.message !== undefined
      ? [textOf(payload.value.status.message)]
      : [],
  );
}

/** A refused stream reaches the client as an SSE frame, of which it keeps the text only. */
async function expectRefusal(act: Promise<unknown>, reason: string): Promise<void> {
  const err: unknown = await act.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  const { reason: said, message } = err as { readonly reason?: string; readonly message: string };
  expect(said ?? message).toContain(reason);
}

describe.each([
  { binding: 'JSON-RPC', transport: 'JSONRPC' },
  { binding: 'REST', transport: 'HTTP+JSON' },
] as const)('@a2a-js/sdk 1.3 over $binding', ({ transport }) => {
  let client: Client;
  let other: Client;

  beforeAll(async () => {
    const options = { preferredTransports: [transport] };
    const factory = new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, options),
    );
    client = await factory.createFromUrl(stack.url);
    other = await factory.createFromUrl(stack.otherUrl);
  });

  async function send(what: Request): Promise<Task> {
    const result = await client.sendMessage(request(what));
    if (!('status' in result)) throw new Error('a message instead of a task');
    return result;
  }

  const get = (id: string, historyLength?: number): Promise<Task> =>
    client.getTask({ tenant: '', id, historyLength });

  const list = (query: Partial<ListTasksRequest>) =>
    client.listTasks({
      tenant: '',
      contextId: '',
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageToken: '',
      statusTimestampAfter: undefined,
      ...query,
    });

  const cancel = (id: string): Promise<Task> =>
    client.cancelTask({ tenant: '', id, metadata: undefined });

  const subscribe = (from: Client, id: string) => from.resubscribeTask({ tenant: '', id });

  describe('send (A2A §3.1.1)', () => {
    test('resolves with the finished task', async () => {
      const task = await send({ skill: 'echo', text: 'say this' });
      expect(task.status).toMatchObject({ state: TaskState.TASK_STATE_COMPLETED });
      expect(textOf(task.status?.message)).toBe('say this');
    });

    test('with returnImmediately resolves before the task is finished', async () => {
      const task = await send({
        skill: 'steps',
        options: { events: 5, everyMs: 100 },
        configuration: { returnImmediately: true },
      });
      expect([TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING]).toContain(
        task.status?.state,
      );
      const done = await eventually(async () => {
        const now = await get(task.id);
        expect(now.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
        return now;
      });
      expect(textOf(done.status?.message)).toBe('done');
    });

    test('keeps the context id that the client chose', async () => {
      const contextId = randomUUID();
      expect(await send({ skill: 'echo', contextId })).toMatchObject({ contextId });
    });

    test.each([
      { skill: 'fails', state: TaskState.TASK_STATE_FAILED, text: 'this is why' },
      { skill: 'rejects', state: TaskState.TASK_STATE_REJECTED, text: 'not for me' },
    ])('tells why a task of skill $skill ended', async ({ skill, state, text }) => {
      const task = await send({ skill });
      expect(task.status?.state).toBe(state);
      expect(textOf(task.status?.message)).toBe(text);
    });
  });

  describe('stream (A2A §3.1.2)', () => {
    test('begins with the task, brings every text in order, and ends with completed', async () => {
      const events = await all(client.sendMessageStream(request({ skill: 'five' })));
      expect(taskOf(events[0]).status?.state).toBe(TaskState.TASK_STATE_SUBMITTED);
      expect(progressOf(events)).toEqual([1, 2, 3, 4, 5].map((n) => `progress ${n}`));
      expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_COMPLETED);
    });

    test('opens an artifact with append false, grows it, and closes it with lastChunk', async () => {
      const options = { chunks: 4, everyMs: 20 };
      const events = await all(client.sendMessageStream(request({ skill: 'stream', options })));
      const chunks = events.flatMap(({ payload }) =>
        payload?.$case === 'artifactUpdate' ? [payload.value] : [],
      );
      expect(chunks.map(({ append }) => append)).toEqual([
        false,
        ...chunks.slice(1).map(() => true),
      ]);
      expect(chunks.map(({ lastChunk }) => lastChunk).indexOf(true)).toBe(chunks.length - 1);
      expect(chunks.map(({ artifact }) => textOf(artifact)).join('')).toBe(
        [1, 2, 3, 4].map((n) => `line ${n}\n`).join(''),
      );
    });
  });

  describe('get (A2A §3.1.3)', () => {
    test('brings the history whole, not at all, or its end, as historyLength says', async () => {
      const { id } = await send({ skill: 'five' });
      const whole = (await get(id)).history.map(textOf);
      expect(whole).toEqual(['hello', ...[1, 2, 3, 4, 5].map((n) => `progress ${n}`)]);
      expect((await get(id, 0)).history).toEqual([]);
      expect((await get(id, 2)).history.map(textOf)).toEqual(whole.slice(-2));
    });

    test('brings the artifacts', async () => {
      const { id } = await send({ skill: 'stream', options: { chunks: 3, everyMs: 1 } });
      const { artifacts } = await get(id);
      expect(artifacts).toHaveLength(1);
      expect(textOf(artifacts[0])).toBe('line 1\nline 2\nline 3\n');
    });
  });

  describe('list (A2A §3.1.4)', () => {
    let contextId: string;
    let ids: string[];

    beforeAll(async () => {
      contextId = randomUUID();
      ids = [];
      for (const skill of ['echo', 'echo', 'fails', 'echo', 'echo']) {
        ids.push((await send({ skill, contextId })).id);
      }
      await eventually(async () => {
        const status = TaskState.TASK_STATE_COMPLETED;
        expect((await list({ contextId, status })).totalSize).toBe(4);
        expect((await list({ contextId })).totalSize).toBe(5);
      });
    });

    test('shows the tasks of a context, newest first', async () => {
      const { tasks } = await list({ contextId });
      expect(tasks.map(({ id }) => id)).toEqual(ids.toReversed());
    });

    test('filters by state', async () => {
      const { tasks } = await list({ contextId, status: TaskState.TASK_STATE_FAILED });
      expect(tasks.map(({ id }) => id)).toEqual([ids[2]]);
    });

    test('pages without repeats or gaps', async () => {
      const seen: string[] = [];
      const sizes: number[] = [];
      let pageToken = '';
      do {
        const page = await list({ contextId, pageSize: 2, pageToken });
        seen.push(...page.tasks.map(({ id }) => id));
        sizes.push(page.tasks.length);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(seen).toEqual(ids.toReversed());
      expect(sizes).toEqual([2, 2, 1]);
    });
  });

  describe('subscribe (A2A §3.1.6)', () => {
    test('on another gateway brings a snapshot, then the same events as the stream', async () => {
      const options = { events: 12, everyMs: 100 };
      const stream = client.sendMessageStream(request({ skill: 'steps', options }));
      const first = (await stream.next()).value as StreamResponse;
      const [rest, subscribed] = await Promise.all([
        all(stream),
        all(subscribe(other, taskOf(first).id)),
      ]);
      const [snapshot, ...updates] = subscribed;
      const later = [first, ...rest].filter((event) => seqOf(event) > seqOf(snapshot!));
      expect(later.length).toBeGreaterThan(3);
      expect(updates.map((event) => JSON.stringify(StreamResponse.toJSON(event)))).toEqual(
        later.map((event) => JSON.stringify(StreamResponse.toJSON(event))),
      );
    });

    test('stays open at a question, and sees the answer', async () => {
      const { id } = await send({ skill: 'asks' });
      const subscription = subscribe(other, id);
      const snapshot = (await subscription.next()).value as StreamResponse;
      expect(stateOf(snapshot)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
      await send({ skill: 'asks', taskId: id, text: 'Ada' });
      await send({ skill: 'asks', taskId: id, text: '36' });
      expect(progressOf(await all(subscription))).toEqual([
        'hello Ada',
        'How old are you?',
        'Ada is 36',
      ]);
    });

    test('of a finished task is refused as unsupported', async () => {
      const { id } = await send({ skill: 'echo' });
      await expectRefusal(all(subscribe(client, id)), 'UNSUPPORTED_OPERATION');
    });
  });

  describe('cancel (A2A §3.1.5)', () => {
    test('ends every open stream with canceled', async () => {
      const options = { events: 600, everyMs: 100 };
      const stream = client.sendMessageStream(request({ skill: 'steps', options }));
      const { id } = taskOf((await stream.next()).value as StreamResponse);
      const subscription = subscribe(other, id);
      await subscription.next();
      const [own, others] = await Promise.all([all(stream), all(subscription), cancel(id)]);
      expect([own, others].map((events) => stateOf(events.at(-1)!))).toEqual([
        TaskState.TASK_STATE_CANCELED,
        TaskState.TASK_STATE_CANCELED,
      ]);
    });

    test('answers with the canceled task, also when repeated', async () => {
      const options = { events: 600, everyMs: 100 };
      const configuration = { returnImmediately: true };
      const { id } = await send({ skill: 'steps', options, configuration });
      const canceled = await cancel(id);
      expect(canceled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
      expect(await cancel(id)).toEqual(canceled);
    });

    test('of a completed task is refused as not cancelable', async () => {
      const { id } = await send({ skill: 'echo' });
      await expectRefusal(cancel(id), 'TASK_NOT_CANCELABLE');
    });
  });

  describe('several turns (A2A §3.4.3)', () => {
    test('a question is answered in the same task, until the task is complete', async () => {
      const asked = await send({ skill: 'asks' });
      expect(asked.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
      expect(textOf(asked.status?.message)).toBe('What is your name?');
      const again = await send({ skill: 'asks', taskId: asked.id, text: 'Ada' });
      expect(again).toMatchObject({ id: asked.id, contextId: asked.contextId });
      expect(textOf(again.status?.message)).toBe('How old are you?');
      const done = await send({ skill: 'asks', taskId: asked.id, text: '36' });
      expect(done.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
      expect(textOf(done.status?.message)).toBe('Ada is 36');
    });

    test('a stream ends at a question', async () => {
      const events = await all(client.sendMessageStream(request({ skill: 'asks' })));
      expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    });

    test('a streamed answer brings what follows it, up to the next question', async () => {
      // Several at once, because it must not depend on how quick the worker is.
      const asked = await Promise.all(Array.from({ length: 5 }, () => send({ skill: 'asks' })));
      const streams = await Promise.all(
        asked.map(({ id }) => {
          const answer = request({ skill: 'asks', taskId: id, text: 'Ada' });
          return all(client.sendMessageStream(answer));
        }),
      );
      expect(streams.map(progressOf)).toEqual(streams.map(() => ['hello Ada', 'How old are you?']));
    });

    test('a message to a finished task is refused as unsupported', async () => {
      const { id } = await send({ skill: 'echo' });
      await expectRefusal(send({ skill: 'echo', taskId: id }), 'UNSUPPORTED_OPERATION');
    });
  });

  describe('an unknown task (A2A §3.3.2)', () => {
    const unknown = randomUUID();

    test.each([
      { operation: 'get', act: () => get(unknown) },
      { operation: 'cancel', act: () => cancel(unknown) },
      { operation: 'send', act: () => send({ skill: 'echo', taskId: unknown }) },
      { operation: 'subscribe', act: () => all(subscribe(client, unknown)) },
      {
        operation: 'stream',
        act: () => all(client.sendMessageStream(request({ skill: 'echo', taskId: unknown }))),
      },
    ])('is not found by $operation', async ({ act }) => {
      await expectRefusal(act(), 'TASK_NOT_FOUND');
    });
  });
});
