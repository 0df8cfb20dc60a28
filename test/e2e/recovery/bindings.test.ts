// The extension for another try, over every binding and in both generations.

import { SendMessageRequest, TaskState, type StreamResponse } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { randomUUID } from 'node:crypto';
import { LEAVING, getTask, http, result, rpc, send } from '../../harness/calls';
import { GrpcCaller, V03, refusalOf } from '../../harness/grpc';
import { RETRY, failedPipeline, retryOf } from '../../harness/pipeline';
import { useStack } from '../../harness/stack';
import { streamMessage } from '../../harness/stream';
import { textOf, type WireTask } from '../../harness/wire';

const stack = useStack({ servesGrpc: true });

interface Answered {
  readonly task: WireTask;
}

/** Sends a message without a task, and resolves with the id of the task that it has made. */
type Send = (taskId: string) => Promise<string>;

const legacyParts = (taskId: string) => ({
  ...{ kind: 'message', messageId: randomUUID(), role: 'user' },
  parts: [{ kind: 'text', text: 'again, please' }],
  metadata: { [RETRY]: { taskId } },
});
const legacyRest = (taskId: string) => {
  const { parts: content, ...message } = retryOf(taskId);
  return { ...message, content };
};
const LEGACY = { 'A2A-Version': '0.3' };

async function overGrpc(taskId: string, service?: string): Promise<string> {
  const caller = new GrpcCaller(stack.grpc, ...(service === undefined ? [] : [service]));
  const message = service === undefined ? retryOf(taskId) : legacyRest(taskId);
  const name = service === undefined ? 'message' : 'request';
  try {
    const { value } = await caller.ask<Answered>('SendMessage', { [name]: message });
    return value.task.id;
  } finally {
    caller.close();
  }
}

const BINDINGS: readonly { readonly binding: string; readonly send: Send }[] = [
  {
    binding: 'JSON-RPC 1.0',
    send: async (taskId) => (await send(stack.url, retryOf(taskId))).id,
  },
  {
    binding: 'a stream of JSON-RPC 1.0',
    async send(taskId) {
      const stream = await streamMessage(stack.url, retryOf(taskId));
      await stream.toEnd();
      return stream.task.id;
    },
  },
  {
    binding: 'REST 1.0',
    async send(taskId) {
      const call = { path: '/message:send', body: { message: retryOf(taskId) } };
      return (await http<Answered>(stack.url, call)).body.task.id;
    },
  },
  {
    binding: 'JSON-RPC 0.3',
    async send(taskId) {
      const params = { message: legacyParts(taskId) };
      return (await result(rpc<WireTask>(stack.url, 'message/send', params, LEGACY))).id;
    },
  },
  {
    binding: 'REST 0.3',
    async send(taskId) {
      const body = { message: legacyRest(taskId), configuration: { blocking: true } };
      const call = { path: '/v1/message:send', headers: LEGACY, body };
      return (await http<Answered>(stack.url, call)).body.task.id;
    },
  },
  { binding: 'gRPC 1.0', send: (taskId) => overGrpc(taskId) },
  { binding: 'gRPC 0.3', send: (taskId) => overGrpc(taskId, V03) },
];

describe.each(BINDINGS)('over $binding', ({ send: sendOver }) => {
  test('a retry goes on at the step that failed', async () => {
    const pipeline = await failedPipeline(stack.url, stack.temporal.dataDir);
    pipeline.mend();
    const id = await sendOver(pipeline.task.id);
    const task = await ended(id);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(textOf(task.status.message?.parts)).toBe('did please');
    expect(task.contextId).toBe(pipeline.task.contextId);
    expect(task.history?.[0]).toMatchObject({ referenceTaskIds: [pipeline.task.id] });
    expect(pipeline.steps()).toEqual([1, 2, 3, 3, 4, 5]);
  });
});

async function ended(id: string): Promise<WireTask> {
  const task = await getTask(stack.url, id);
  if (!['TASK_STATE_WORKING', 'TASK_STATE_SUBMITTED'].includes(task.status.state)) return task;
  return ended(id);
}

