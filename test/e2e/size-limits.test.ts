// What is too long in a message is refused at once and by its name; what can be stored is not (D9).

import { randomUUID } from 'node:crypto';
import { LEAVING, http, messageFor, result, rpc, send } from '../harness/calls';
import { useStack } from '../harness/stack';
import type { WireError, WireTask } from '../harness/wire';

/** What a client waits for a refusal, whatever the size. */
const REFUSED_WITHIN_MS = 1_000;

const stack = useStack();

const long = (bytes: number): string => 'x'.repeat(bytes);
const strings = (count: number): readonly string[] => Array<string>(count).fill(long(2_000));
const part = (more: object): object => ({ parts: [{ text: 'hello', ...more }] });

const TOO_LONG: readonly (readonly [string, object])[] = [
  ['message.parts[0].url', { parts: [{ url: `https://example.com/${long(3_000_000)}` }] }],
  ['message.metadata', { metadata: { skillId: 'echo', text: long(5_000_000) } }],
  ['message.metadata', { metadata: { skillId: 'echo', text: long(310_000) } }],
  ['message.parts[0].metadata', part({ metadata: { text: long(400_000) } })],
  ['message.parts[0].filename', part({ filename: long(400_000) })],
  ['message.parts[0].mediaType', part({ mediaType: long(400_000) })],
  ['message.extensions', { extensions: strings(250) }],
  ['message.referenceTaskIds', { referenceTaskIds: strings(250) }],
  ['message.parts', { parts: Array(1_000).fill({ text: 'x', filename: long(400) }) }],
];

describe.each(TOO_LONG)('a message whose %s is too long', (field, more) => {
  const body = { message: messageFor('echo', {}, more) };
  const named = new RegExp(`^${field.replace(/[.[\]]/g, '\\$&')}: .*307200 bytes`);

  test('is refused as invalid over JSON-RPC', async () => {
    const answer = await rpc(stack.url, 'SendMessage', body);
    expect(answer.body.error).toMatchObject({
      code: -32602,
      message: expect.stringMatching(named),
    });
    expect(answer.ms).toBeLessThan(REFUSED_WITHIN_MS);
  });

  test('is refused as invalid over REST', async () => {
    const answer = await http<{ error: WireError }>(stack.url, { path: '/message:send', body });
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toMatch(named);
    expect(answer.ms).toBeLessThan(REFUSED_WITHIN_MS);
  });
});

describe('a message with much that can be stored', () => {
  test.each<[string, object]>([
    ['one text', { parts: [{ text: long(5_000_000) }] }],
    ['a thousand texts', { parts: Array(1_000).fill({ text: long(2_000) }) }],
    ['a thousand short texts', { parts: Array(1_000).fill({ text: long(500) }) }],
    ['data', { parts: [{ data: { text: long(5_000_000) } }] }],
  ])('is taken: %s', async (_name, more) => {
    const { status } = await send(stack.url, messageFor('echo', {}, more));
    expect(status.state).toBe('TASK_STATE_COMPLETED');
  });
});

describe('a task that is given as much as a gateway lets in', () => {
  const url = { url: `https://example.com/${long(290_000)}` };

  test('refuses what does not fit, and goes on', async () => {
    const message = messageFor('asks', {}, { parts: [url] });
    const task = await send(stack.url, message);
    const answer = { ...message, messageId: randomUUID(), taskId: task.id };
    const refused = await rpc(stack.url, 'SendMessage', { message: answer });
    expect(refused.body.error).toMatchObject({ code: -32602 });
    expect(refused.ms).toBeLessThan(REFUSED_WITHIN_MS);
    const { status } = await send(stack.url, { ...answer, parts: [{ text: 'Ada' }] });
    expect(status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  });

  test('can be canceled', async () => {
    const message = messageFor('asks', {}, { parts: [url] });
    const { task } = await result(
      rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message, ...LEAVING }),
    );
    const canceled = await result(rpc<WireTask>(stack.url, 'CancelTask', { id: task.id }));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
  });
});
