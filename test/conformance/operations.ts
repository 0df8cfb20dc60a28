// Every operation of A2A: where it is specified, what is checked of it, and how.

import { randomUUID } from 'node:crypto';
import { EXTENDED_DESCRIPTION } from '../harness/extended-card';
import { eventually } from '../harness/eventually';
import { chunksIn, expectPage, expectShape, isFinal, isStatus, stateIn, taskIn } from './shapes';
import type { Asked, Generation, Operation, Speaker } from './via';

export interface OperationRow {
  readonly operation: Operation;
  /** Absent: the generation does not have it. */
  readonly sections: Readonly<Partial<Record<Generation, string>>>;
  /** One sentence of the document. */
  readonly holds: string;
  check(speaker: Speaker): Promise<void>;
}

const finished = (speaker: Speaker): Promise<unknown> =>
  speaker.call('SendMessage', { message: { skill: 'echo' } });

const ENDLESS = { skill: 'steps', options: { events: 600, everyMs: 100 } };

async function started(speaker: Speaker): Promise<string> {
  return taskIn(await speaker.call('SendMessage', { message: ENDLESS, waits: false })).id;
}

async function all(events: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** 0.3 marks the last update of an interaction; 1.0 has no such field. */
function expectFinal(speaker: Speaker, events: readonly unknown[]): void {
  if (speaker.generation === '1.0') return;
  const finals = events.filter(isStatus).map(isFinal);
  expect(finals.indexOf(true)).toBe(finals.length - 1);
}

const PUSH_URL = 'http://127.0.0.1:1/hook';

async function configured(speaker: Speaker): Promise<Asked> {
  const { id: taskId } = taskIn(await finished(speaker));
  const asked = { taskId, configId: randomUUID(), url: PUSH_URL };
  await speaker.call('CreateTaskPushNotificationConfig', asked);
  return asked;
}

const MESSAGES: readonly OperationRow[] = [
  {
    operation: 'SendMessage',
    sections: { '1.0': '3.1.1', '0.3': '7.1' },
    holds: 'waits for the finished task, or answers at once when asked to, or with a message',
    async check(speaker) {
      const done = await finished(speaker);
      expectShape(speaker, 'answer', done);
      expect(stateIn(done)).toBe('completed');
      const begun = await speaker.call('SendMessage', { message: ENDLESS, waits: false });
      expectShape(speaker, 'answer', begun);
      expect(['submitted', 'working']).toContain(stateIn(begun));
      await speaker.call('CancelTask', { taskId: taskIn(begun).id });
      const reply = await speaker.call('SendMessage', { message: { skill: 'answer' } });
      expectShape(speaker, 'answer', reply);
      expect(reply).not.toHaveProperty('status');
    },
  },
  {
    operation: 'SendStreamingMessage',
    sections: { '1.0': '3.1.2', '0.3': '7.2' },
    holds: 'begins with the task, opens, grows and closes an artifact, ends with the last state',
    async check(speaker) {
      const message = { skill: 'stream', options: { chunks: 4, everyMs: 110 } };
      const events = await all(speaker.stream('SendStreamingMessage', { message }));
      for (const event of events) expectShape(speaker, 'event', event);
      expect(taskIn(events[0]).id).toBeDefined();
      const chunks = chunksIn(events);
      const appends = chunks.map(({ append = false }) => append);
      expect(appends.lastIndexOf(false)).toBe(0);
      expect(chunks.map(({ lastChunk = false }) => lastChunk).indexOf(true)).toBe(
        chunks.length - 1,
      );
      expect(isStatus(events.at(-1))).toBe(true);
      expect(stateIn(events.at(-1))).toBe('completed');
      expectFinal(speaker, events);
    },
  },
];

const TASKS: readonly OperationRow[] = [
  {
    operation: 'GetTask',
    sections: { '1.0': '3.1.3', '0.3': '7.3' },
    holds: 'gives the task that the send gave, and as much of its history as is asked for',
    async check(speaker) {
      const message = { skill: 'five' };
      const sent = taskIn(await speaker.call('SendMessage', { message }));
      const taskId = sent.id;
      const got = await speaker.call('GetTask', { taskId });
      expectShape(speaker, 'task', got);
      expect(got).toEqual(sent);
      const end = await speaker.call('GetTask', { taskId, historyLength: 2 });
      expect(taskIn(end).history).toEqual(sent.history?.slice(-2));
    },
  },
  {
    operation: 'ListTasks',
    sections: { '1.0': '3.1.4' },
    holds: 'gives the tasks of a context, newest first, without artifacts; an unknown one has none',
    async check(speaker) {
      const contextId = randomUUID();
      const empty = await speaker.call('ListTasks', { contextId });
      expectPage(empty);
      expect(empty).toMatchObject({ tasks: [], totalSize: 0, nextPageToken: '' });
      const message = { skill: 'stream', options: { chunks: 1, everyMs: 1 }, contextId };
      const ids: string[] = [];
      for (const _task of [1, 2]) {
        ids.unshift(taskIn(await speaker.call('SendMessage', { message })).id);
      }
      await eventually(async () => {
        const page = await speaker.call('ListTasks', { contextId });
        expectPage(page);
        expect(page).toMatchObject({ tasks: ids.map((id) => ({ id })), totalSize: 2 });
      });
    },
  },
  {
    operation: 'CancelTask',
    sections: { '1.0': '3.1.5', '0.3': '7.4' },
    holds: 'gives the canceled task, and the same when it is repeated',
    async check(speaker) {
      const taskId = await started(speaker);
      const canceled = await speaker.call('CancelTask', { taskId });
      expectShape(speaker, 'task', canceled);
      expect(stateIn(canceled)).toBe('canceled');
      expect(await speaker.call('CancelTask', { taskId })).toEqual(canceled);
    },
  },
  {
    operation: 'SubscribeToTask',
    sections: { '1.0': '3.1.6', '0.3': '7.9' },
    holds: 'begins with the task as it is, and ends with its last state',
    async check(speaker) {
      const taskId = await started(speaker);
      const stream = speaker.stream('SubscribeToTask', { taskId });
      const first: unknown = (await stream.next()).value;
      expect(taskIn(first).id).toBe(taskId);
      const [rest] = await Promise.all([all(stream), speaker.call('CancelTask', { taskId })]);
      for (const event of [first, ...rest]) expectShape(speaker, 'event', event);
      expect(isStatus(rest.at(-1))).toBe(true);
      expect(stateIn(rest.at(-1))).toBe('canceled');
      expectFinal(speaker, rest);
    },
  },
];

const PUSH: readonly OperationRow[] = [
  {
    operation: 'CreateTaskPushNotificationConfig',
    sections: { '1.0': '3.1.7', '0.3': '7.5' },
    holds: 'gives the config that was made, also on a finished task',
    async check(speaker) {
      const { id: taskId } = taskIn(await finished(speaker));
      const asked = { taskId, configId: randomUUID(), url: PUSH_URL };
      const made = await speaker.call('CreateTaskPushNotificationConfig', asked);
      expectShape(speaker, 'push', made);
      expect(JSON.stringify(made)).toContain(asked.configId);
      expect(JSON.stringify(made)).not.toContain('secret');
    },
  },
  {
    operation: 'GetTaskPushNotificationConfig',
    sections: { '1.0': '3.1.8', '0.3': '7.6' },
    holds: 'gives that config, without its credentials',
    async check(speaker) {
      const asked = await configured(speaker);
      const config = await speaker.call('GetTaskPushNotificationConfig', asked);
      expectShape(speaker, 'push', config);
      expect(JSON.stringify(config)).toContain(asked.configId);
      expect(JSON.stringify(config)).not.toContain('secret');
    },
  },
  {
    operation: 'ListTaskPushNotificationConfigs',
    sections: { '1.0': '3.1.9', '0.3': '7.7' },
    holds: 'gives every config of the task',
    async check(speaker) {
      const asked = await configured(speaker);
      const another = { ...asked, configId: randomUUID() };
      await speaker.call('CreateTaskPushNotificationConfig', another);
      const configs = await speaker.call('ListTaskPushNotificationConfigs', {
        taskId: asked.taskId!,
      });
      expectShape(speaker, 'pushes', configs);
      for (const { configId } of [asked, another]) {
        expect(JSON.stringify(configs)).toContain(configId);
      }
    },
  },
  {
    operation: 'DeleteTaskPushNotificationConfig',
    sections: { '1.0': '3.1.10', '0.3': '7.8' },
    holds: 'removes the config, and is no error when it is repeated',
    async check(speaker) {
      const asked = await configured(speaker);
      for (const _time of [1, 2]) {
        const answer = await speaker.call('DeleteTaskPushNotificationConfig', asked);
        const isNull = speaker.binding === 'JSON-RPC' && speaker.generation === '0.3';
        expect(answer).toEqual(isNull ? null : {});
      }
      const { taskId } = asked;
      const left = await speaker.call('ListTaskPushNotificationConfigs', { taskId: taskId! });
      expect(JSON.stringify(left)).not.toContain(asked.configId);
    },
  },
];

const CARDS: readonly OperationRow[] = [
  {
    operation: 'GetExtendedAgentCard',
    sections: { '1.0': '3.1.11', '0.3': '7.10' },
    holds: 'gives what the public card does not tell',
    async check(speaker) {
      const card = await speaker.call('GetExtendedAgentCard', {});
      expect(card).toMatchObject({ name: 'Longhaul', description: EXTENDED_DESCRIPTION });
    },
  },
];

export const OPERATIONS: readonly OperationRow[] = [...MESSAGES, ...TASKS, ...PUSH, ...CARDS];
