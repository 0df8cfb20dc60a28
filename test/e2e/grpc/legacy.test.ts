// gRPC of 0.3 where the SDK's codec of it leaves something out (0.3 §7).

import { randomUUID } from 'node:crypto';
import { getTask, messageFor, send } from '../../harness/calls';
import { GrpcCaller, V03 } from '../../harness/grpc';
import { useStack } from '../../harness/stack';
import type { WireTask } from '../../harness/wire';

const stack = useStack({ servesGrpc: true });
let caller: GrpcCaller;

beforeAll(() => {
  caller = new GrpcCaller(stack.grpc, V03);
});

afterAll(() => {
  caller.close();
});

interface LegacyTask extends Omit<WireTask, 'history'> {
  readonly history?: readonly { readonly content: readonly object[] }[];
}

const content = [
  { text: 'hello', metadata: { page: 1 } },
  {
    file: { fileWithBytes: 'aGVsbG8=', mimeType: 'text/plain', name: 'a.txt' },
    metadata: { page: 2 },
  },
  { file: { fileWithUri: 'https://example.com/b', name: 'b.txt' } },
  { data: { data: { a: 1 } }, metadata: { page: 3 } },
];
const messageTo = (skillId: string, more: object = {}): object => ({
  ...{ messageId: randomUUID(), role: 'ROLE_USER', content, metadata: { skillId }, ...more },
});

const ask = async (message: object, configuration?: object): Promise<LegacyTask> => {
  const request = { message, ...(configuration && { configuration }) };
  return (await caller.ask<{ task: LegacyTask }>('SendMessage', request)).value.task;
};

describe('names of files and metadata of parts', () => {
  test('reach the task, and come back', async () => {
    const { id, history } = await ask(messageTo('echo'));
    expect(history![0]!.content).toEqual(content);
    const got = await caller.ask<LegacyTask>('GetTask', { name: `tasks/${id}` });
    expect(got.value.history![0]!.content).toEqual(content);
    expect((await getTask(stack.url, id)).history?.[0]?.parts).toMatchObject([
      { text: 'hello', metadata: { page: 1 } },
      { raw: 'aGVsbG8=', mediaType: 'text/plain', filename: 'a.txt', metadata: { page: 2 } },
      { url: 'https://example.com/b', filename: 'b.txt' },
      { data: { a: 1 }, metadata: { page: 3 } },
    ]);
  });

  test('are in the events of a stream', async () => {
    const [first] = await caller
      .stream('SendStreamingMessage', { message: messageTo('echo') })
      .toEnd();
    const { task } = first!.event as unknown as { readonly task: LegacyTask };
    expect(task.history![0]!.content).toEqual(content);
  });

  test('that came over 1.0 are told, and data that is no object comes back as it was', async () => {
    const parts = [{ data: [1, 2], metadata: { page: 2 } }, { data: 'three' }];
    const { id } = await send(stack.url, messageFor('echo', {}, { parts }));
    const { value } = await caller.ask<LegacyTask>('GetTask', { name: `tasks/${id}` });
    const told = value.history![0]!.content;
    expect(told).toEqual([
      { data: { data: { value: [1, 2] } }, metadata: { page: 2, data_part_compat: true } },
      { data: { data: { value: 'three' } }, metadata: { data_part_compat: true } },
    ]);
    const again = await ask(messageTo('echo', { content: told }));
    expect((await getTask(stack.url, again.id)).history?.[0]?.parts).toMatchObject(parts);
  });
});

describe('a send', () => {
  test('blocks unless its configuration does not', async () => {
    const slow = messageTo('steps', { content: [{ data: { data: { events: 3, everyMs: 100 } } }] });
    expect((await ask(slow)).status.state).toBe('TASK_STATE_COMPLETED');
    expect((await ask(slow, { blocking: true })).status.state).toBe('TASK_STATE_COMPLETED');
    expect((await ask(slow, { blocking: false })).status.state).not.toBe('TASK_STATE_COMPLETED');
  });

  test('brings the history that it asks for, and all of it by default', async () => {
    const { id } = await ask(messageTo('interview'));
    const answer = messageTo('interview', { taskId: id });
    expect((await ask(answer, { blocking: true, historyLength: 1 })).history).toHaveLength(1);
    const got = await caller.ask<LegacyTask>('GetTask', { name: `tasks/${id}` });
    expect(got.value.history!.length).toBeGreaterThan(1);
  });
});

test('a name that is not that of a task is refused, not cut', async () => {
  const { id } = await ask(messageTo('echo'));
  for (const name of [id, `tasks/${id}/more`, `/tasks/${id}`, 'tasks/']) {
    await expect(caller.ask('GetTask', { name })).rejects.toThrow(/name: must be tasks\/<id>/);
  }
});
