// One of two gateways is killed (D10): its clients go on at the other one and miss nothing (D3), repeat nothing (D6).

import { randomUUID } from 'node:crypto';
import {
  LEAVING,
  answerTo,
  getTask,
  listTasks,
  messageFor,
  rpc,
  send,
  sendAndLeave,
} from '../harness/calls';
import { untilAnswer, within } from '../harness/eventually';
import { expectEveryId, foldArtifacts, lastState, lines } from '../harness/frames';
import { note } from '../harness/note';
import type { TestProcess } from '../harness/processes';
import { seeded } from '../harness/seeded';
import { useStack } from '../harness/stack';
import { streamMessage, subscribe, type Frame } from '../harness/stream';
import { textOf, type WireMessage, type WireTask } from '../harness/wire';

/** From the reconnect to the first frame (FAULTS row 3). */
const RESUME_MS = 1_000;

/** Its own gateway stays. */
const stack = useStack();

async function withDoomedGateway(act: (doomed: TestProcess) => Promise<void>): Promise<void> {
  const doomed = await stack.startGateway();
  try {
    await act(doomed);
  } finally {
    await doomed.kill();
  }
}

describe('streams through a killed gateway (D3, D10)', () => {
  test('ten streams resume on the other gateway, and every event arrives once', () =>
    withDoomedGateway(async (doomed) => {
      const chunks = 30;
      const { seed, between } = seeded();
      const killAt = between(4, 25);
      note(`FAULT_SEED=${String(seed)}: killed at event ${String(killAt)} of the first stream`);
      const pairs = await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          const message = messageFor(i % 2 === 0 ? 'stream' : 'steps', { chunks, events: chunks });
          const key = { 'Idempotency-Key': randomUUID() };
          const cut = await streamMessage(doomed.url, message, key);
          // The same request again follows the same task from its first event, undisturbed.
          return { cut, undisturbed: await streamMessage(stack.url, message, key) };
        }),
      );
      await pairs[0]!.cut.until('the moment of the kill', ({ id }) => id === killAt);
      await doomed.kill();

      const firstFrameMs: number[] = [];
      for (const { cut, undisturbed } of pairs) {
        expect(await within('the end of a cut stream', cut.over)).toBe('cut');
        const cursor = cut.lastId;
        const from = Date.now();
        const resumed = await subscribe(stack.url, cut.task.id, cursor);
        const snapshot = await resumed.until('the snapshot', () => true);
        firstFrameMs.push(snapshot.at - from);
        await resumed.toEnd();
        await undisturbed.toEnd();

        expectSnapshotOf(snapshot, cut.frames);
        const union = [...cut.frames, ...resumed.frames.slice(1)];
        expectEveryId(union);
        expect(union.map(({ raw }) => raw)).toEqual(undisturbed.frames.map(({ raw }) => raw));
        expect(lastState(union)).toBe('TASK_STATE_COMPLETED');
      }
      note(`first frame after the reconnect: at most ${String(Math.max(...firstFrameMs))} ms`);
      expect(Math.max(...firstFrameMs)).toBeLessThanOrEqual(RESUME_MS);
    }));

  test('what was cut and what was resumed fold to the whole artifact', () =>
    withDoomedGateway(async (doomed) => {
      const cut = await streamMessage(doomed.url, messageFor('stream', { chunks: 20 }));
      await cut.until('the tenth event', ({ id }) => id === 10);
      await doomed.kill();
      await cut.over;

      const resumed = await subscribe(stack.url, cut.task.id, cut.lastId);
      await resumed.toEnd();
      expect(Object.values(foldArtifacts(resumed.frames))).toEqual([lines(20)]);
      expect(foldArtifacts([...cut.frames, ...resumed.frames.slice(1)])).toEqual(
        foldArtifacts(resumed.frames),
      );
    }));
});

/** A resumed stream begins with the task as of the cursor: without an id, because it is no news. */
function expectSnapshotOf(snapshot: Frame, seen: readonly Frame[]): void {
  expect(snapshot.id).toBeUndefined();
  expect(foldArtifacts([snapshot])).toEqual(foldArtifacts(seen));
}

const KEY_REUSED = /idempotency key was used for another message/;

