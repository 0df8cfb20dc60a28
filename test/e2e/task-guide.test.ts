// A caller's way through tasks, operation by operation: create, continue, read, list, and every state.

import { randomUUID } from 'node:crypto';
import {
  answerTo,
  getTask,
  http,
  listTasks,
  messageFor,
  result,
  rpc,
  send,
  sendAndLeave,
} from '../harness/calls';
import { eventually } from '../harness/eventually';
import { stateOf } from '../harness/frames';
import { useStack } from '../harness/stack';
import { readWhole } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const stack = useStack();

describe('Automatic Task Creation', () => {
  test('Automatic Task Creation: a message without a taskId starts a task with an id of its own', async () => {
    const tasks = [
      await send(stack.url, messageFor('echo')),
      await send(stack.url, messageFor('echo')),
    ];
    const [one, other] = tasks.map(({ id }) => id);
    expect(one).toMatch(/^[\w-]+$/);
    expect(one).not.toBe(other);
    expect(await getTask(stack.url, one!)).toMatchObject({ id: one });
  });

  test('Automatic Task Creation: without a contextId it is in a new context, which the answer names', async () => {
    const one = await send(stack.url, messageFor('echo'));
    const other = await send(stack.url, messageFor('echo'));
    expect(one.contextId).not.toBe('');
    expect(one.contextId).not.toBe(other.contextId);
  });

  test('Automatic Task Creation: with a contextId it is in that context', async () => {
    const contextId = randomUUID();
    const tasks = [
      await send(stack.url, messageFor('echo', {}, { contextId })),
      await send(stack.url, messageFor('echo', {}, { contextId })),
    ];
    expect(tasks.map((task) => task.contextId)).toEqual([contextId, contextId]);
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(2);
  });
});

describe('Continuing Existing Tasks', () => {
  test('Continuing Existing Tasks: a message with its taskId goes on in the same task', async () => {
    const asking = await send(stack.url, messageFor('decides'));
    const done = await send(stack.url, answerTo(asking, 'completed'));
    expect(done).toMatchObject({ id: asking.id, contextId: asking.contextId });
    expect(done.status.state).toBe('TASK_STATE_COMPLETED');
    const said = done.history
      ?.filter(({ role }) => role === 'ROLE_USER')
      .map((m) => textOf(m.parts));
    expect(said).toHaveLength(2);
    expect(said?.at(-1)).toBe('completed');
  });

  test('Continuing Existing Tasks: its taskId is enough, the context follows from it', async () => {
    const asking = await send(stack.url, messageFor('decides'));
    const { contextId: _, ...message } = answerTo(asking, 'completed');
    expect((await send(stack.url, message)).contextId).toBe(asking.contextId);
  });

  test.each([
    { with: 'an id that no task has', more: { taskId: 'nobody' }, code: -32001 },
    { with: 'another context', more: { contextId: 'another' }, code: -32602 },
  ])('Continuing Existing Tasks: a message with $with is refused', async ({ more, code }) => {
    const asking = await send(stack.url, messageFor('decides'));
    const { contextId: _, ...message } = answerTo(asking, 'completed');
    const refused = await rpc(stack.url, 'SendMessage', { message: { ...message, ...more } });
    expect(refused.body.error?.code).toBe(code);
    expect((await getTask(stack.url, asking.id)).status).toEqual(asking.status);
  });
});

describe('Direct Task Access', () => {
  const contextId = randomUUID();
  let streamed: WireTask;
  let elsewhere: WireTask;

  beforeAll(async () => {
    const parts = [{ text: 'hello' }, { data: { chunks: 2, everyMs: 1 } }];
    streamed = await send(stack.url, messageFor('stream', {}, { contextId, parts }));
    elsewhere = await send(stack.url, messageFor('echo'));
  });

  test('Direct Task Access: get gives status, history and artifacts', async () => {
    const task = await getTask(stack.url, streamed.id);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(task.history?.map(({ parts }) => textOf(parts))).toContain('hello');
    expect(task.artifacts?.map(({ parts }) => textOf(parts))).toEqual(['line 1\nline 2\n']);
  });

  test('Direct Task Access: get gives as much history as it is asked for', async () => {
    const { history } = await result(
      rpc<WireTask>(stack.url, 'GetTask', { id: streamed.id, historyLength: 0 }),
    );
    expect(history ?? []).toEqual([]);
  });

  test('Direct Task Access: list without a context gives the tasks of all', async () => {
    await eventually(async () => {
      const ids = (await listTasks(stack.url, { pageSize: 100 })).tasks.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining([streamed.id, elsewhere.id]));
    });
  });

  test('Direct Task Access: list with a context gives its tasks alone', async () => {
    await eventually(async () => {
      const { tasks, totalSize } = await listTasks(stack.url, { contextId });
      expect(tasks.map(({ id }) => id)).toEqual([streamed.id]);
      expect(totalSize).toBe(1);
    });
  });
});

