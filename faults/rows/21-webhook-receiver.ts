// Row 21: webhook receivers that fail in every way, and a worker that is killed meanwhile.

import { setTimeout as delay } from 'node:timers/promises';
import { settings } from '../../src/config/settings';
import { deliveriesOf, redeliver, startNotified, upTo } from '../../test/harness/hooks';
import { readWhole } from '../../test/harness/stream';
import type { TestProcess } from '../../test/harness/processes';
import { Decoy } from '../decoy';
import { MOODS, MoodyReceiver, RETRY_AFTER_S, type Post } from '../moody-receiver';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly tasks: number;
  /** What the skill says; a task has three more. */
  readonly texts: number;
  readonly everyMs: number;
  /** By which the schedule of the attempts is shortened, and with it the hour that receivers are away. */
  readonly faster: number;
  readonly deadlineMs: number;
}

const HOUR_MS = 3_600_000;

/** The task, that it works, and that it has completed. */
const MORE_EVENTS = 3;

/** The share of all events that has arrived before the faults begin, and how long after that each does. */
const BEGUN = 0.1;
const MAX_DELAY_MS = 1_500;

const POLL_MS = 100;

/** A timer of the sender's may fire so much early by our clock. */
const CLOCK_MS = 50;

interface Delivery {
  readonly taskId: string;
  readonly receiver: MoodyReceiver;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  const decoy = await Decoy.open();
  trial.defer(() => decoy.close());
  if ((await decoy.sees(['127.0.0.1'])) !== 1) throw new Error('the decoy does not count');
  await trial.startTemporal();
  const env = pushEnvironment(size);
  const gateway = await trial.startGateway({ env });
  const worker = await trial.startWorker({ env });
  const deadline = Date.now() + size.deadlineMs;
  const deliveries = await startAll(trial, gateway.url, decoy);

  const isBegun = (): boolean => {
    const taken = deliveries.reduce((sum, { receiver }) => sum + receiver.order.length, 0);
    return taken > BEGUN * size.tasks * (size.texts + MORE_EVENTS);
  };
  await until(deadline, isBegun);
  await Promise.all([
    killWorker(trial, { worker, env, deliveries }),
    goAway(trial, { url: gateway.url, deliveries, deadline }),
    untilGone(trial, { url: gateway.url, deliveries, deadline }),
    until(deadline, () => deliveries.every(({ receiver }) => isDone(receiver, size))),
  ]);
  await checkAll(trial, gateway.url, { deliveries, deadline });
  trial.figure('connections to where redirects point', decoy.connections, { unit: '', atMost: 0 });
}

function pushEnvironment({ faster }: Size): Readonly<Record<string, string>> {
  const { PUSH_RETRY_SECONDS: schedule } = settings.parse({});
  return {
    PUSH_ALLOW_HOSTS: '127.0.0.1',
    PUSH_RETRY_SECONDS: schedule.map((seconds) => seconds / faster).join(','),
  };
}

async function startAll(
  trial: Trial<Size>,
  url: string,
  decoy: Decoy,
): Promise<readonly Delivery[]> {
  const { size, seed } = trial;
  const { texts, everyMs } = size;
  const started: Delivery[] = [];
  // One after the other: the row is not about a rush.
  for (let i = 0; i < size.tasks; i += 1) {
    const receiver = await MoodyReceiver.start({
      mood: MOODS[i % MOODS.length] ?? 'away',
      seed,
      events: texts + MORE_EVENTS,
      elsewhere: `http://127.0.0.1:${decoy.port}/latest/meta-data`,
    });
    trial.defer(() => receiver.close());
    const options = { events: texts, everyMs };
    const { id } = await startNotified(url, receiver, { skill: 'steps', options });
    started.push({ taskId: id, receiver });
  }
  return started;
}

interface Kill {
  readonly worker: TestProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly deliveries: readonly Delivery[];
}

async function killWorker(trial: Trial<Size>, { worker, env, deliveries }: Kill): Promise<void> {
  const { size, seed } = trial;
  await delay(seed.between(0, MAX_DELAY_MS));
  await worker.kill();
  const cut = deliveries.filter(({ receiver }) => !isDone(receiver, size)).length;
  trial.figure('deliveries that the kill cut', cut, {
    unit: `of ${size.tasks}`,
    atLeast: size.tasks / 2,
  });
  await trial.startWorker({ env });
}

/** For an hour as the schedule counts it, from when each delivery has failed. */
async function goAway(trial: Trial<Size>, { url, deliveries, deadline }: Watched): Promise<void> {
  const away = deliveries.filter(({ receiver: { mood } }) => mood === 'away');
  await delay(trial.seed.between(0, MAX_DELAY_MS));
  await Promise.all(away.map(({ receiver }) => receiver.close()));
  const isRefused = async ({ taskId }: Delivery): Promise<boolean> =>
    (await only(url, taskId))?.lastError === 'ECONNREFUSED';
  await Promise.all(away.map((delivery) => until(deadline, () => isRefused(delivery))));
  const noticed = (await Promise.all(away.map(isRefused))).filter(Boolean).length;
  trial.figure('deliveries that found their receiver away', noticed, {
    unit: '',
    atLeast: away.length,
  });
  await delay(HOUR_MS / trial.size.faster);
  await Promise.all(away.map(({ receiver }) => receiver.open()));
}

interface Watched {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** Epoch milliseconds. */
  readonly deadline: number;
}

