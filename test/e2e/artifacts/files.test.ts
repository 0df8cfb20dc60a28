// Files and streams that a skill gives: stored on the way, served by the gateway, held in memory by nobody.

import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerTo, getTask, messageFor, result, rpc, send } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { expectEveryId, lastState } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { readWhole, streamMessage } from '../../harness/stream';
import { textOf, type WireMessage, type WirePart, type WireTask } from '../../harness/wire';

/** More than the longest string of V8 (512 MiB): as `raw` nobody could hold it. */
const HUGE_BYTES = 600 * 1_048_576;

const stack = useStack({ env: { SKILLS: join(__dirname, 'skills') } });

let folder: string;
const fileOf = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-files-'));
  await writeFile(fileOf('data.csv'), 'a,b\n1,2\n');
  await writeFile(fileOf('empty.txt'), '');
  const huge = await open(fileOf('huge.bin'), 'w');
  await huge.truncate(HUGE_BYTES);
  await huge.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type FilePart = WirePart & { readonly filename?: string; readonly mediaType?: string };

const given = (name: string, way: string): WireMessage =>
  messageFor('gives-file', { path: fileOf(name), way });

const CSV = {
  raw: Buffer.from('a,b\n1,2\n').toString('base64'),
  filename: 'data.csv',
  mediaType: 'text/csv',
};

async function partsGiven(name: string, way: string): Promise<readonly FilePart[]> {
  const task = await send(stack.url, given(name, way));
  expect(task.status.state).toBe('TASK_STATE_COMPLETED');
  return (await getTask(stack.url, task.id)).artifacts?.[0]?.parts ?? [];
}

describe('a file', () => {
  test.each(['saveArtifact', 'partial', 'result'])('given by %s comes back whole', async (way) => {
    expect(await partsGiven('data.csv', way)).toEqual([CSV]);
  });

  test('appended to a stream stands between its texts', async () => {
    expect(await partsGiven('data.csv', 'append')).toEqual([
      { text: 'before ' },
      CSV,
      { text: ' after' },
    ]);
  });

  test('may be a stream', async () => {
    expect(await partsGiven('data.csv', 'stream')).toEqual([
      { ...CSV, filename: 'streamed.bin', mediaType: 'application/octet-stream' },
    ]);
  });

  test('may be empty', async () => {
    expect(await partsGiven('empty.txt', 'saveArtifact')).toEqual([
      { raw: '', filename: 'empty.txt', mediaType: 'text/plain' },
    ]);
  });

  test('may be in a message', async () => {
    const task = await send(stack.url, given('data.csv', 'message'));
    expect(task.status.message?.parts).toEqual([CSV]);
  });

  test('may be in a progress update', async () => {
    const task = await send(stack.url, given('data.csv', 'progress'));
    expect(task.history?.flatMap(({ parts }) => parts)).toContainEqual(CSV);
  });

  test('may be in a question, and is there for the skill after the answer', async () => {
    const asked = await send(stack.url, given('data.csv', 'question'));
    expect(asked.status.message?.parts).toEqual([CSV]);
    const task = await send(stack.url, answerTo(asked, 'seen'));
    expect(textOf(task.status.message?.parts)).toBe('seen: a,b\n1,2\n');
  });

  test('may be in a reply', async () => {
    const message = messageFor('replies-file', { path: fileOf('data.csv') });
    const answer = rpc<{ message: WireMessage }>(stack.url, 'SendMessage', { message });
    expect((await result(answer)).message.parts).toEqual([CSV]);
  });
});

