// What clients do in practice and the specification does not forbid: they must get what they expect.

import { randomUUID } from 'node:crypto';
import {
  answerTo,
  envelope,
  getTask,
  http,
  messageFor,
  request,
  result,
  rpc,
  send,
  type Call,
  type Headings,
} from '../../harness/calls';
import { readSse } from '../../harness/sse';
import { TWO_GATEWAYS, useStack } from '../../harness/stack';
import { streamMessage } from '../../harness/stream';
import { textOf, type WirePart, type WireTask } from '../../harness/wire';

const stack = useStack(TWO_GATEWAYS);

const A2A_JSON = 'application/a2a+json';
const LEGACY = { 'A2A-Version': '0.3' };

describe('the chunks of an artifact', () => {
  interface Chunk {
    readonly append?: boolean;
    readonly lastChunk?: boolean;
    readonly artifact: { readonly parts: readonly (WirePart & { readonly kind?: string })[] };
  }

  async function chunksOf(call: Call): Promise<readonly Chunk[]> {
    const chunks: Chunk[] = [];
    for await (const { data } of readSse(await request(stack.url, call))) {
      const { result } = data as { readonly result: Chunk & { readonly artifactUpdate?: Chunk } };
      const chunk = result.artifactUpdate ?? result;
      if ('artifact' in chunk) chunks.push(chunk);
    }
    return chunks;
  }

  const message = messageFor('stream', { chunks: 4, everyMs: 110 });
  const legacyMessage = {
    ...{ kind: 'message', role: 'user', messageId: message.messageId },
    parts: [{ kind: 'data', data: { chunks: 4, everyMs: 110 } }],
    metadata: { skillId: 'stream' },
  };

  test.each([
    { generation: '1.0', call: { body: envelope('SendStreamingMessage', { message }) } },
    {
      generation: '0.3',
      call: { body: envelope('message/stream', { message: legacyMessage }), headers: LEGACY },
    },
  ])('open it, add to it, and close it with one text part: $generation', async ({ call }) => {
    const chunks = await chunksOf(call);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.map(({ append = false }) => append)).toEqual(chunks.map((_, at) => at > 0));
    expect(chunks.map(({ lastChunk }) => lastChunk).indexOf(true)).toBe(chunks.length - 1);
    const { parts } = chunks.at(-1)!.artifact;
    // A client that folds by part joins texts, and a chunk without a part is invalid.
    expect(parts.map(({ text }) => typeof text)).toEqual(['string']);
    expect(chunks.map(({ artifact }) => textOf(artifact.parts)).join('')).toContain('line 4\n');
  });
});

describe('one messageId for every message', () => {
  const messageId = 'always-the-same';

  test('is a new task each time', async () => {
    const tasks = [
      await send(stack.url, messageFor('echo', {}, { messageId })),
      await send(stack.url, messageFor('echo', {}, { messageId })),
      await send(stack.otherUrl, messageFor('echo', {}, { messageId })),
    ];
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(3);
  });

  test('answers one question after the other', async () => {
    const asked = await send(stack.url, messageFor('interview', {}, { messageId }));
    let task: WireTask = asked;
    for (const text of ['one', 'two', 'three']) {
      task = await send(stack.url, { ...answerTo(asked, text), messageId });
    }
    expect(textOf(task.status.message?.parts)).toBe('one, two, three');
  });
});

describe('addresses as clients write them', () => {
  test.each(['', '/'])(
    'JSON-RPC is answered at the base address followed by "%s"',
    async (path) => {
      const body = envelope('GetTask', { id: 'none' });
      const { body: answer } = await http(stack.url, { path, body });
      expect(answer).toMatchObject({ error: { code: -32001 } });
    },
  );

  interface Empty {
    readonly prefix: string;
    readonly headers: Headings;
  }
  const EMPTY: readonly Empty[] = [
    { prefix: '', headers: { 'A2A-Version': '1.0' } },
    { prefix: '/v1', headers: LEGACY },
  ];

  /** Of JSON by its type, and without any. */
  const postNothing = (path: string, headers: Headings): Promise<Response> =>
    fetch(stack.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
    });

  test.each(EMPTY)('$prefix :cancel takes an empty body', async ({ prefix, headers }) => {
    const { id } = await send(stack.url, messageFor('asks'));
    const response = await postNothing(`${prefix}/tasks/${id}:cancel`, headers);
    expect(response.status).toBe(200);
    expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_CANCELED');
  });

  test.each(EMPTY)('$prefix :subscribe takes an empty body', async ({ prefix, headers }) => {
    const { id } = await send(stack.url, messageFor('asks'));
    const response = await postNothing(`${prefix}/tasks/${id}:subscribe`, headers);
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    await response.body?.cancel();
  });
});

describe('a configuration of 0.3 JSON-RPC', () => {
  // The official client always says `blocking`; others do not.
  const stateAfter = async (configuration: object): Promise<string> => {
    const message = {
      ...{ kind: 'message', messageId: randomUUID(), role: 'user', metadata: { skillId: 'steps' } },
      parts: [{ kind: 'data', data: { events: 5, everyMs: 100 } }],
    };
    const params = { message, configuration };
    const { status } = await result(
      rpc<{ status: { state: string } }>(stack.url, 'message/send', params, LEGACY),
    );
    return status.state;
  };

  test('that does not say blocking blocks', async () => {
    expect(await stateAfter({})).toBe('completed');
    expect(await stateAfter({ historyLength: 1 })).toBe('completed');
    expect(await stateAfter({ blocking: false })).not.toBe('completed');
  });
});

describe('the content type of REST', () => {
  const body = JSON.stringify({ message: messageFor('echo') });
  const typeOf = async (headers: Headings, path = '/message:send'): Promise<string> => {
    const response = await fetch(stack.url + path, { method: 'POST', headers, body });
    await response.body?.cancel();
    return (response.headers.get('Content-Type') ?? '').split(';', 1).join();
  };

  test('is application/json for a client that says nothing else', async () => {
    expect(await typeOf({ 'Content-Type': 'application/json' })).toBe('application/json');
    expect(await typeOf({ 'Content-Type': 'application/json', Accept: '*/*' })).toBe(
      'application/json',
    );
  });

  test('is application/a2a+json for a client that uses or accepts it', async () => {
    expect(await typeOf({ 'Content-Type': A2A_JSON })).toBe(A2A_JSON);
    expect(await typeOf({ 'Content-Type': 'application/json', Accept: A2A_JSON })).toBe(A2A_JSON);
  });
});

describe('who reads', () => {
  test('changes no byte of an event', async () => {
    const stream = await streamMessage(stack.url, messageFor('stream', { chunks: 5, everyMs: 60 }));
    await stream.toEnd();
    const { id } = stream.task;
    const read = async (url: string, headers: Headings): Promise<readonly string[]> => {
      const call = { body: envelope('SubscribeToTask', { id }), headers };
      const raw: string[] = [];
      const resume = { 'Last-Event-ID': '0', ...headers };
      for await (const event of readSse(await request(url, { ...call, headers: resume }))) {
        raw.push(`${event.id ?? ''} ${event.raw}`);
      }
      return raw;
    };
    const first = await read(stack.url, {});
    expect(first.length).toBeGreaterThan(4);
    const others = await Promise.all([
      read(stack.otherUrl, { 'A2A-Extensions': 'urn:longhaul:a2a:stream-cursor:1' }),
      read(stack.otherUrl, { 'User-Agent': 'another', 'Accept-Language': 'de' }),
      read(stack.url, { 'A2A-Extensions': `https://example.com/${randomUUID()}` }),
    ]);
    expect(others).toEqual([first, first, first]);
  });
});
