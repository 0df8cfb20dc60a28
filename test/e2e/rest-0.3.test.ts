// The REST binding of 0.3 as clients of other languages speak it (0.3 §3.2.3).

import { randomUUID } from 'node:crypto';
import { http } from '../harness/calls';
import { useStack } from '../harness/stack';

const stack = useStack();

interface LegacyTask {
  readonly task: { readonly id: string; readonly status: { readonly state: string } };
}

const HEADERS = { 'A2A-Version': '0.3' };
const post = <T>(path: string, body: object) =>
  http<T>(stack.url, { path, body, headers: HEADERS });

test('a send is answered with 200, which every client takes', async () => {
  const message = {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    content: [{ text: 'hello' }],
    metadata: { skillId: 'echo' },
  };
  const { status, body } = await post<LegacyTask>('/v1/message:send', { message });
  expect(status).toBe(200);
  expect(body.task.status.state).toBe('TASK_STATE_COMPLETED');
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

test('an error is told as the clients of each language read it', async () => {
  const call = { path: `/v1/tasks/${randomUUID()}`, headers: HEADERS };
  const { status, body } = await http<unknown>(stack.url, call);
  expect(status).toBe(404);
  expect(body).toMatchObject({
    code: -32001,
    message: 'there is no such task',
    type: 'TaskNotFoundError',
    error: {
      code: 404,
      status: 'NOT_FOUND',
      message: 'there is no such task',
      details: [{ reason: 'TASK_NOT_FOUND' }],
    },
  });
});

test('a request id that would come back as another is refused', async () => {
  const response = await fetch(stack.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'A2A-Version': '1.0' },
    body: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"GetTask","params":{"id":"x"}}',
  });
  expect(await response.json()).toMatchObject({ id: null, error: { code: -32600 } });
});