describe('a file that is too big for memory', () => {
  let task: WireTask;
  let part: FilePart | undefined;

  beforeAll(async () => {
    task = await send(stack.url, given('huge.bin', 'saveArtifact'));
    part = (await getTask(stack.url, task.id)).artifacts?.[0]?.parts[0];
  });

  test('is given by GetTask as an address', () => {
    expect(part).toEqual({
      url: expect.stringMatching(/^http:.*\/parts\//),
      filename: 'huge.bin',
      mediaType: 'application/octet-stream',
    });
  });

  test('is given by its stream in the same way', async () => {
    const frames = await readWhole(stack.url, task.id);
    const [update] = frames.flatMap(({ event }) => event.artifactUpdate ?? []);
    expect(update?.artifact.parts).toEqual([part]);
  });

  test('is served there, byte for byte', async () => {
    const served = await fetch(part!.url!);
    expect(served.headers.get('Content-Length')).toBe(String(HUGE_BYTES));
    const [hash, zeros] = [createHash('sha256'), createHash('sha256')];
    for await (const chunk of served.body!) hash.update(chunk as Uint8Array);
    const block = Buffer.alloc(1_048_576);
    for (let at = 0; at < HUGE_BYTES; at += block.length) zeros.update(block);
    expect(hash.digest('hex')).toBe(zeros.digest('hex'));
  });

  test('is refused in a message, with what to do instead', async () => {
    const { status } = await send(stack.url, given('huge.bin', 'message'));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toContain('put them into an artifact');
  });
});

describe('what cannot be read', () => {
  test.each([
    ['a file that does not exist', 'none.csv', 'artifact "file": there is no file'],
    ['a folder', '', 'is not a file'],
  ])('%s ends the task at once, and is named', async (_what, name, reason) => {
    const { status } = await send(stack.url, given(name, 'saveArtifact'));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toContain(reason);
  });

  test('a stream that breaks is named with its artifact', async () => {
    const { status } = await send(stack.url, messageFor('broken-stream'));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toBe(
      'artifact "feed": its stream broke: connection reset',
    );
  });

  test('a caller cannot name a file for a skill to read', async () => {
    const parts = [{ text: 'mine', path: fileOf('data.csv') }];
    const task = await send(stack.url, messageFor('mirrors', {}, { parts }));
    expect(task.artifacts?.[0]?.parts).toEqual([{ text: 'mine' }]);
    const message = messageFor('mirrors', {}, { parts: [{ path: fileOf('data.csv') }] });
    expect((await rpc(stack.url, 'SendMessage', { message })).body.error?.code).toBe(-32602);
  });
});

describe('a model that is piped into an artifact', () => {
  test('is one artifact, and its text is there for the skill', async () => {
    const task = await send(stack.url, messageFor('pipes', { tokens: 5 }));
    const text = 'token 1 token 2 token 3 token 4 token 5 ';
    expect(textOf(task.artifacts?.[0]?.parts)).toBe(text);
    expect(textOf(task.status.message?.parts)).toBe(text);
  });

  test('is told of a cancel', async () => {
    const ledger = fileOf(`ledger-${randomUUID()}`);
    const stream = await streamMessage(stack.url, messageFor('pipes', { ledger }));
    await stream.until('a token', ({ event }) => event.artifactUpdate !== undefined);
    await rpc(stack.url, 'CancelTask', { id: stream.task.id });
    expect(lastState(await stream.toEnd())).toBe('TASK_STATE_CANCELED');
    const noted = await eventually(() => readFile(ledger, 'utf8'));
    expect(noted).toBe('canceled');
  });
});

test('a worker that is killed while it stores a stream is followed by one that does it again', async () => {
  const stream = await streamMessage(stack.url, messageFor('slow-stream'));
  await stream.until('the text before it', ({ event }) => event.artifactUpdate !== undefined);
  await stack.worker.kill();
  await stack.startWorker();
  const frames = await stream.toEnd();
  expectEveryId(frames);
  const updates = frames.flatMap(({ event }) => event.artifactUpdate ?? []);
  expect(updates.map(({ append = false }) => append)).toEqual([
    false,
    ...updates.slice(1).map(() => true),
  ]);
  const task = await getTask(stack.url, stream.task.id);
  const pieces = Array.from({ length: 20 }, (_, n) => `piece ${String(n + 1)}\n`).join('');
  expect(task.artifacts?.[0]?.parts).toEqual([
    { text: 'begin ' },
    {
      raw: Buffer.from(pieces).toString('base64'),
      ...{ filename: 'pieces.txt', mediaType: 'text/plain' },
    },
    { text: ' end' },
  ]);
});
