// How much of the conversation an answer holds (A2A §3.2.4): in send, get and list, while a task runs and after it.

import { answerTo, http, messageFor, request, rpc, send } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { readSse } from '../harness/sse';
import { useStack } from '../harness/stack';
import { textOf, type WireEvent, type WirePage, type WireTask } from '../harness/wire';

const stack = useStack();

/** `asks` says this and is told that, in this order. */
const SAID = ['please', 'before the question', 'What is your name?', 'Ada', 'hello Ada'] as const;
const ENDED = [...SAID, 'How old are you?', '36'] as const;

const LENGTHS = [undefined, 0, 1, 2, ENDED.length, 100, 2_147_483_647];

interface Told {
  readonly task: WireTask;
  readonly error?: { readonly code: number };
}

type Length = number | undefined;

/** The answers of one binding. */
interface Binding {
  readonly binding: string;
  get(id: string, historyLength: Length): Promise<WireTask>;
  list(contextId: string, historyLength: Length): Promise<WirePage>;
  send(task: WireTask, text: string, historyLength: Length): Promise<WireTask>;
  /** The code of the refusal. */
  refusal(
    path: 'get' | 'list' | 'send',
    historyLength: number | string,
  ): Promise<number | undefined>;
}

const query = (historyLength: Length | string): string =>
  historyLength === undefined ? '' : `historyLength=${String(historyLength)}`;

const sending = (task: WireTask, text: string, historyLength: unknown): object => ({
  message: answerTo(task, text),
  configuration: { historyLength },
});

const NOBODY = { id: 'none' } as WireTask;

const BINDINGS: readonly Binding[] = [
  {
    binding: 'JSON-RPC',
    get: async (id, historyLength) =>
      (await rpc<WireTask>(stack.url, 'GetTask', { id, historyLength })).body.result!,
    list: async (contextId, historyLength) =>
      (await rpc<WirePage>(stack.url, 'ListTasks', { contextId, historyLength })).body.result!,
    send: async (task, text, length) =>
      (await rpc<Told>(stack.url, 'SendMessage', sending(task, text, length))).body.result!.task,
    async refusal(path, historyLength) {
      const calls = {
        get: { method: 'GetTask', params: { id: 'none', historyLength } },
        list: { method: 'ListTasks', params: { historyLength } },
        send: { method: 'SendMessage', params: sending(NOBODY, 'x', historyLength) },
      };
      const { method, params } = calls[path];
      return (await rpc(stack.url, method, params)).body.error?.code;
    },
  },
  {
    binding: 'REST',
    get: async (id, length) =>
      (await http<WireTask>(stack.url, { path: `/tasks/${id}?${query(length)}` })).body,
    list: async (contextId, length) => {
      const path = `/tasks?contextId=${contextId}&${query(length)}`;
      return (await http<WirePage>(stack.url, { path })).body;
    },
    send: async (task, text, length) => {
      const call = { path: '/message:send', body: sending(task, text, length) };
      return (await http<Told>(stack.url, call)).body.task;
    },
    async refusal(path, historyLength) {
      const calls = {
        get: { path: `/tasks/none?${query(historyLength)}` },
        list: { path: `/tasks?${query(historyLength)}` },
        send: { path: '/message:send', body: sending(NOBODY, 'x', historyLength) },
      };
      return (await http<Told>(stack.url, calls[path])).body.error?.code;
    },
  },
];

const textsIn = ({ history }: WireTask): readonly string[] | undefined =>
  history?.map(({ parts }) => textOf(parts));

/** Absent where there is nothing to show. */
const newest = (texts: readonly string[], length: number): readonly string[] | undefined =>
  length === 0 ? undefined : texts.slice(-length);

let ended: WireTask;

beforeAll(async () => {
  const asked = await send(stack.url, messageFor('asks'));
  await send(stack.url, answerTo(asked, 'Ada'));
  ended = await send(stack.url, answerTo(asked, '36'));
});

describe.each(BINDINGS)('on $binding', (on) => {
  test.each(LENGTHS)('GetTask of an ended task shows the newest %s', async (length) => {
    const task = await on.get(ended.id, length);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(textsIn(task)).toEqual(newest(ENDED, length ?? 100));
    expect('history' in task).toBe(length !== 0);
  });

  test.each(LENGTHS)('ListTasks shows the newest %s; none unless asked for', async (length) => {
    await eventually(async () => {
      const { tasks } = await on.list(ended.contextId, length);
      expect(tasks.map(({ id }) => id)).toEqual([ended.id]);
      expect(tasks.map(textsIn)).toEqual([newest(ENDED, length ?? 0)]);
    });
  });

  test.each(LENGTHS)('SendMessage shows the newest %s, asking and ended', async (length) => {
    const task = await send(stack.url, messageFor('asks'));
    const asking = await on.send(task, 'Ada', length);
    expect(textsIn(asking)).toEqual(newest(SAID, length ?? 100));
    const done = await on.send(task, '36', length);
    expect(textsIn(done)).toEqual(newest(ENDED, length ?? 100));
  });

  test.each(['get', 'list', 'send'] as const)('%s refuses what is no length', async (path) => {
    const expected = on.binding === 'REST' ? 400 : -32602;
    for (const wrong of [-1, 1.5, 'many', 2_147_483_648]) {
      expect([wrong, await on.refusal(path, wrong)]).toEqual([wrong, expected]);
    }
  });
});

test('the first event of a stream shows no more than was asked for', async () => {
  const task = await send(stack.url, messageFor('asks'));
  const body = sending(task, 'Ada', 1);
  const response = await request(stack.url, { path: '/message:stream', body });
  const { value } = await readSse(response).next();
  const event = (value as { readonly data: WireEvent }).data;
  expect(event.task?.history).toHaveLength(1);
});
