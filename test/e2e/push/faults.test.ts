// Receivers that fail, and a worker that dies meanwhile: everything arrives, in order, or is kept.

import { messageFor, result, rpc, send } from '../../harness/calls';
import { untilAnswer } from '../../harness/eventually';
import { note } from '../../harness/note';
import { Receiver, seqOf, type Reply } from '../../harness/receiver';
import { useStack } from '../../harness/stack';
import {
  createConfig,
  deliveriesOf,
  hasEnd,
  orderOf,
  pushStack,
  redeliver,
  startNotified,
  upTo,
  type WireDelivery,
} from '../../harness/hooks';

/** Waits before the ten attempts of one event: the shape of the real ones in a hundredth of a second. */
const RETRY_SECONDS = '0,0.1,0.2,0.3,0.3,0.3,0.3,0.3,0.3,0.3';
const ATTEMPTS = 10;

const stack = useStack(pushStack(RETRY_SECONDS));
/** Task, working, five texts, completed. */
const EVENTS = 8;
const FIVE = { skill: 'five' };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

/** Resolves when the one delivery of the task is in this state. */
async function delivery(taskId: string, state: string): Promise<WireDelivery> {
  const all = await untilAnswer(
    `the state ${state}`,
    () => deliveriesOf(stack.url, taskId),
    ([found]) => found?.state === state,
  );
  return all[0]!;
}

describe('a receiver that refuses', () => {
  test.each<[string, Reply]>([
    ['500', 500],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
    ['301', { status: 301, headers: { location: 'http://169.254.169.254/latest/meta-data' } }],
  ])('an event with %s gets it again, and the later ones after it', async (_name, refusal) => {
    const refusals = 3;
    receiver.answer = (received) => {
      const tries = receiver.received.filter(({ id }) => id === received.id).length;
      return seqOf(received) === 4 && tries < refusals ? refusal : 200;
    };
    await startNotified(stack.url, receiver, FIVE);
    await receiver.until('the end', () => hasEnd(receiver));
    expect(receiver.received.map(seqOf)).toEqual([1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8]);
    const fourth = receiver.received.filter((received) => seqOf(received) === 4);
    // The same notification each time, but for the time at which it is sent.
    expect(new Set(fourth.map(({ raw }) => raw)).size).toBe(1);
    expect(new Set(fourth.map(({ id }) => id)).size).toBe(1);
  });

  test('is not asked again before the time that it named', async () => {
    receiver.answer = () =>
      receiver.received.length === 0 ? { status: 503, headers: { 'retry-after': '2' } } : 200;
    await startNotified(stack.url, receiver, FIVE);
    await receiver.until('the end', () => hasEnd(receiver));
    const [first, second] = receiver.received;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_900);
  });

  test('for good (410) is told nothing more, and the reason is kept', async () => {
    receiver.answer = (received) => (seqOf(received) === 3 ? 410 : 200);
    const task = await startNotified(stack.url, receiver, FIVE);
    expect(await delivery(task.id, 'gone')).toMatchObject({ delivered: 2, lastError: 'HTTP 410' });
    expect(receiver.received.map(seqOf)).toEqual([1, 2, 3]);
  });

  test(`${String(ATTEMPTS)} times is given up, kept with its last error, and can be sent again from any event`, async () => {
    receiver.answer = (received) => (seqOf(received) < 5 ? 200 : 500);
    const task = await startNotified(stack.url, receiver, FIVE);
    const kept = await delivery(task.id, 'exhausted');
    expect(kept).toMatchObject({ delivered: 4, failures: ATTEMPTS, lastError: 'HTTP 500' });
    expect(receiver.received).toHaveLength(4 + ATTEMPTS);

    receiver.received.length = 0;
    receiver.answer = () => 200;
    await redeliver(stack.url, { taskId: task.id, id: kept.configId }, 2);
    await receiver.until('the end', () => hasEnd(receiver));
    expect(receiver.received.map(seqOf)).toEqual([3, 4, 5, 6, 7, 8]);
    await delivery(task.id, 'delivered');
  });

  test.each([
    [-1, 'after'],
    ['2', 'after'],
    [1.5, 'after'],
    [undefined, 'after'],
    [99, '8 events'],
  ])('is not sent again from event %p', async (after, problem) => {
    const task = await send(stack.url, messageFor('five'));
    const config = await createConfig(stack.url, { taskId: task.id, url: receiver.url });
    const { status, body } = await redeliver(stack.url, config, after);
    expect(status).toBe(400);
    expect(body.error?.message).toMatch(problem);
  });

  test('an unknown configuration cannot be sent again', async () => {
    const task = await send(stack.url, messageFor('five'));
    expect((await redeliver(stack.url, { taskId: task.id, id: 'x' }, 0)).status).toBe(404);
    expect((await redeliver(stack.url, { taskId: 'x', id: 'x' }, 0)).status).toBe(404);
  });
});