describe('requests through a killed gateway, repeated with their Idempotency-Key (D6)', () => {
  test('a blocking send under way gives the same task on the other gateway', () =>
    withDoomedGateway(async (doomed) => {
      const contextId = randomUUID();
      const message = messageFor('steps', { events: 15 }, { contextId });
      const key = { 'Idempotency-Key': randomUUID() };
      const lost = send(doomed.url, message, key).then(
        () => 'answered',
        () => 'lost',
      );
      const [started] = (
        await untilAnswer(
          'the task is listed',
          () => listTasks(stack.url, { contextId }),
          ({ totalSize }) => totalSize === 1,
        )
      ).tasks;
      await doomed.kill();
      expect(await within('the end of the lost request', lost)).toBe('lost');

      const again = await send(stack.url, message, key);
      expect(again.id).toBe(started!.id);
      expect(again.status.state).toBe('TASK_STATE_COMPLETED');
      expect((await listTasks(stack.url, { contextId })).totalSize).toBe(1);
    }));

  test('another message with the same key is refused by name', async () => {
    const key = { 'Idempotency-Key': randomUUID() };
    const { id } = await sendAndLeave(stack.url, messageFor('echo'), key);

    const other = await rpc(stack.url, 'SendMessage', { message: messageFor('five') }, key);
    expect(other.body.error).toMatchObject({ code: -32602 });
    expect(other.body.error?.message).toMatch(KEY_REUSED);
    expect((await getTask(stack.url, id)).metadata).toMatchObject({ skillId: 'echo' });
  });

  test('a follow-up that may have been taken counts once', () =>
    withDoomedGateway(async (doomed) => {
      const asking = await questionOf('name');
      const answer = answerTo(asking, 'Ada');
      const key = { 'Idempotency-Key': randomUUID() };
      const lost = sendAndLeave(doomed.url, answer, key).catch(() => undefined);
      await doomed.kill();
      await lost;
      await sendAndLeave(stack.url, answer, key);
      await sendAndLeave(stack.url, answer, key);

      // Counted twice, the name would have been taken for the age.
      const next = await untilQuestion(asking.id, /old/);
      expect(textOf(next.status.message?.parts)).toBe('How old are you?');
      expect(messagesOf(next, answer)).toHaveLength(1);
      const done = await send(stack.url, answerTo(next, '36'));
      expect(textOf(done.status.message?.parts)).toBe('Ada is 36');
    }));

  test('a repeated follow-up is answered like the first, also after the task is over', async () => {
    const asking = await questionOf('name');
    const key = { 'Idempotency-Key': randomUUID() };
    await sendAndLeave(stack.url, answerTo(asking, 'Ada'), {});
    await untilQuestion(asking.id, /old/);
    const answer = answerTo(asking, '36');
    const first = await send(stack.url, answer, key);
    expect(first.status.state).toBe('TASK_STATE_COMPLETED');

    expect(await send(stack.url, answer, key)).toEqual(first);
  });

  test('another follow-up with the same key is refused by name', async () => {
    const asking = await questionOf('name');
    const key = { 'Idempotency-Key': randomUUID() };
    await sendAndLeave(stack.url, answerTo(asking, 'Ada'), key);
    await untilQuestion(asking.id, /old/);

    const params = { message: answerTo(asking, '36'), ...LEAVING };
    const other = await rpc(stack.url, 'SendMessage', params, key);
    expect(other.body.error).toMatchObject({ code: -32602 });
    expect(other.body.error?.message).toMatch(KEY_REUSED);
  });
});

/** A new task of the skill `asks`, at its first question. */
async function questionOf(word: string): Promise<WireTask> {
  const task = await send(stack.url, messageFor('asks'));
  expect(textOf(task.status.message?.parts)).toContain(word);
  return task;
}

function untilQuestion(id: string, text: RegExp): Promise<WireTask> {
  return untilAnswer(
    `the question ${String(text)}`,
    () => getTask(stack.url, id),
    ({ status }) =>
      status.state === 'TASK_STATE_INPUT_REQUIRED' && text.test(textOf(status.message?.parts)),
  );
}

function messagesOf(task: WireTask, sent: WireMessage): readonly WireMessage[] {
  return (task.history ?? []).filter(({ messageId }) => messageId === sent.messageId);
}
