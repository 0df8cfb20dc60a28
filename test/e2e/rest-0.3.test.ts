// The REST binding of 0.3 as clients of other languages speak it (0.3 §3.2.3).

import { RestTransport, TaskNotFoundError } from 'a2a-sdk-0.3/client';
import { randomUUID } from 'node:crypto';
import { getTask, http, messageFor, request, send } from '../harness/calls';
import { readSse } from '../harness/sse';
import { useStack } from '../harness/stack';

const stack = useStack();

interface LegacyTask {
  readonly task: { readonly id: string; readonly status: { readonly state: string } };
}

const HEADERS = { 'A2A-Version': '0.3' };
const post = <T>(path: string, body: object) =>
  http<T>(stack.url, { path, body, headers: HEADERS });
const get = <T>(path: string) => http<T>(stack.url, { path, headers: HEADERS });

/** For bodies that are no JSON. */
const POST = { method: 'POST', headers: { ...HEADERS, 'Content-Type': 'application/json' } };

/** A message to a skill of the tests; its options travel as a data part. */
const messageTo = (skillId: string, options: object = {}): object => ({
  messageId: randomUUID(),
  role: 'ROLE_USER',
  content: [{ text: 'hello' }, { data: { data: options } }],
  metadata: { skillId },
});

test('a send is answered with 200, which every client takes', async () => {
  const message = messageTo('echo');
  const { status, body } = await post<LegacyTask>('/v1/message:send', { message });
  expect(status).toBe(200);
  expect(body.task.status.state).toBe('TASK_STATE_COMPLETED');
});

test('the official JavaScript client sends, and tells errors apart', async () => {
  const client = new RestTransport({ endpoint: stack.url });
  const said = await client.sendMessage({
    message: {
      kind: 'message',
      messageId: randomUUID(),
      role: 'user',
      parts: [{ kind: 'text', text: 'hello' }],
      metadata: { skillId: 'echo' },
    },
  });
  expect(said).toMatchObject({ kind: 'task', status: { state: 'completed' } });
  const unknown = client.getTask({ id: randomUUID() });
  await expect(unknown).rejects.toBeInstanceOf(TaskNotFoundError);
});

test('fields may have their original names, and metadata and data keep theirs', async () => {
  const file = { file_with_bytes: 'aGVsbG8=', mime_type: 'text/plain' };
  const data = { data: { snake_case: { more_snakes: 1 } } };
  const request = {
    message_id: randomUUID(),
    context_id: 'context-1',
    role: 'ROLE_USER',
    content: [{ text: 'hello' }, { file }, { data }],
    metadata: { skillId: 'echo', snake_case: true },
  };
  const body = { request, configuration: { blocking: true, history_length: 1 } };
  const answer = await post<unknown>('/v1/message:send', body);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    task: {
      contextId: 'context-1',
      history: [
        {
          messageId: request.message_id,
          content: [
            { text: 'hello' },
            { file: { fileWithBytes: 'aGVsbG8=', mimeType: 'text/plain' } },
            { data },
          ],
          metadata: { snake_case: true },
        },
      ],
    },
  });
});

