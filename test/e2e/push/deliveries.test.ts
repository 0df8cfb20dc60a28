// What a webhook is told, and when (A2A §4.3.3).

import { answerTo, getTask, messageFor, result, rpc, send } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { Receiver, seqOf, type Received } from '../../harness/receiver';
import { useStack } from '../../harness/stack';
import { readWhole } from '../../harness/stream';
import type { WireEvent, WireTask } from '../../harness/wire';
import {
  createConfig,
  deliveriesOf,
  hasEnd,
  listConfigs,
  orderOf,
  pushStack,
  redeliver,
  start,
  startNotified,
  upTo,
} from '../../harness/hooks';

const stack = useStack(pushStack('0,0.2,0.4', { gateways: [{}, {}] }));
const SLOW = { events: 12, everyMs: 100 };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

describe('a webhook that came with the message', () => {
  test('gets every event of the task, in order, each as the stream has it', async () => {
    const task = await startNotified(stack.url, receiver, { skill: 'stream' });
    await receiver.until('the end', () => hasEnd(receiver));
    const frames = await readWhole(stack.url, task.id);
    const told = receiver.received.map(({ event }) => event);
    // A stream begins with the task as it is; the notification tells of its creation.
    expect(told[0]).toMatchObject({
      task: { id: task.id, status: { state: 'TASK_STATE_SUBMITTED' } },
    });
    expect(told.slice(1)).toEqual(frames.slice(1).map(({ event }) => event));
    expect(receiver.received.map(seqOf)).toEqual(upTo(frames.length));
  });

  test('of a follow-up gets what comes after that message', async () => {
    const task = await send(stack.url, messageFor('asks'));
    const params = {
      message: answerTo(task, 'Ada'),
      configuration: { taskPushNotificationConfig: { url: receiver.url } },
    };
    const asked = await result(rpc<{ task: WireTask }>(stack.url, 'SendMessage', params));
    await send(stack.url, answerTo(asked.task, '36'));
    await receiver.until('the end', () => hasEnd(receiver));
    const asking = task.metadata['urn:longhaul:a2a:stream-cursor:1'] as { readonly seq: number };
    expect(seqOf(receiver.received[0]!)).toBe(asking.seq + 1);
  });

  test('that comes with every message of a conversation is one webhook', async () => {
    const withHook = { taskPushNotificationConfig: { url: receiver.url } };
    const said = async (message: object): Promise<WireTask> =>
      (
        await result(
          rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message, configuration: withHook }),
        )
      ).task;
    const task = await said(messageFor('asks'));
    await said(answerTo(task, 'Ada'));
    await said(answerTo(task, '36'));
    expect(await listConfigs(stack.url, task.id)).toHaveLength(1);
    await receiver.until('the end', () => hasEnd(receiver));
    const { metadata } = await getTask(stack.url, task.id);
    const { seq } = metadata['urn:longhaul:a2a:stream-cursor:1'] as { readonly seq: number };
    expect(orderOf(receiver.received)).toEqual(upTo(seq));
  });

  test('is not made twice by a send that is repeated with its key', async () => {
    const params = {
      message: messageFor('steps', SLOW),
      configuration: {
        returnImmediately: true,
        taskPushNotificationConfig: { url: receiver.url },
      },
    };
    const key = { 'Idempotency-Key': 'one-webhook' };
    const sends = [stack.url, stack.otherUrl, stack.url].map((url) =>
      result(rpc<{ task: WireTask }>(url, 'SendMessage', params, key)),
    );
    const [first] = await Promise.all(sends);
    expect(await listConfigs(stack.url, first!.task.id)).toHaveLength(1);
    await receiver.until('the end', () => hasEnd(receiver));
    expect(orderOf(receiver.received)).toEqual(upTo(SLOW.events + 3));
  });

  test('to a skill that replies does nothing: the reply is all there is', async () => {
    const params = {
      message: messageFor('answer'),
      configuration: { taskPushNotificationConfig: { url: receiver.url } },
    };
    const said = await result(rpc<{ message?: unknown }>(stack.url, 'SendMessage', params));
    expect(said.message).toBeDefined();
    expect(receiver.received).toEqual([]);
  });
});

function stateOf({ statusUpdate }: WireEvent): string {
  return statusUpdate?.status.state ?? '';
}

