// What the tutorial's raw client depends on: it reads HTTP chunks, not events (A2A.md, traps 1 to 3).

import { randomUUID } from 'node:crypto';
import { createConnection } from 'node:net';
import { envelope } from '../harness/calls';
import { useStack } from '../harness/stack';

/** Its clients give up after 5 s without a byte; we promise to stay a second below. */
const SILENCE_MAX_MS = 4_000;

const stack = useStack();

interface Chunk {
  readonly text: string;
  /** Milliseconds since the request was sent. */
  readonly atMs: number;
}

interface Answer {
  readonly head: string;
  readonly chunks: readonly Chunk[];
}

interface Part {
  readonly kind: string;
  readonly text?: string;
}

interface Result {
  readonly kind: string;
  readonly final?: boolean;
  readonly lastChunk?: boolean;
  readonly append?: boolean;
  readonly status?: {
    readonly state: string;
    readonly message?: { readonly parts: readonly Part[] };
  };
  readonly artifact?: { readonly name: string; readonly parts: readonly Part[] };
}

let tutorial: Answer;
let silent: Answer;

beforeAll(async () => {
  const quiet = { kind: 'data', data: { events: 1, everyMs: 9_000 } };
  [tutorial, silent] = await Promise.all([stream('tutorial'), stream('steps', [quiet])]);
});

/** Posts `message/stream` over a bare socket and records each HTTP chunk as it was sent. */
async function stream(skillId: string, more: readonly object[] = []): Promise<Answer> {
  const message = {
    kind: 'message',
    messageId: randomUUID(),
    role: 'user',
    parts: [{ kind: 'text', text: 'Process my data' }, ...more],
    metadata: { skillId },
  };
  const body = JSON.stringify(envelope('message/stream', { message }));
  const { host, hostname, port } = new URL(stack.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const sentAt = Date.now();
  socket.write(
    [
      'POST / HTTP/1.1',
      `Host: ${host}`,
      'Content-Type: application/json',
      'Accept: text/event-stream',
      'Accept-Encoding: gzip, deflate, br',
      'Connection: close',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  let pending: Buffer = Buffer.alloc(0);
  let head: string | undefined;
  const chunks: Chunk[] = [];
  for await (const bytes of socket) {
    pending = Buffer.concat([pending, bytes as Buffer]);
    if (head === undefined) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) continue;
      head = pending.subarray(0, end).toString();
      pending = pending.subarray(end + 4);
    }
    const { texts, rest } = dechunk(pending);
    pending = rest;
    chunks.push(...texts.map((text) => ({ text, atMs: Date.now() - sentAt })));
  }
  return { head: head ?? '', chunks };
}

/** The whole chunks at the start of `bytes` (RFC 9112 §7.1), and what is left. */
function dechunk(bytes: Buffer): { readonly texts: readonly string[]; readonly rest: Buffer } {
  const texts: string[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, end).toString(), 16);
    if (Number.isNaN(size) || bytes.length < end + 2 + size + 2) break;
    if (size > 0) texts.push(bytes.subarray(end + 2, end + 2 + size).toString());
    at = end + 2 + size + 2;
  }
  return { texts, rest: bytes.subarray(at) };
}

const isData = ({ text }: Chunk): boolean => text.startsWith('data: ');

function resultOf({ text }: Chunk): Result {
  return (JSON.parse(text.slice('data: '.length)) as { readonly result: Result }).result;
}

const resultsOf = ({ chunks }: Answer): Result[] => chunks.filter(isData).map(resultOf);

function textOf(result: Result): string {
  return result.status?.message?.parts[0]?.text ?? '';
}

const STEPS = [
  '🚀 Initializing... (1/4)',
  '📊 Processing your request... (2/4)',
  '🔍 Analyzing data... (3/4)',
  '📝 Generating response... (4/4)',
];

describe('the chunks of message/stream (0.3 §3.3.2)', () => {
  test('an event is one chunk: one data line and the blank line after it', () => {
    const events = tutorial.chunks.filter(({ text }) => text.includes('data: '));
    expect(events.length).toBeGreaterThan(6);
    for (const { text } of events) expect(text).toMatch(/^data: [^\n]+\n\n$/);
  });

  test('the id of an event is the chunk before it', () => {
    const { chunks } = tutorial;
    const ids = chunks.flatMap((chunk, i) => (isData(chunk) ? [chunks[i - 1]?.text] : []));
    expect(ids).toEqual(ids.map((_, i) => `id: ${i + 1}\n`));
  });

  test('there is no other chunk but keep-alives', () => {
    const others = tutorial.chunks.filter(
      (chunk) => !isData(chunk) && !chunk.text.startsWith('id: '),
    );
    expect(new Set([...others.map(({ text }) => text), ': ka\n'])).toEqual(new Set([': ka\n']));
  });

  test('nothing is compressed, though the client would take it', () => {
    expect(tutorial.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(tutorial.head.toLowerCase()).not.toContain('content-encoding');
    expect(tutorial.head.toLowerCase()).toContain('content-type: text/event-stream');
  });

  test('what is absent is left out, never null', () => {
    for (const { text } of [...tutorial.chunks, ...silent.chunks]) {
      expect(text).not.toMatch(/:\s*null/);
    }
  });
});

describe('the tutorial skill', () => {
  test('says its four steps in order', () => {
    expect(resultsOf(tutorial).map(textOf).filter(Boolean)).toEqual(STEPS);
  });

  test('takes about a second for each step', () => {
    const at = tutorial.chunks
      .filter((chunk) => isData(chunk) && STEPS.includes(textOf(resultOf(chunk))))
      .map(({ atMs }) => atMs);
    const pauses = at.slice(1).map((ms, i) => ms - at[i]!);
    expect(Math.min(...pauses)).toBeGreaterThan(700);
    expect(Math.max(...pauses)).toBeLessThan(1_800);
  });

  test('brings its result as one artifact with lastChunk', () => {
    const artifacts = resultsOf(tutorial).filter(({ kind }) => kind === 'artifact-update');
    expect(artifacts).toMatchObject([
      {
        lastChunk: true,
        artifact: {
          name: 'processing_result',
          parts: [
            {
              kind: 'text',
              text: expect.stringMatching(
                /^✅ Completed processing: 'Process my data'\n\nProcessed at: \d{4}-/,
              ) as string,
            },
          ],
        },
      },
    ]);
    expect(artifacts[0]?.append ?? false).toBe(false);
  });

  test('ends with completed, the only final event', () => {
    const results = resultsOf(tutorial);
    expect(results.at(-1)).toMatchObject({ final: true, status: { state: 'completed' } });
    expect(results.filter(({ final }) => final)).toHaveLength(1);
  });
});

describe('a skill that is silent for nine seconds', () => {
  test('leaves no four seconds without a byte', () => {
    const at = [0, ...silent.chunks.map(({ atMs }) => atMs)];
    const pauses = at.slice(1).map((ms, i) => ms - at[i]!);
    expect(at.at(-1)).toBeGreaterThan(9_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(SILENCE_MAX_MS);
  });

  test('is kept alive by comments with one newline', () => {
    const comments = silent.chunks.filter(({ text }) => text.startsWith(':'));
    expect(comments.length).toBeGreaterThanOrEqual(2);
    for (const { text } of comments) expect(text).toBe(': ka\n');
  });
});
