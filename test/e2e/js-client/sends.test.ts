// What the official JavaScript client of A2A 1.0 sends, and the streams of it, on both HTTP bindings.

import { TaskState } from '@a2a-js/sdk';
import { randomUUID } from 'node:crypto';
import { eventually } from '../../harness/eventually';
import { useStack } from '../../harness/stack';
import {
  BINDINGS,
  SdkClient,
  all,
  expectRefusal,
  progressOf,
  stateOf,
  taskOf,
  textOf,
} from './sdk-client';

const stack = useStack();

describe.each(BINDINGS)('@a2a-js/sdk 1.3 over $binding', ({ transport }) => {
  let client: SdkClient;

  beforeAll(async () => {
    client = await SdkClient.at(stack.url, transport);
  });

  describe('send (A2A §3.1.1)', () => {
    test('resolves with the finished task', async () => {
      const task = await client.send({ skill: 'echo', text: 'say this' });
      expect(task.status).toMatchObject({ state: TaskState.TASK_STATE_COMPLETED });
      expect(textOf(task.status?.message)).toBe('say this');
    });

    test('with returnImmediately resolves before the task is finished', async () => {
      const task = await client.send({
        skill: 'steps',
        options: { events: 5, everyMs: 100 },
        configuration: { returnImmediately: true },
      });
      expect([TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING]).toContain(
        task.status?.state,
      );
      const done = await eventually(async () => {
        const now = await client.get(task.id);
        expect(now.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
        return now;
      });
      expect(textOf(done.status?.message)).toBe('done');
    });

    test('keeps the context id that the client chose', async () => {
      const contextId = randomUUID();
      expect(await client.send({ skill: 'echo', contextId })).toMatchObject({ contextId });
    });

    test.each([
      { skill: 'fails', state: TaskState.TASK_STATE_FAILED, text: 'this is why' },
      { skill: 'rejects', state: TaskState.TASK_STATE_REJECTED, text: 'not for me' },
    ])('tells why a task of skill $skill ended', async ({ skill, state, text }) => {
      const task = await client.send({ skill });
      expect(task.status?.state).toBe(state);
      expect(textOf(task.status?.message)).toBe(text);
    });
  });

  describe('stream (A2A §3.1.2)', () => {
    test('begins with the task, brings every text in order, and ends with completed', async () => {
      const events = await all(client.stream({ skill: 'five' }));
      expect(taskOf(events[0]).status?.state).toBe(TaskState.TASK_STATE_SUBMITTED);
      expect(progressOf(events)).toEqual([1, 2, 3, 4, 5].map((n) => `progress ${n}`));
      expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_COMPLETED);
    });

    test('opens an artifact with append false, grows it, and closes it with lastChunk', async () => {
      const options = { chunks: 4, everyMs: 20 };
      const events = await all(client.stream({ skill: 'stream', options }));
      const chunks = events.flatMap(({ payload }) =>
        payload?.$case === 'artifactUpdate' ? [payload.value] : [],
      );
      expect(chunks.map(({ append }) => append)).toEqual([
        false,
        ...chunks.slice(1).map(() => true),
      ]);
      expect(chunks.map(({ lastChunk }) => lastChunk).indexOf(true)).toBe(chunks.length - 1);
      expect(chunks.map(({ artifact }) => textOf(artifact)).join('')).toBe(
        [1, 2, 3, 4].map((n) => `line ${n}\n`).join(''),
      );
    });
  });

  describe('several turns (A2A §3.4.3)', () => {
    test('a question is answered in the same task, until the task is complete', async () => {
      const asked = await client.send({ skill: 'asks' });
      expect(asked.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
      expect(textOf(asked.status?.message)).toBe('What is your name?');
      const again = await client.send({ skill: 'asks', taskId: asked.id, text: 'Ada' });
      expect(again).toMatchObject({ id: asked.id, contextId: asked.contextId });
      expect(textOf(again.status?.message)).toBe('How old are you?');
      const done = await client.send({ skill: 'asks', taskId: asked.id, text: '36' });
      expect(done.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
      expect(textOf(done.status?.message)).toBe('Ada is 36');
    });

    test('a stream ends at a question', async () => {
      const events = await all(client.stream({ skill: 'asks' }));
      expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
    });

    test('a streamed answer brings what follows it, up to the next question', async () => {
      // Several at once, because it must not depend on how quick the worker is.
      const asked = await Promise.all(
        Array.from({ length: 5 }, () => client.send({ skill: 'asks' })),
      );
      const streams = await Promise.all(
        asked.map(({ id }) => {
          return all(client.stream({ skill: 'asks', taskId: id, text: 'Ada' }));
        }),
      );
      expect(streams.map(progressOf)).toEqual(streams.map(() => ['hello Ada', 'How old are you?']));
    });

    test('a message to a finished task is refused as unsupported', async () => {
      const { id } = await client.send({ skill: 'echo' });
      await expectRefusal(client.send({ skill: 'echo', taskId: id }), 'UNSUPPORTED_OPERATION');
    });
  });
});
