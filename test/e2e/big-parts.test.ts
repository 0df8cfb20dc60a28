// Big parts travel by reference (D9): clients see them whole, Temporal never does.

import { Client, Connection } from '@temporalio/client';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { LEAVING, answerTo, getTask, http, messageFor, result, rpc, send } from '../harness/calls';
import { expectEveryId, lastState } from '../harness/frames';
import { note } from '../harness/note';
import { useStack } from '../harness/stack';
import { streamMessage, subscribe, type Frame } from '../harness/stream';
import { textOf, type WirePart, type WireTask } from '../harness/wire';

/** Well-kept clients refuse an event that is longer. */
const FRAME_BYTES = 4 * 1024 * 1024;
/** From here on Temporal warns of a payload. */
const PAYLOAD_BYTES = 256 * 1024;

/** A task holds up to 1 MiB inline, and its result is the whole task; 2 MB would never be taken. */
const RESULT_BYTES = 1_500_000;

const FILE = randomBytes(7_000_000).toString('base64');

const stack = useStack();

function digest(text: string | undefined): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}

const filePart = { raw: FILE, filename: 'photo.bin', mediaType: 'application/octet-stream' };
const withFile = { parts: [filePart, { data: { bytes: 10 } }] };
const RECEIVED = `received ${String(FILE.length)}`;

/** The file as `GetTask` gives it back: compared by digest, because a diff of 9 MB helps nobody. */
function fileOf(task: WireTask): string {
  return digest(task.history?.[0]?.parts[0]?.raw);
}

describe('a file of 7 MB in a message', () => {
  test('JSON-RPC 1.0 takes it and gives it back', async () => {
    const task = await send(stack.url, messageFor('big', {}, withFile));
    expect(textOf(task.status.message?.parts)).toBe(RECEIVED);
    expect(fileOf(await getTask(stack.url, task.id))).toBe(digest(FILE));
  });

  test('JSON-RPC 0.3 takes it and gives it back', async () => {
    interface LegacyTask {
      readonly id: string;
      readonly status: { readonly message?: { readonly parts: readonly WirePart[] } };
      readonly history: readonly {
        readonly parts: readonly { readonly file?: { readonly bytes?: string } }[];
      }[];
    }
    const file = { bytes: FILE, name: 'photo.bin', mimeType: 'application/octet-stream' };
    const message = {
      ...{ kind: 'message', messageId: randomUUID(), role: 'user', metadata: { skillId: 'big' } },
      parts: [
        { kind: 'file', file },
        { kind: 'data', data: { bytes: 10 } },
      ],
    };
    const legacy = { 'A2A-Version': '0.3' };
    const task = await result(rpc<LegacyTask>(stack.url, 'message/send', { message }, legacy));
    expect(textOf(task.status.message?.parts)).toBe(RECEIVED);
    const got = await result(rpc<LegacyTask>(stack.url, 'tasks/get', { id: task.id }, legacy));
    expect(digest(got.history[0]?.parts[0]?.file?.bytes)).toBe(digest(FILE));
  });

  test('REST takes it and gives it back', async () => {
    const { body } = await http<{ task: WireTask }>(stack.url, {
      path: '/message:send',
      body: { message: messageFor('big', {}, withFile) },
    });
    expect(textOf(body.task.status.message?.parts)).toBe(RECEIVED);
    const got = await http<WireTask>(stack.url, { path: `/tasks/${body.task.id}` });
    expect(fileOf(got.body)).toBe(digest(FILE));
  });

  test('in a stream it is a url part that serves the bytes', async () => {
    const stream = await streamMessage(stack.url, messageFor('big', {}, withFile));
    const frames = await stream.toEnd();
    expectFrames(frames);
    const [part] = stream.task.history?.[0]?.parts ?? [];
    expect(part).toMatchObject({ filename: 'photo.bin', mediaType: filePart.mediaType });
    const served = await fetch(part!.url!);
    expect(served.headers.get('Content-Type')).toBe(filePart.mediaType);
    expect(digest(Buffer.from(await served.arrayBuffer()).toString('base64'))).toBe(digest(FILE));
  });
});

function expectFrames(frames: readonly Frame[]): void {
  expectEveryId(frames);
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expect(Math.max(...frames.map(({ raw }) => Buffer.byteLength(raw)))).toBeLessThan(FRAME_BYTES);
}

/** The first part of the artifact as one frame of these gives it. */
function artifactPart(frames: readonly Frame[]): WirePart | undefined {
  const updates = frames.flatMap(({ event }) => event.artifactUpdate ?? []);
  expect(updates).toHaveLength(1);
  return updates[0]?.artifact.parts[0];
}

