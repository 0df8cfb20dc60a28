// The official clients over gRPC, and one that knows nothing but the files of `proto/` (A2A §10).

import { ClientFactory, ClientFactoryOptions, type Client } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { SendMessageRequest, Task, TaskState, type StreamResponse } from '@a2a-js/sdk';
import { TaskNotFoundError, UnsupportedOperationError } from '@a2a-js/sdk/errors';
import {
  credentials,
  loadPackageDefinition,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Message, MessageSendParams, Task as LegacyTask } from 'a2a-sdk-0.3';
import { GrpcTransport } from 'a2a-sdk-0.3/client/grpc';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { within } from '../../harness/eventually';
import { V03, V1 } from '../../harness/grpc';
import { useStack } from '../../harness/stack';

const stack = useStack({ servesGrpc: true });

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('the official JavaScript client of 1.0', () => {
  let client: Client;

  beforeAll(async () => {
    // No other transport: a card without gRPC would be refused.
    const options = { ...ClientFactoryOptions.default, transports: [new GrpcTransportFactory()] };
    client = await new ClientFactory(options).createFromUrl(stack.url);
  });

  const request = (skillId: string, more: object = {}, configuration?: object) =>
    SendMessageRequest.fromJSON({
      message: {
        messageId: randomUUID(),
        role: 'ROLE_USER',
        parts: [{ text: 'hello' }, { data: { events: 3, everyMs: 20, questions: 1 } }],
        metadata: { skillId },
        ...more,
      },
      configuration,
    });

  const send = async (...of: Parameters<typeof request>): Promise<Task> => {
    const task = await client.sendMessage(request(...of));
    if (!('status' in task)) throw new Error('a message instead of a task');
    return task;
  };

  const stateOf = ({ payload }: StreamResponse): TaskState | undefined =>
    payload?.$case === 'task' || payload?.$case === 'statusUpdate'
      ? payload.value.status?.state
      : undefined;

  test('sends, and waits for the end', async () => {
    const task = await send('echo');
    expect(Task.toJSON(task)).toMatchObject({ status: { state: 'TASK_STATE_COMPLETED' } });
    expect(task.history).toHaveLength(1);
  });

  test('sends, and does not wait when it says so', async () => {
    const task = await send('steps', {}, { returnImmediately: true });
    expect(task.status?.state).not.toBe(TaskState.TASK_STATE_COMPLETED);
  });

  test('streams the task, then its updates up to the end', async () => {
    const events = await all(client.sendMessageStream(request('steps')));
    expect(events[0]?.payload?.$case).toBe('task');
    expect(events.map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  test('streams up to a question, answers it, and gets the end', async () => {
    const events = await all(client.sendMessageStream(request('interview')));
    expect(events.map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    const taskId = (events[0]?.payload?.value as Task).id;
    const task = await send('interview', { taskId });
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  test('streams a reply as its one message', async () => {
    const events = await all(client.sendMessageStream(request('answer')));
    expect(events.map(({ payload }) => payload?.$case)).toEqual(['message']);
  });

  test('gets, lists, and joins a task', async () => {
    const contextId = randomUUID();
    const message = request('steps', { contextId }, { returnImmediately: true });
    const { id } = (await client.sendMessage(message)) as Task;
    const joined = await all(client.resubscribeTask({ tenant: '', id }));
    expect(joined.map(stateOf).at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
    const got = await client.getTask({ tenant: '', id, historyLength: 0 });
    expect(got).toMatchObject({ id, history: [] });
    const listed = await client.listTasks({
      ...{
        tenant: '',
        contextId,
        status: TaskState.TASK_STATE_UNSPECIFIED,
        pageToken: '',
        pageSize: 1,
        historyLength: undefined,
      },
      ...{ statusTimestampAfter: undefined, includeArtifacts: undefined },
    });
    expect(listed).toMatchObject({ totalSize: 1, pageSize: 1, tasks: [{ id }] });
  });

  test('cancels a task', async () => {
    const { id } = await send('deaf', {}, { returnImmediately: true });
    const task = await client.cancelTask({ tenant: '', id, metadata: undefined });
    expect(task.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
  });

  test('tells errors apart', async () => {
    const unknown = client.getTask({ tenant: '', id: 'none', historyLength: undefined });
    await expect(unknown).rejects.toBeInstanceOf(TaskNotFoundError);
    const { id } = await send('echo');
    const over = all(client.resubscribeTask({ tenant: '', id }));
    await expect(over).rejects.toBeInstanceOf(UnsupportedOperationError);
  });
});

describe('the official JavaScript client of 0.3', () => {
  let client: GrpcTransport;

  beforeAll(() => {
    client = new GrpcTransport({ endpoint: stack.grpc });
  });

  const request = (skillId: string, more: Partial<Message> = {}): MessageSendParams => ({
    message: {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text: 'hello' }],
      metadata: { skillId },
      ...more,
    },
  });

  const send = async (params: MessageSendParams): Promise<LegacyTask> => {
    const task = await client.sendMessage(params);
    if (task.kind !== 'task') throw new Error('a message instead of a task');
    return task;
  };

  test('sends, and waits for the end', async () => {
    expect(await send(request('echo'))).toMatchObject({
      status: { state: 'completed' },
      history: [{ role: 'user', parts: [{ text: 'hello' }] }],
    });
  });

  test('streams up to a question, which is final', async () => {
    const events = await all(client.sendMessageStream(request('asks')));
    expect(events[0]).toMatchObject({ kind: 'task' });
    expect(events.at(-1)).toMatchObject({
      kind: 'status-update',
      status: { state: 'input-required' },
      final: true,
    });
  });

  test('gets a task with all of its history, or some of it', async () => {
    const { id } = await send(request('echo'));
    expect((await client.getTask({ id })).history).toHaveLength(1);
    expect((await client.getTask({ id, historyLength: 1 })).history).toHaveLength(1);
  });

  test('cancels a task, and is shown its last state when it joins it', async () => {
    const params = { ...request('deaf'), configuration: { blocking: false } };
    const { id } = await send(params);
    expect(await client.cancelTask({ id })).toMatchObject({ status: { state: 'canceled' } });
    const events = await all(client.resubscribeTask({ id }));
    expect(events).toMatchObject([{ kind: 'task', status: { state: 'canceled' } }]);
  });

  test('gets the card', async () => {
    const card = await client.getExtendedAgentCard();
    expect(card).toMatchObject({ name: 'Longhaul', url: `${stack.url}/` });
    expect(card.additionalInterfaces).toContainEqual({ transport: 'GRPC', url: stack.grpc });
  });

  test('tells errors apart', async () => {
    await expect(client.getTask({ id: 'none' })).rejects.toThrow(/no such task/);
    await expect(client.getTask({ id: '' })).rejects.toThrow(/name: must be tasks\/<id>/);
  });
});

describe('a client that has the files of proto/ alone', () => {
  const PROTO = join(__dirname, '../../../proto');
  const files = ['lf/a2a/v1/a2a.proto', 'a2a/v1/a2a.proto'];
  const loaded = loadPackageDefinition(
    loadSync(files, { includeDirs: [PROTO], enums: String, oneofs: true }),
  );
  const constructorOf = (service: string): ServiceClientConstructor =>
    service
      .split('.')
      .reduce<unknown>(
        (scope, name) => (scope as GrpcObject)[name],
        loaded,
      ) as ServiceClientConstructor;

  test.each([
    { service: V1, field: 'message', content: 'parts' },
    { service: V03, field: 'request', content: 'content' },
  ])('is answered by $service', async ({ service, field, content }) => {
    const client = new (constructorOf(service))(stack.grpc, credentials.createInsecure());
    const message = {
      ...{ messageId: randomUUID(), role: 'ROLE_USER', [content]: [{ text: 'hello' }] },
      metadata: { fields: { skillId: { stringValue: 'echo' } } },
    };
    const answer = new Promise((resolve, reject) => {
      const call = client['sendMessage']!.bind(client) as (
        request: object,
        callback: (err: ServiceError | null, value: unknown) => void,
      ) => void;
      call({ [field]: message }, (err, value) => {
        if (err === null) resolve(value);
        else reject(err);
      });
    });
    expect(await within('the answer', answer)).toMatchObject({
      payload: 'task',
      task: { status: { state: 'TASK_STATE_COMPLETED' } },
    });
    client.close();
  });
});
