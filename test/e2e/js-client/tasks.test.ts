// What the official JavaScript client of A2A 1.0 does with tasks that are there, against two gateways, on both HTTP bindings.

import { StreamResponse, TaskState } from '@a2a-js/sdk';
import { randomUUID } from 'node:crypto';
import { eventually } from '../../harness/eventually';
import { TWO_GATEWAYS, useStack } from '../../harness/stack';
import {
  BINDINGS,
  SdkClient,
  all,
  expectRefusal,
  progressOf,
  seqOf,
  stateOf,
  taskOf,
  textOf,
} from './sdk-client';

const stack = useStack(TWO_GATEWAYS);

describe.each(BINDINGS)('@a2a-js/sdk 1.3 over $binding', ({ transport }) => {
  let client: SdkClient;
  let other: SdkClient;

  beforeAll(async () => {
    client = await SdkClient.at(stack.url, transport);
    other = await SdkClient.at(stack.otherUrl, transport);
  });

  describe('get (A2A §3.1.3)', () => {
    test('brings the history whole, not at all, or its end, as historyLength says', async () => {
      const { id } = await client.send({ skill: 'five' });
      const whole = (await client.get(id)).history.map(textOf);
      expect(whole).toEqual(['hello', ...[1, 2, 3, 4, 5].map((n) => `progress ${n}`)]);
      expect((await client.get(id, 0)).history).toEqual([]);
      expect((await client.get(id, 2)).history.map(textOf)).toEqual(whole.slice(-2));
    });

    test('brings the artifacts', async () => {
      const { id } = await client.send({ skill: 'stream', options: { chunks: 3, everyMs: 1 } });
      const { artifacts } = await client.get(id);
      expect(artifacts).toHaveLength(1);
      expect(textOf(artifacts[0])).toBe('line 1\nline 2\nline 3\n');
    });
  });

  describe('list (A2A §3.1.4)', () => {
    let contextId: string;
    let ids: string[];

    beforeAll(async () => {
      contextId = randomUUID();
      ids = [];
      for (const skill of ['echo', 'echo', 'fails', 'echo', 'echo']) {
        ids.push((await client.send({ skill, contextId })).id);
      }
      await eventually(async () => {
        const status = TaskState.TASK_STATE_COMPLETED;
        expect((await client.list({ contextId, status })).totalSize).toBe(4);
        expect((await client.list({ contextId })).totalSize).toBe(5);
      });
    });

    test('shows the tasks of a context, newest first', async () => {
      const { tasks } = await client.list({ contextId });
      expect(tasks.map(({ id }) => id)).toEqual(ids.toReversed());
    });

    test('filters by state', async () => {
      const { tasks } = await client.list({ contextId, status: TaskState.TASK_STATE_FAILED });
      expect(tasks.map(({ id }) => id)).toEqual([ids[2]]);
    });

    test('pages without repeats or gaps', async () => {
      const seen: string[] = [];
      const sizes: number[] = [];
      let pageToken = '';
      do {
        const page = await client.list({ contextId, pageSize: 2, pageToken });
        seen.push(...page.tasks.map(({ id }) => id));
        sizes.push(page.tasks.length);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(seen).toEqual(ids.toReversed());
      expect(sizes).toEqual([2, 2, 1]);
    });
  });

  describe('subscribe (A2A §3.1.6)', () => {
    test('on another gateway brings a snapshot, then the same events as the stream', async () => {
      const options = { events: 12, everyMs: 100 };
      const stream = client.stream({ skill: 'steps', options });
      const first = (await stream.next()).value as StreamResponse;
      const [rest, subscribed] = await Promise.all([
        all(stream),
        all(other.subscribe(taskOf(first).id)),
      ]);
      const [snapshot, ...updates] = subscribed;
      const later = [first, ...rest].filter((event) => seqOf(event) > seqOf(snapshot!));
      expect(later.length).toBeGreaterThan(3);
      expect(updates.map((event) => JSON.stringify(StreamResponse.toJSON(event)))).toEqual(
        later.map((event) => JSON.stringify(StreamResponse.toJSON(event))),
      );
    });

    test('stays open at a question, and sees the answer', async () => {
      const { id } = await client.send({ skill: 'asks' });
      const subscription = other.subscribe(id);
      const snapshot = (await subscription.next()).value as StreamResponse;
      expect(stateOf(snapshot)).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
      await client.send({ skill: 'asks', taskId: id, text: 'Ada' });
      await client.send({ skill: 'asks', taskId: id, text: '36' });
      expect(progressOf(await all(subscription))).toEqual([
        'hello Ada',
        'How old are you?',
        'Ada is 36',
      ]);
    });

    test('of a finished task is refused as unsupported', async () => {
      const { id } = await client.send({ skill: 'echo' });
      await expectRefusal(all(client.subscribe(id)), 'UNSUPPORTED_OPERATION');
    });
  });

  describe('cancel (A2A §3.1.5)', () => {
    test('ends every open stream with canceled', async () => {
      const options = { events: 600, everyMs: 100 };
      const stream = client.stream({ skill: 'steps', options });
      const { id } = taskOf((await stream.next()).value as StreamResponse);
      const subscription = other.subscribe(id);
      await subscription.next();
      const [own, others] = await Promise.all([all(stream), all(subscription), client.cancel(id)]);
      expect([own, others].map((events) => stateOf(events.at(-1)!))).toEqual([
        TaskState.TASK_STATE_CANCELED,
        TaskState.TASK_STATE_CANCELED,
      ]);
    });

    test('answers with the canceled task, also when repeated', async () => {
      const options = { events: 600, everyMs: 100 };
      const configuration = { returnImmediately: true };
      const { id } = await client.send({ skill: 'steps', options, configuration });
      const canceled = await client.cancel(id);
      expect(canceled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
      expect(await client.cancel(id)).toEqual(canceled);
    });

    test('of a completed task is refused as not cancelable', async () => {
      const { id } = await client.send({ skill: 'echo' });
      await expectRefusal(client.cancel(id), 'TASK_NOT_CANCELABLE');
    });
  });

  describe('an unknown task (A2A §3.3.2)', () => {
    const unknown = randomUUID();

    test.each([
      { operation: 'get', act: () => client.get(unknown) },
      { operation: 'cancel', act: () => client.cancel(unknown) },
      { operation: 'send', act: () => client.send({ skill: 'echo', taskId: unknown }) },
      { operation: 'subscribe', act: () => all(client.subscribe(unknown)) },
      {
        operation: 'stream',
        act: () => all(client.stream({ skill: 'echo', taskId: unknown })),
      },
    ])('is not found by $operation', async ({ act }) => {
      await expectRefusal(act(), 'TASK_NOT_FOUND');
    });
  });
});