describe('names of files and metadata of parts', () => {
  interface Sent {
    readonly task: { readonly id: string; readonly history: readonly [WithContent] };
  }
  interface WithContent {
    readonly content: readonly object[];
  }

  const file = { fileWithBytes: 'aGVsbG8=', mimeType: 'text/plain', name: 'a.txt' };
  const uri = { fileWithUri: 'https://example.com/b', name: 'b.txt' };
  const content = [
    { text: 'hello', metadata: { page: 1 } },
    { file, metadata: { page: 2 } },
    { file: uri },
    { data: { data: { a: 1 } }, metadata: { page: 3 } },
  ];
  const message = { ...messageTo('echo'), content };

  test('reach the task, and come back', async () => {
    const { body } = await post<Sent>('/v1/message:send', { message });
    expect(body.task.history[0].content).toEqual(content);
    expect((await getTask(stack.url, body.task.id)).history?.[0]?.parts).toMatchObject([
      { text: 'hello', metadata: { page: 1 } },
      {
        raw: file.fileWithBytes,
        mediaType: 'text/plain',
        filename: 'a.txt',
        metadata: { page: 2 },
      },
      { url: uri.fileWithUri, filename: 'b.txt' },
      { data: { a: 1 }, metadata: { page: 3 } },
    ]);
  });

  test('are in the events of a stream', async () => {
    const call = { path: '/v1/message:stream', body: { message }, headers: HEADERS };
    const { value } = await readSse(await request(stack.url, call)).next();
    expect((value as { readonly data: Sent }).data.task.history[0].content).toEqual(content);
  });

  test('that came over 1.0 are told, and data that is no object comes back as it was', async () => {
    const parts = [
      { text: 'hello', metadata: { page: 1 } },
      { data: [1, 2], metadata: { page: 2 } },
      { data: 'three' },
    ];
    const { id } = await send(stack.url, messageFor('echo', {}, { parts }));
    const { body } = await get<Sent['task']>(`/v1/tasks/${id}`);
    const told = body.history[0].content;
    expect(told).toMatchObject([
      { text: 'hello', metadata: { page: 1 } },
      { data: { data: { value: [1, 2] } }, metadata: { page: 2, data_part_compat: true } },
      { data: { data: { value: 'three' } }, metadata: { data_part_compat: true } },
    ]);
    const again = { ...messageTo('echo'), content: told };
    const { task } = (await post<Sent>('/v1/message:send', { message: again })).body;
    expect((await getTask(stack.url, task.id)).history?.[0]?.parts).toEqual(
      parts.map((part) => expect.objectContaining(part) as object),
    );
  });
});

describe('whether a send waits for the end', () => {
  const stateOf = async (more: object): Promise<string> => {
    const message = messageTo('steps', { events: 5, everyMs: 100 });
    const { body } = await post<LegacyTask>('/v1/message:send', { message, ...more });
    return body.task.status.state;
  };
  const END = 'TASK_STATE_COMPLETED';

  test('it does without a configuration, or when that says blocking', async () => {
    expect(await stateOf({})).toBe(END);
    expect(await stateOf({ configuration: { blocking: true, history_length: 1 } })).toBe(END);
  });

  test('it does not when blocking is false, which a protobuf says by leaving it out', async () => {
    expect(await stateOf({ configuration: { blocking: false } })).not.toBe(END);
    expect(await stateOf({ configuration: { history_length: 1 } })).not.toBe(END);
  });
});

test('an error is told as the clients of each language read it', async () => {
  const { status, body } = await get<unknown>(`/v1/tasks/${randomUUID()}`);
  expect(status).toBe(404);
  expect(body).toMatchObject({
    code: -32001,
    message: expect.stringContaining('no such task') as string,
    type: 'TaskNotFoundError',
    error: {
      code: 404,
      status: 'NOT_FOUND',
      message: expect.stringContaining('no such task') as string,
      details: [{ reason: 'TASK_NOT_FOUND' }],
    },
  });
});

test('an error of an open stream is told so too', async () => {
  const message = messageTo('answer', { waitMs: 4_500, ending: 'failed' });
  const call = { path: '/v1/message:stream', body: { message }, headers: HEADERS };
  const events: unknown[] = [];
  for await (const event of readSse(await request(stack.url, call))) events.push(event);
  expect(events).toMatchObject([
    {
      event: 'error',
      data: {
        code: -32603,
        message: 'because',
        type: 'InternalError',
        error: { code: 500, status: 'INTERNAL', message: 'because' },
      },
    },
  ]);
});

test.each([
  { type: 'InvalidParamsError', body: '{"message":{}}' },
  { type: 'InvalidRequestError', body: '['.repeat(100) },
  { type: 'JSONParseError', body: '{' },
])('an error that 0.3 has a name for has it: $type', async ({ type, body }) => {
  const response = await fetch(`${stack.url}/v1/message:send`, { ...POST, body });
  expect(await response.json()).toMatchObject({ type });
});

test('an error that it has none for has none', async () => {
  const { status, body } = await post<object>('/v1/message:send', {
    message: messageTo('echo', { text: 'x'.repeat(11_000_000) }),
  });
  expect(status).toBe(413);
  expect(body).not.toHaveProperty('type');
});

test('a request id that would come back as another is refused', async () => {
  const response = await fetch(stack.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0' },
    body: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"GetTask","params":{"id":"x"}}',
  });
  expect(await response.json()).toMatchObject({ id: null, error: { code: -32600 } });
});