test('an event that came through at last is not shown as one to be tried again', async () => {
  receiver.answer = () => (receiver.received.length === 0 ? 500 : 200);
  const task = await startNotified(stack.url, receiver, { options: { events: 40, everyMs: 100 } });
  await receiver.until('some', () => receiver.taken.length > 10);
  const { delivered, ...shown } = await delivery(task.id, 'delivering');
  expect(delivered).toBeGreaterThan(0);
  expect(shown).not.toHaveProperty('lastError');
});

describe('a receiver that is down', () => {
  test('gets everything when it is back', async () => {
    const { port } = receiver;
    await receiver.close();
    const task = await startNotified(stack.url, receiver, FIVE);
    expect(await delivery(task.id, 'retrying')).toMatchObject({ lastError: 'ECONNREFUSED' });
    receiver = await Receiver.start(port);
    await receiver.until('the end', () => hasEnd(receiver));
    expect(receiver.received.map(seqOf)).toEqual(upTo(EVENTS));
  });

  test('by its name only, which leads nowhere yet, is accepted', async () => {
    const task = await send(stack.url, messageFor('five'));
    const url = 'https://no-such-host.invalid/hook';
    expect(await createConfig(stack.url, { taskId: task.id, url })).toMatchObject({ url });
  });
});

test('a receiver that does not answer is given up on after 15 s and asked again', async () => {
  receiver.answer = () => (receiver.received.length === 0 ? 'hang' : 200);
  const task = await startNotified(stack.url, receiver, FIVE);
  expect(await delivery(task.id, 'retrying')).toMatchObject({ lastError: 'no answer within 15 s' });
  await receiver.until('the end', () => hasEnd(receiver));
  expect(receiver.taken.map(seqOf)).toEqual(upTo(EVENTS));
  expect(receiver.taken[0]!.at - receiver.received[0]!.at).toBeGreaterThanOrEqual(14_900);
});

test('1,000 events arrive in order through a receiver that fails in every way and a worker that is killed', async () => {
  const events = 997;
  const { port, url } = receiver;
  const moods: readonly Reply[] = [500, { status: 429, headers: { 'retry-after': '1' } }, 301];
  const refuseSome = (): Reply => {
    const nth = receiver.received.length;
    return nth % 100 === 50 ? (moods[Math.floor(nth / 100) % moods.length] ?? 500) : 200;
  };
  receiver.answer = refuseSome;
  const options = { events, everyMs: 3 };
  const task = await startNotified(stack.url, receiver, { options });
  await receiver.until('a quarter', () => orderOf(receiver.taken).length > 250);
  await stack.worker.kill();
  await stack.startWorker();
  await receiver.until('a half', () => orderOf(receiver.taken).length > 500);
  const before = receiver.received.slice();
  await receiver.close();
  await delivery(task.id, 'retrying');
  receiver = await Receiver.start(port);
  receiver.received.push(...before);
  receiver.answer = refuseSome;
  await receiver.until('the end', () => hasEnd(receiver));

  expect(receiver.url).toBe(url);
  expect(orderOf(receiver.taken)).toEqual(upTo(events + 3));
  const repeated = receiver.taken.length - (events + 3);
  note(`1,000 events: ${String(repeated)} came again, ${String(receiver.received.length)} posts`);
  const byId = new Map(receiver.taken.map(({ id, raw }) => [id, raw]));
  expect(receiver.taken.every(({ id, raw }) => byId.get(id) === raw)).toBe(true);
}, 120_000);

test('a configuration whose delivery has ended can still be read and deleted', async () => {
  const task = await startNotified(stack.url, receiver, { ...FIVE, config: { id: 'mine' } });
  await delivery(task.id, 'delivered');
  const params = { taskId: task.id, id: 'mine' };
  expect(await result(rpc(stack.url, 'GetTaskPushNotificationConfig', params))).toMatchObject({
    ...params,
    url: receiver.url,
  });
  await result(rpc(stack.url, 'DeleteTaskPushNotificationConfig', params));
  expect(await deliveriesOf(stack.url, task.id)).toEqual([]);
});