/** What is answered 410 is told nothing more, until it is asked for again. */
async function untilGone(
  trial: Trial<Size>,
  { url, deliveries, deadline }: Watched,
): Promise<void> {
  const ended = deliveries.filter(({ receiver: { mood } }) => mood === '410');
  const each = ended.map(async ({ taskId, receiver }) => {
    let found = await only(url, taskId);
    await until(deadline, async () => {
      found = await only(url, taskId);
      return found?.state === 'gone';
    });
    const told = receiver.posts.length;
    const last = receiver.posts.at(-1);
    trial.check('own', found?.state === 'gone', `${taskId}: 410, and it is ${found?.state ?? ''}`);
    await until(deadline, async () => (await only(url, taskId))?.state !== 'delivering');
    const isQuiet = receiver.posts.length === told && last?.seq === (found?.delivered ?? 0) + 1;
    trial.check('own', isQuiet, `${taskId}: told more after 410`);
    receiver.relent();
    const config = { taskId, id: found?.configId ?? '' };
    await until(deadline, async () => {
      const { status } = await redeliver(url, config, found?.delivered ?? 0);
      return status === 200;
    });
  });
  await Promise.all(each);
}

async function only(
  url: string,
  taskId: string,
): Promise<Awaited<ReturnType<typeof deliveriesOf>>[number] | undefined> {
  return (await deliveriesOf(url, taskId))[0];
}

function isDone({ order }: MoodyReceiver, { texts }: Size): boolean {
  return order.length === texts + MORE_EVENTS;
}

async function checkAll(
  trial: Trial<Size>,
  url: string,
  { deliveries, deadline }: Omit<Watched, 'url'>,
): Promise<void> {
  const { size } = trial;
  const all = upTo(size.texts + MORE_EVENTS);
  let arrived = 0;
  for (const { taskId, receiver } of deliveries) {
    const { mood, order, posts } = receiver;
    const named = `${taskId} (${mood})`;
    const isWhole = String(order) === String(all);
    trial.operation(isWhole);
    if (isWhole) arrived += all.length;
    trial.check('I1', isWhole, `${named}: took ${order.join(' ')}`);
    checkOrder(trial, named, posts);
    await until(deadline, async () => (await only(url, taskId))?.state === 'delivered');
    const state = (await only(url, taskId))?.state;
    trial.check('I8', state === 'delivered', `${named}: its delivery is ${state ?? 'not there'}`);
    await checkBodies(trial, url, { taskId, receiver });
    if (mood === '429') checkPatience(trial, named, posts);
  }
  const sent = deliveries.length * all.length;
  trial.figure('events in order', arrived, { unit: `of ${sent}`, atLeast: sent });
  const posts = deliveries.flatMap(({ receiver }) => receiver.posts);
  const refused = posts.filter(({ isTaken }) => !isTaken).length;
  trial.figure('posts that were refused', refused, { unit: '', atLeast: size.tasks });
  trial.figure('posts that came again', posts.length - refused - arrived, { unit: '' });
}

/** What is refused comes next; a sender that takes over may go back, and none goes ahead. */
function checkOrder(trial: Trial<Size>, named: string, posts: readonly Post[]): void {
  let next = 1;
  for (const { seq, isTaken } of posts) {
    trial.check('I1', seq <= next, `${named}: event ${seq} came before ${next}`);
    next = isTaken ? seq + 1 : seq;
  }
}

/** An event is what a stream has for it, whenever it came. */
async function checkBodies(
  trial: Trial<Size>,
  url: string,
  { taskId, receiver }: Delivery,
): Promise<void> {
  const frames = await readWhole(url, taskId);
  // The first frame is the task as its reader finds it.
  const told = new Map(frames.slice(1).map(({ id, event }) => [id, JSON.stringify(event)]));
  for (const { seq, raw } of receiver.posts.filter((post) => post.seq > 1)) {
    trial.check('I1', told.get(seq) === raw, `${taskId}: event ${seq} differs from the stream's`);
  }
}

function checkPatience(trial: Trial<Size>, named: string, posts: readonly Post[]): void {
  posts.forEach(({ seq, at, isTaken }, i) => {
    const again = posts[i + 1];
    if (isTaken || again?.seq !== seq) return;
    const waited = again.at - at;
    const isPatient = waited >= RETRY_AFTER_S * 1_000 - CLOCK_MS;
    trial.check('own', isPatient, `${named}: event ${seq} again after ${waited} ms`);
  });
}

async function until(deadline: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const ask = async (): Promise<boolean> => isSo();
  // What cannot be told is not so yet.
  while (Date.now() < deadline && !(await ask().catch(() => false))) await delay(POLL_MS);
}

export const webhookReceiver = defineRow<Size>({
  row: 21,
  fault:
    'webhook receivers that are away for an hour (the schedule in fast motion), hang, answer 500, 410, 429 with Retry-After, 301; the worker killed meanwhile',
  passes: 'every event in order, none lost; no redirect followed',
  sizes: {
    ci: { tasks: 12, texts: 82, everyMs: 80, faster: 900, deadlineMs: 120_000 },
    full: { tasks: 60, texts: 97, everyMs: 80, faster: 60, deadlineMs: 400_000 },
  },
  mutation: {
    breaks: 'an event counts as taken when it is sent',
    edits: [
      {
        file: 'webhooks/deliver.ts',
        from: `      const outcome = await this.tell(told);
      if (outcome !== undefined) return outcome;
      this.cursor = told.event.seq;`,
        to: `      this.cursor = told.event.seq;
      const outcome = await this.tell(told);
      if (outcome !== undefined) return outcome;`,
      },
    ],
    seenAs: ['I1'],
  },
  run,
});