describe.each([200_000, 1_500_000, 3_000_000, 5_000_000])('an artifact of %d bytes', (bytes) => {
  const whole = digest('x'.repeat(bytes));
  let frames: readonly Frame[];
  let id: string;

  beforeAll(async () => {
    const stream = await streamMessage(stack.url, messageFor('big', { bytes }));
    frames = await stream.toEnd();
    ({ id } = stream.task);
  });

  test('comes back whole from GetTask', async () => {
    const task = await getTask(stack.url, id);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(digest(textOf(task.artifacts?.[0]?.parts))).toBe(whole);
  });

  test('fits into the frames of its stream', () => {
    expectFrames(frames);
  });

  test('is in its frame, or at the url that is there instead', async () => {
    const { text, url } = artifactPart(frames)!;
    expect(url === undefined).toBe(bytes < 2_000_000);
    const content = url === undefined ? text : await (await fetch(url)).text();
    expect(digest(content)).toBe(whole);
  });

  test('is in the snapshot of a resumed stream in the same way', async () => {
    const resumed = await subscribe(stack.url, id, frames.length - 1);
    const [snapshot] = await resumed.toEnd();
    expect(Buffer.byteLength(snapshot!.raw)).toBeLessThan(FRAME_BYTES);
    const [part] = resumed.task.artifacts?.[0]?.parts ?? [];
    const content = part?.url === undefined ? part?.text : await (await fetch(part.url)).text();
    expect(digest(content)).toBe(whole);
  });
});

describe('text that JSON makes longer', () => {
  test.each([
    ['quotes', '"', 1_900_000],
    ['control characters', '\u0001', 1_500_000],
  ])('one artifact of %s fits into its frame', async (_name, fill, bytes) => {
    const message = messageFor('heavy', { fill, bytes });
    const frames = await (await streamMessage(stack.url, message)).toEnd();
    expectFrames(frames);
    const { text, url } = artifactPart(frames)!;
    const content = url === undefined ? text : await (await fetch(url)).text();
    expect(digest(content)).toBe(digest(fill.repeat(bytes)));
  });

  test.each([
    ['letters', 'x', 2_000_000],
    ['line ends', '\n', 1_000_000],
    ['control characters', '\u0001', 600_000],
  ])('a stream of %s completes, and is whole', async (_name, fill, bytes) => {
    const message = messageFor('heavy', { fill, bytes, chunkBytes: 20_000 });
    const stream = await streamMessage(stack.url, message);
    expectFrames(await stream.toEnd());
    const task = await getTask(stack.url, stream.task.id);
    expect(digest(textOf(task.artifacts?.[0]?.parts))).toBe(digest(fill.repeat(bytes)));
  });
});

describe('many follow-ups', () => {
  test('whose text is not ASCII: they are taken or refused, and the task completes', async () => {
    const options = { events: 10, everyMs: 500 };
    const stream = await streamMessage(stack.url, messageFor('steps', options));
    await stream.until('work under way', ({ id }) => id === 3);
    // 60 kB each in UTF-8, just small enough to stay inline.
    const text = '字'.repeat(20_000);
    let taken = 0;
    const refusals: unknown[] = [];
    for (let sent = 0; sent < 45; sent += 1) {
      const message = answerTo(stream.task, text);
      const { body } = await rpc(stack.url, 'SendMessage', { message, ...LEAVING });
      if (body.error === undefined) taken += 1;
      else refusals.push(body.error.code);
    }
    note(`${String(taken)} of 45 follow-ups taken`);
    expect(refusals).toEqual(refusals.map(() => -32602));
    expectFrames(await stream.toEnd());
  });
});

describe('what Temporal has recorded of all this', () => {
  test('no payload is over 256 KiB, but the task itself at its end', async () => {
    const connection = await Connection.connect({ address: stack.temporal.address });
    const found: { readonly where: string; readonly bytes: number }[] = [];
    try {
      const { workflow } = new Client({ connection });
      for await (const { workflowId } of workflow.list()) {
        const { events = [] } = await workflow.getHandle(workflowId).fetchHistory();
        for (const event of events ?? []) {
          const where = Object.keys(event).find((key) => key.endsWith('Attributes')) ?? '';
          for (const bytes of payloadSizes(event)) found.push({ where, bytes });
        }
      }
    } finally {
      await connection.close();
    }
    expect(found.length).toBeGreaterThan(20);
    const isResult = ({ where }: { where: string }): boolean =>
      where === 'workflowExecutionCompletedEventAttributes';
    const largest = (of: readonly { bytes: number }[]): number =>
      Math.max(...of.map(({ bytes }) => bytes));
    note(`largest result ${String(largest(found.filter(isResult)))} bytes`);
    note(`largest other payload ${String(largest(found.filter((f) => !isResult(f))))} bytes`);
    expect(found.filter((f) => !isResult(f) && f.bytes > PAYLOAD_BYTES)).toEqual([]);
    expect(found.filter((f) => f.bytes > RESULT_BYTES)).toEqual([]);
  });
});

/** Sizes of all payloads in a history event: whatever has bytes under the name `data`. */
function payloadSizes(value: unknown): readonly number[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    inner instanceof Uint8Array ? (key === 'data' ? [inner.byteLength] : []) : payloadSizes(inner),
  );
}