function textIn({ payload }: StreamResponse): string {
  if (payload?.$case !== 'artifactUpdate') return '';
  const parts = payload.value.artifact?.parts ?? [];
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

describe('the official client', () => {
  test('follows a retry by its stream, which begins with the artifact so far', async () => {
    const pipeline = await failedPipeline(stack.url, stack.temporal.dataDir);
    pipeline.mend();
    const client = await new ClientFactory().createFromUrl(stack.url);
    const events: StreamResponse[] = [];
    const message = retryOf(pipeline.task.id);
    for await (const event of client.sendMessageStream(SendMessageRequest.fromJSON({ message }))) {
      events.push(event);
    }
    const [first] = events;
    if (first?.payload?.$case !== 'task') throw new Error('a stream begins with its task');
    expect(first.payload.value.artifacts.map(({ name }) => name)).toEqual(['page']);
    const last = events.at(-1)?.payload;
    expect(last?.$case === 'statusUpdate' && last.value.status?.state).toBe(
      TaskState.TASK_STATE_COMPLETED,
    );
    // What was said behind the last step that is recorded is said again.
    const said = events.map(textIn).join('');
    expect(said).toBe('line 2\nline 3\nline 4\nline 5\n');
  });
});

describe('what a caller is told', () => {
  const refusedRpc = async (message: object): Promise<readonly [number, string] | undefined> => {
    const { error } = (await rpc(stack.url, 'SendMessage', { message })).body;
    return error && [error.code, error.message];
  };

  test('a task that is completed is not tried again', async () => {
    const message = { ...retryOf('none'), metadata: { skillId: 'echo' } };
    const { id } = await send(stack.url, message);
    const text = 'the task is completed; only one that is failed or canceled can be tried again';
    expect(await refusedRpc(retryOf(id))).toEqual([-32004, text]);
    const body = { message: legacyRest(id) };
    const rest = await http(stack.url, { path: '/v1/message:send', headers: LEGACY, body });
    expect(rest).toMatchObject({ status: 400, body: { code: -32004, message: text } });
    const caller = new GrpcCaller(stack.grpc);
    const refusal = await refusalOf(caller.ask('SendMessage', { message: retryOf(id) }));
    caller.close();
    expect(refusal).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'UNSUPPORTED_OPERATION',
      message: text,
    });
  });

  test('a task that there is not is not found', async () => {
    expect(await refusedRpc(retryOf(randomUUID()))).toEqual([-32001, expect.any(String)]);
  });

  test.each([
    { what: 'another word', retry: { taskId: 't', fromstep: 'a' }, says: /retry:1: .*fromstep/ },
    { what: 'no task', retry: {}, says: /retry:1\.taskId: / },
    { what: 'a text', retry: 'task-1', says: /retry:1: .*object/ },
  ])('$what in its metadata is refused', async ({ retry, says }) => {
    const message = { ...retryOf('t'), metadata: { [RETRY]: retry } };
    const [code, text] = (await refusedRpc(message)) ?? [];
    expect(code).toBe(-32602);
    expect(text).toMatch(says);
  });

  test('a retry goes to no task, and stays in its context', async () => {
    const { task } = await failedPipeline(stack.url, stack.temporal.dataDir);
    const retry = retryOf(task.id);
    expect(await refusedRpc({ ...retry, taskId: task.id })).toEqual([-32602, expect.any(String)]);
    expect(await refusedRpc({ ...retry, contextId: 'another' })).toEqual([
      -32602,
      expect.any(String),
    ]);
    const fromStep = { ...retryOf(task.id, { fromStep: 'step 9' }) };
    expect(await refusedRpc(fromStep)).toEqual([
      -32602,
      'fromStep: "step 9": the task did not come to it; its steps are: step 1, step 2, step 3',
    ]);
  });

  test('a long note, like the request once more, is not kept', async () => {
    const { task } = await failedPipeline(stack.url, stack.temporal.dataDir);
    const message = { ...retryOf(task.id), parts: [{ text: 'x'.repeat(2_000_000) }] };
    const again = await send(stack.url, message);
    const { metadata, parts } = again.history![0]!;
    expect(metadata).toMatchObject({ [RETRY]: { note: { messageId: message.messageId } } });
    expect(JSON.stringify(metadata)).not.toContain('xxx');
    expect(parts).toEqual(task.history![0]!.parts);
  });

  test('a key makes one task of a retry that is repeated', async () => {
    const { task } = await failedPipeline(stack.url, stack.temporal.dataDir);
    const message = retryOf(task.id);
    const key = { 'Idempotency-Key': randomUUID() };
    const params = { message, ...LEAVING };
    const ids = [1, 2].map(async () =>
      result(rpc<Answered>(stack.url, 'SendMessage', params, key)).then((said) => said.task.id),
    );
    const [one, two] = await Promise.all(ids);
    expect(two).toBe(one);
  });
});