describe('a webhook that came later', () => {
  test('gets the events from then on', async () => {
    const task = await start(stack.url, 'steps', SLOW);
    await createConfig(stack.otherUrl, { taskId: task.id, url: receiver.url });
    await receiver.until('the end', () => hasEnd(receiver));
    const [first = 0] = orderOf(receiver.received);
    expect(first).toBeGreaterThan(1);
    expect(orderOf(receiver.received)).toEqual(upTo(SLOW.events + 3).slice(first - 1));
  });

  test('of a task that is over is told nothing, until it is sent again', async () => {
    const task = await send(stack.url, messageFor('five'));
    const config = await createConfig(stack.url, { taskId: task.id, url: receiver.url });
    const { body } = await redeliver(stack.otherUrl, config, 0);
    expect(body).toMatchObject({ configId: config.id, url: receiver.url });
    await receiver.until('the end', () => hasEnd(receiver));
    expect(orderOf(receiver.received)).toEqual(upTo(8));
  });

  test('several of one task each get all of it', async () => {
    const others = await Promise.all([Receiver.start(), Receiver.start()]);
    const task = await startNotified(stack.url, receiver, { options: SLOW });
    for (const { url } of others) await createConfig(stack.url, { taskId: task.id, url });
    const all = [receiver, ...others];
    await Promise.all(all.map((one) => one.until('the end', () => hasEnd(one))));
    for (const one of all) {
      const order = orderOf(one.received);
      expect(order).toEqual(upTo(SLOW.events + 3).slice((order[0] ?? 0) - 1));
    }
    await Promise.all(others.map((one) => one.close()));
  });
});

describe('a task that waits for its caller', () => {
  test.each(['asks', 'needs-auth'])(
    '(%s) is followed by nobody, and told of when it goes on',
    async (skill) => {
      const task = await startNotified(stack.url, receiver, { skill });
      await receiver.until('the question', () =>
        receiver.taken.some(({ event }) => /INPUT|AUTH/.test(stateOf(event))),
      );
      await stack.worker.kill();
      await stack.startWorker();
      const answered = Date.now();
      const answer = answerTo(task, 'Ada');
      // The server may still wait for the worker that is gone; the key makes it count once.
      const key = { 'Idempotency-Key': answer.messageId };
      await eventually(() => send(stack.url, answer, key));
      if (skill === 'asks') await send(stack.url, answerTo(task, '36'));
      await receiver.until('the end', () => hasEnd(receiver));
      // Woken, not found: nobody looks before a minute is over.
      expect(Date.now() - answered).toBeLessThan(30_000);
      const { metadata } = await getTask(stack.url, task.id);
      const { seq } = metadata['urn:longhaul:a2a:stream-cursor:1'] as { readonly seq: number };
      expect(orderOf(receiver.received)).toEqual(upTo(seq));
    },
  );

  test('and is canceled tells so', async () => {
    const task = await startNotified(stack.url, receiver, { skill: 'asks' });
    await receiver.until('the question', () =>
      receiver.taken.some(({ event }) => stateOf(event) === 'TASK_STATE_INPUT_REQUIRED'),
    );
    await result(rpc(stack.url, 'CancelTask', { id: task.id }));
    await receiver.until('the end', () =>
      receiver.taken.some(({ event }) => stateOf(event) === 'TASK_STATE_CANCELED'),
    );
    expect(orderOf(receiver.received)).toEqual(upTo(5));
  });
});

describe('a configuration that is made anew under its id', () => {
  test('goes on where the old one was, at the new address', async () => {
    const second = await Receiver.start();
    const config = { id: 'mine' };
    const task = await startNotified(stack.url, receiver, { options: SLOW, config });
    await receiver.until('some', () => receiver.taken.length > 3);
    await createConfig(stack.otherUrl, { taskId: task.id, ...config, url: second.url });
    await second.until('the end', () => hasEnd(second));
    const all = [...orderOf(receiver.taken), ...orderOf(second.taken)];
    expect([...new Set(all)]).toEqual(upTo(SLOW.events + 3));
    expect(await listConfigs(stack.url, task.id)).toMatchObject([{ id: 'mine', url: second.url }]);
    await second.close();
  });

  test('and deleted gets no more', async () => {
    const config = { id: 'mine' };
    const other = await Receiver.start();
    const task = await startNotified(stack.url, receiver, { options: { events: 40 }, config });
    await createConfig(stack.url, { taskId: task.id, url: other.url });
    await receiver.until('some', () => receiver.taken.length > 3);
    await result(
      rpc(stack.url, 'DeleteTaskPushNotificationConfig', { taskId: task.id, id: 'mine' }),
    );
    expect(await deliveriesOf(stack.url, task.id)).toHaveLength(1);
    const told = other.received.length;
    // A beat of its activity, after which it knows that it has been deleted.
    await other.until('more', () => other.received.length > told + 15);
    await result(rpc<WireTask>(stack.url, 'CancelTask', { id: task.id }));
    const isEnd = ({ raw }: Received): boolean => raw.includes('TASK_STATE_CANCELED');
    await other.until('the end', () => other.received.some(isEnd));
    expect(receiver.received.some(isEnd)).toBe(false);
    await other.close();
  });
});