describe('Task States', () => {
  test.each([
    { skill: 'echo', state: 'TASK_STATE_COMPLETED' },
    { skill: 'fails', state: 'TASK_STATE_FAILED' },
    { skill: 'rejects', state: 'TASK_STATE_REJECTED' },
    { skill: 'asks', state: 'TASK_STATE_INPUT_REQUIRED' },
    { skill: 'needs-auth', state: 'TASK_STATE_AUTH_REQUIRED' },
  ])('Task States: $state is what a task is in that $skill', async ({ skill, state }) => {
    const { id, status } = await send(stack.url, messageFor(skill));
    expect(status.state).toBe(state);
    expect((await getTask(stack.url, id)).status).toEqual(status);
    // A stream of a task that waits stays open.
    await rpc(stack.url, 'CancelTask', { id });
    const states = (await statesOf(id)).slice(0, 3);
    expect(states).toEqual(['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', state]);
  });

  test('Task States: TASK_STATE_CANCELED is what a canceled task is in', async () => {
    const { id } = await send(stack.url, messageFor('asks'));
    const canceled = await result(rpc<WireTask>(stack.url, 'CancelTask', { id }));
    expect(canceled.status.state).toBe('TASK_STATE_CANCELED');
  });

  test('Task States: TASK_STATE_WORKING is what a task is in while its skill runs', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('deaf'));
    await eventually(async () => {
      expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_WORKING');
    });
    await result(rpc(stack.url, 'CancelTask', { id }));
  });
});

describe('Task Lifecycle', () => {
  test.each(['completed', 'failed', 'rejected'])(
    'Task Lifecycle: after a question a task can be %s',
    async (ending) => {
      const asking = await send(stack.url, messageFor('decides'));
      const { id, status } = await send(stack.url, answerTo(asking, ending));
      expect(textOf(status.message?.parts)).toBe(`${ending}, as you said`);
      expect(await statesOf(id)).toEqual([
        'TASK_STATE_SUBMITTED',
        'TASK_STATE_WORKING',
        'TASK_STATE_INPUT_REQUIRED',
        'TASK_STATE_WORKING',
        `TASK_STATE_${ending.toUpperCase()}`,
      ]);
      const refused = await rpc(stack.url, 'SendMessage', { message: answerTo(asking, 'more') });
      expect(refused.body.error?.code).toBe(-32004);
    },
  );
});

describe('JSON (A2A §5)', () => {
  const known = { more: 'than is known', also: { nested: [1] } };
  const body = {
    ...known,
    message: {
      ...messageFor('echo'),
      ...known,
      parts: [{ text: 'hello', ...known }],
    },
    configuration: { returnImmediately: false, ...known },
  };

  test('unknown JSON fields are ignored', async () => {
    const overRpc = await result(rpc<{ task: WireTask }>(stack.url, 'SendMessage', body));
    const overRest = await http<{ task: WireTask }>(stack.url, { path: '/message:send', body });
    for (const { task } of [overRpc, overRest.body]) {
      expect(task.status.state).toBe('TASK_STATE_COMPLETED');
      expect(JSON.stringify(task)).not.toContain('than is known');
    }
  });

  test('timestamps are UTC with milliseconds', async () => {
    const { id, status } = await send(stack.url, messageFor('five'));
    const statuses = (await readWhole(stack.url, id)).flatMap(
      ({ event }) => event.task?.status ?? event.statusUpdate?.status ?? [],
    );
    expect(statuses.length).toBeGreaterThan(2);
    for (const { timestamp } of [...statuses, status]) {
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Math.abs(Date.parse(timestamp) - Date.now())).toBeLessThan(600_000);
    }
  });
});

/** Each state that the task has been in, in order. */
async function statesOf(id: string): Promise<readonly string[]> {
  const states = (await readWhole(stack.url, id)).flatMap((frame) => stateOf(frame) ?? []);
  return states.filter((state, index) => state !== states[index - 1]);
}
