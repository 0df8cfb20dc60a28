// Skills that answer with a Message instead of a task, through official clients and kills (A2A §3.1.1).

import { ListTasksRequest, SendMessageRequest, type Message } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, type Client } from '@a2a-js/sdk/client';
import { ClientFactory as LegacyClientFactory } from 'a2a-sdk-0.3/client';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { envelope, messageFor, request as raw, rpc, send, type Headings } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { TWO_GATEWAYS, useStack } from '../harness/stack';
import type { WireMessage } from '../harness/wire';

const stack = useStack(TWO_GATEWAYS);

const SKILL = 'answer';

function request(options: object = {}, more: object = {}, configuration?: object) {
  return SendMessageRequest.fromJSON({ message: messageFor(SKILL, options, more), configuration });
}

function textOf({ parts }: Message): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

interface Asked {
  readonly message?: WireMessage;
  readonly key?: string;
  readonly url?: string;
}

async function replyTo({ message = messageFor(SKILL), key, url = stack.url }: Asked = {}) {
  const headers: Headings = key === undefined ? {} : { 'Idempotency-Key': key };
  return (await rpc<{ message: WireMessage }>(url, 'SendMessage', { message }, headers)).body;
}

describe.each(['JSONRPC', 'HTTP+JSON'] as const)('the 1.0 client on %s', (binding) => {
  let client: Client;

  beforeAll(async () => {
    const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      preferredTransports: [binding],
    });
    client = await new ClientFactory(options).createFromUrl(stack.url);
  });

  test('a blocking send resolves with the message', async () => {
    const contextId = randomUUID();
    const answer = (await client.sendMessage(request({}, { contextId }))) as Message;
    expect(textOf(answer)).toBe('please, attempt 1');
    expect(answer).toMatchObject({ contextId, taskId: '' });
  });

  test('a send that would return at once waits: there is nothing else to answer', async () => {
    const leaving = { returnImmediately: true };
    const answer = await client.sendMessage(request({ waitMs: 700 }, {}, leaving));
    expect(textOf(answer as Message)).toBe('please, attempt 1');
  });

  test('a stream is that one message', async () => {
    const said: unknown[] = [];
    for await (const { payload } of client.sendMessageStream(request())) {
      said.push([payload?.$case, payload?.$case === 'message' && textOf(payload.value)]);
    }
    expect(said).toEqual([['message', 'please, attempt 1']]);
  });

  test('a reply that failed is an error with its reason', async () => {
    const failing = client.sendMessage(request({ ending: 'failed' }));
    await expect(failing).rejects.toThrow('because');
  });

  test('no task is left: none in the list, none to get by the id of the message', async () => {
    const contextId = randomUUID();
    const answer = (await client.sendMessage(request({}, { contextId }))) as Message;
    const { tasks, totalSize } = await client.listTasks(ListTasksRequest.fromJSON({ contextId }));
    expect({ tasks, totalSize }).toEqual({ tasks: [], totalSize: 0 });
    const { messageId: id } = answer;
    await expect(client.getTask({ id, tenant: '' })).rejects.toThrow('no such task');
    await expect(client.getTask({ id: `reply/${id}`, tenant: '' })).rejects.toThrow();
  });
});

describe('the 0.3 client', () => {
  const message = () => ({
    kind: 'message' as const,
    messageId: randomUUID(),
    role: 'user' as const,
    parts: [{ kind: 'text' as const, text: 'please' }],
    metadata: { skillId: SKILL },
  });
  const expected = {
    kind: 'message',
    role: 'agent',
    parts: [{ kind: 'text', text: 'please, attempt 1' }],
  };

  test('a send resolves with the message, a stream is that one message', async () => {
    const client = await new LegacyClientFactory().createFromUrl(stack.url);
    expect(await client.sendMessage({ message: message() })).toMatchObject(expected);
    const said: unknown[] = [];
    for await (const event of client.sendMessageStream({ message: message() })) said.push(event);
    expect(said).toEqual([expect.objectContaining(expected)]);
  });
});

