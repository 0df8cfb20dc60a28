// What it costs that a task is watched, and what is left when its watchers leave (D1).

import { Client, Connection } from '@temporalio/client';
import { getTask, messageFor, result, rpc, sendAndLeave } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { expectFeeds, openFeeds } from '../harness/metrics';
import { TWO_GATEWAYS, useStack } from '../harness/stack';
import { streamMessage, subscribe } from '../harness/stream';

const stack = useStack(TWO_GATEWAYS);

/** For longer than anybody here waits: the end of the task would end its feed too. */
const LONG = { events: 600, everyMs: 100 };

async function historyLength(taskId: string): Promise<number> {
  const id = ['default', 'anonymous', taskId].join('/');
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    const { workflow } = new Client({ connection });
    return (await workflow.getHandle(id).describe()).historyLength;
  } finally {
    await connection.close();
  }
}

describe('watching a task', () => {
  test('costs one feed a gateway however many watch, and none after the last has left', async () => {
    await expectFeeds(stack.otherUrl, 0);
    const { id } = await sendAndLeave(stack.url, messageFor('steps', LONG));
    const watchers = await Promise.all([1, 2].map(() => subscribe(stack.otherUrl, id)));
    for (const watcher of watchers) await watcher.until('its first event', () => true);
    expect(await openFeeds(stack.otherUrl)).toBe(1);
    for (const watcher of watchers) watcher.close();
    await expectFeeds(stack.otherUrl, 0);
    await result(rpc(stack.url, 'CancelTask', { id }));
  });

  test('ends its feed when the task ends', async () => {
    await (await streamMessage(stack.otherUrl, messageFor('five'))).toEnd();
    await expectFeeds(stack.otherUrl, 0);
  });

  test('a client that leaves in the middle of its own stream is noticed, and cancels nothing', async () => {
    await expectFeeds(stack.url, 0);
    const stream = await streamMessage(stack.url, messageFor('steps', LONG));
    await stream.until('its first event', () => true);
    const { id } = stream.task;
    expect(await openFeeds(stack.url)).toBe(1);
    stream.close();
    await expectFeeds(stack.url, 0);
    await eventually(async () => {
      expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_WORKING');
    });
    await result(rpc(stack.url, 'CancelTask', { id }));
  });

  test('by five leaves no more in the history than by none', async () => {
    const run = async (watchers: number): Promise<number> => {
      const { id } = await sendAndLeave(
        stack.url,
        messageFor('steps', { events: 6, everyMs: 400 }),
      );
      await Promise.all(
        Array.from({ length: watchers }, async (_, i) => {
          const watcher = await subscribe(i % 2 === 0 ? stack.url : stack.otherUrl, id);
          return watcher.toEnd();
        }),
      );
      await eventually(async () => {
        expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_COMPLETED');
      });
      return historyLength(id);
    };
    const [watched, unwatched] = [await run(5), await run(0)];
    expect(watched).toBe(unwatched);
  });
});