describe('a reply that takes long', () => {
  test('its stream opens and is kept alive before there is anything to say', async () => {
    const params = { message: messageFor(SKILL, { waitMs: 5_000, ending: 'failed' }) };
    const [ofRpc, ofRest] = await Promise.all([
      raw(stack.url, { body: envelope('SendStreamingMessage', params) }),
      raw(stack.url, { path: '/message:stream', body: params }),
    ]);
    expect(ofRpc.headers.get('Content-Type')).toBe('text/event-stream');
    expect(ofRest.headers.get('Content-Type')).toBe('text/event-stream');
    // The status is spent, so what went wrong is a frame.
    expect(await ofRpc.text()).toMatch(/^(: \w+\n)+data: \{.*"error":\{.*because.*\}\n\n$/);
    expect(await ofRest.text()).toMatch(/^(: \w+\n)+event: error\ndata: .*because.*\n\n$/);
  });

  test('outlives the kill of its worker', async () => {
    const ledger = join(stack.temporal.dataDir, randomUUID());
    const reply = replyTo({ message: messageFor(SKILL, { waitMs: 3_000, ledger }) });
    await eventually(() => readFile(ledger));
    await stack.worker.kill();
    await stack.startWorker();
    expect((await reply).result?.message.parts).toEqual([{ text: 'please, attempt 2' }]);
  });

  test('is given to who asks again with the key, on any gateway, and done once', async () => {
    const ledger = join(stack.temporal.dataDir, randomUUID());
    const message = messageFor(SKILL, { waitMs: 1_500, ledger });
    const key = randomUUID();
    const leaving = new AbortController();
    const left = raw(stack.url, {
      body: envelope('SendMessage', { message }),
      headers: { 'Idempotency-Key': key },
      signal: leaving.signal,
    });
    await eventually(() => readFile(ledger));
    leaving.abort();
    await expect(left).rejects.toThrow();
    const again = await replyTo({ message, key, url: stack.otherUrl });
    const later = await replyTo({ message, key });
    expect(again.result?.message.parts).toEqual([{ text: 'please, attempt 1' }]);
    expect(later.result).toEqual(again.result);
    expect((await readFile(ledger, 'utf8')).split('\n')).toHaveLength(2);
  });
});

describe('a reply that is none', () => {
  test.each([
    ['failed', -32603, 'because'],
    ['rejected', -32602, 'because'],
    ['throws', -32603, 'no such city'],
    ['completed', -32006, 'must return reply(…)'],
    ['nothing', -32006, 'returned no result'],
    ['nonsense', -32006, 'exactly one of text, raw, url, data'],
    ['asks', -32006, 'has no task to ask from'],
    ['artifact', -32603, 'has no task to hold artifacts'],
  ])('%s is an error that says why', async (ending, code, text) => {
    const { error } = await replyTo({ message: messageFor(SKILL, { ending }) });
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(text);
  });

  test('one that breaks the contract is INVALID_AGENT_RESPONSE, on REST with 500', async () => {
    const body = { message: messageFor(SKILL, { ending: 'completed' }) };
    const answer = await raw(stack.url, { path: '/message:send', body });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      error: { status: 'INTERNAL', details: [{ reason: 'INVALID_AGENT_RESPONSE' }] },
    });
    const { data } = (await replyTo(body)).error as unknown as { readonly data: unknown };
    expect(data).toMatchObject([{ reason: 'INVALID_AGENT_RESPONSE' }]);
  });

  test('a stream is refused by one error frame', async () => {
    const params = { message: messageFor(SKILL, { ending: 'failed' }) };
    const response = await raw(stack.url, { body: envelope('SendStreamingMessage', params) });
    expect(await response.text()).toMatch(/^data: \{.*"error":\{.*"because".*\}\n\n$/);
  });

  test('the same key with another message is refused', async () => {
    const key = randomUUID();
    await replyTo({ key });
    const { error } = await replyTo({ key });
    expect(error?.code).toBe(-32602);
    expect(error?.message).toContain('key was used');
  });
});

test.each([
  ['replies-undeclared', '`replies: true`'],
  ['says-nonsense', 'exactly one of text, raw, url, data'],
])('a result that cannot be, of %s, fails the task and says why', async (skillId, text) => {
  const { status } = await send(stack.url, messageFor(skillId));
  expect(status.state).toBe('TASK_STATE_FAILED');
  expect(status.message?.parts[0]?.text).toContain(text);
});
