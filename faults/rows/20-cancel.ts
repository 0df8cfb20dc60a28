// Row 20: cancels in every phase of a task, many at once, and in a race with its completion.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { getTask, messageFor } from '../../test/harness/calls';
import { within } from '../../test/harness/eventually';
import { stateOf } from '../../test/harness/frames';
import { Receiver, type Received } from '../../test/harness/receiver';
import { subscribe, type Stream } from '../../test/harness/stream';
import type { WireMessage } from '../../test/harness/wire';
import { atOnce } from '../at-once';
import { doorFor, openDoors, type Door, type Outcome } from '../doors';
import { percentileOf } from '../figures';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** Tasks in each phase. */
  readonly tasks: number;
  /** Cancels of each of them. */
  readonly cancels: number;
  readonly races: number;
  readonly racesAtOnce: number;
}

const CANCEL_P99_MS = 3_000;

/** Skills that are at work, in a step, deaf to their signal, and that ask. */
const PHASES = ['works', 'works-in-a-step', 'works-on', 'asks'] as const;

/** From a race's start to its end. */
const RACE_MS = 1_200;
/** A cancel comes so much before the skill's end, since a skill hears of it within half a second, or after it. */
const EARLY_MS = 600;
const LATE_MS = 50;

const CANCELED = 'TASK_STATE_CANCELED';
const COMPLETED = 'TASK_STATE_COMPLETED';
const TERMINAL = /_(COMPLETED|FAILED|CANCELED|REJECTED)$/;

/** A task that is followed by a stream of the other gateway and by a webhook. */
interface Followed {
  readonly id: string;
  readonly stream: Stream;
  readonly answers: Outcome[];
}

interface Stage {
  readonly doors: readonly Door[];
  readonly urls: readonly [string, string];
  readonly receiver: Receiver;
}

async function run(trial: Trial<Size>): Promise<void> {
  const ledgers = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(ledgers, { recursive: true, force: true }));
  const receiver = await Receiver.start();
  trial.defer(() => receiver.close());
  await trial.startTemporal();
  const options = { env: { PUSH_ALLOW_HOSTS: '127.0.0.1' }, servesGrpc: true };
  const gateways = await Promise.all([trial.startGateway(options), trial.startGateway(options)]);
  const doors = openDoors(trial, ...gateways);
  const stage: Stage = { doors, urls: [gateways[0].url, gateways[1].url], receiver };

  const unserved = await cancelUnserved(trial, stage, ledgers);
  await trial.startWorker({ env: options.env });
  for (const task of unserved) await checkOutcome(trial, stage, task);
  const begun = (await readdir(ledgers)).length;
  trial.check('own', begun === 0, `${begun} skills began after their cancel`);
  const working = await cancelWorking(trial, stage);
  for (const task of working) await checkOutcome(trial, stage, task);
  const raced = await raceAll(trial, stage);
  let canceled = 0;
  for (const task of raced) {
    if ((await checkOutcome(trial, stage, task)) === CANCELED) canceled += 1;
  }
  checkSpread(trial, canceled, raced.length);
  const answers = [...unserved, ...working, ...raced].flatMap((task) => task.answers);
  const waits = answers.map(({ ms }) => ms);
  const p99 = percentileOf(waits, 0.99);
  trial.figure('answer to a cancel, p99', p99, { unit: 'ms', atMost: CANCEL_P99_MS });
}

/** Tasks that no worker has taken yet. @returns them when every cancel has its answer. */
async function cancelUnserved(
  trial: Trial<Size>,
  stage: Stage,
  ledgers: string,
): Promise<readonly Followed[]> {
  const tasks = await Promise.all(
    Array.from({ length: trial.size.tasks }, (_, i) =>
      begin(stage, messageFor('works', { ledger: join(ledgers, String(i)) })),
    ),
  );
  await cancelAll(trial, stage, tasks);
  return tasks;
}

/** Tasks in every phase that a skill can be in. */
async function cancelWorking(trial: Trial<Size>, stage: Stage): Promise<readonly Followed[]> {
  const skills = PHASES.flatMap((skill) => Array.from({ length: trial.size.tasks }, () => skill));
  const tasks = await Promise.all(skills.map((skill) => begin(stage, messageFor(skill))));
  for (const { stream } of tasks) {
    await stream.until('it is at work', ({ raw }) => raw.includes('at work'));
  }
  await cancelAll(trial, stage, tasks);
  return tasks;
}

async function raceAll({ size, seed }: Trial<Size>, stage: Stage): Promise<readonly Followed[]> {
  const jitters = Array.from({ length: size.races }, () => seed.between(-EARLY_MS, LATE_MS));
  return atOnce(size.racesAtOnce, jitters, (jitterMs) => race(stage, jitterMs));
}

/** Neither won all: else it was no race. */
function checkSpread(trial: Trial<Size>, canceled: number, all: number): void {
  const least = Math.floor(all / 20);
  trial.figure('races that the cancel won', canceled, { unit: `of ${all}`, atLeast: least });
  trial.figure('races that the skill won', all - canceled, { unit: `of ${all}`, atLeast: least });
}

async function begin({ doors, urls, receiver }: Stage, message: WireMessage): Promise<Followed> {
  const taskPushNotificationConfig = { url: receiver.url };
  const configuration = { returnImmediately: true, taskPushNotificationConfig };
  const sent = await doorFor(doors, 0).send(message, {}, configuration);
  if ('refused' in sent) throw new Error(`refused: ${JSON.stringify(sent.refused)}`);
  const { id } = sent.task;
  return { id, stream: await subscribe(urls[1], id, 0), answers: [] };
}

/** Half of the cancels of a task at once, the others when those have their answer. */
async function cancelAll(
  { size }: Trial<Size>,
  { doors }: Stage,
  tasks: readonly Followed[],
): Promise<void> {
  const half = Math.ceil(size.cancels / 2);
  for (const count of [half, size.cancels - half]) {
    await Promise.all(
      tasks.map(async ({ id, answers }) => {
        const calls = Array.from({ length: count }, (_, i) => doorFor(doors, i).cancel(id));
        answers.push(...(await Promise.all(calls)));
      }),
    );
  }
}

async function race(stage: Stage, jitterMs: number): Promise<Followed> {
  const endsAt = Date.now() + RACE_MS;
  const task = await begin(stage, messageFor('ends-at', { endsAt }));
  await delay(endsAt + jitterMs - Date.now());
  const { doors } = stage;
  const ways = [doorFor(doors, 0), doorFor(doors, doors.length - 1)];
  task.answers.push(...(await Promise.all(ways.map((door) => door.cancel(task.id)))));
  return task;
}

/** One outcome, whoever tells it. @returns its state. */
async function checkOutcome(
  trial: Trial<Size>,
  { urls, receiver }: Stage,
  { id, stream, answers }: Followed,
): Promise<string> {
  const isOver = await within('the end of the task', stream.over).then(
    (how) => how === 'end',
    () => false,
  );
  trial.operation(isOver);
  const { state } = (await getTask(urls[0], id)).status;
  trial.check('I8', isOver && TERMINAL.test(state), `${id}: its stream goes on, it is ${state}`);
  const other = (await getTask(urls[1], id)).status.state;
  const streamed = stream.frames.map(stateOf).filter(isTerminal);
  const posted = await notifiedOf(receiver, id);
  const told = [other, ...streamed, ...posted];
  const isOne = streamed.length === 1 && posted.length === 1 && told.every((one) => one === state);
  const where = `stream ${streamed.join(', ')}, webhook ${posted.join(', ')}`;
  trial.check('I3', isOne, `${id}: ${state} by one gateway, ${other} by the other, ${where}`);
  for (const answer of answers) {
    const said = JSON.stringify('task' in answer ? answer.task.status : answer.refused);
    trial.check('I3', isConsistent(answer, state), `${id}: a cancel heard ${said}, it is ${state}`);
  }
  return state;
}

/** Who canceled was told of the end that it has; or of none, where none came in time. */
function isConsistent(answer: Outcome, state: string): boolean {
  if ('refused' in answer) {
    return answer.refused.reason === 'TASK_NOT_CANCELABLE' && state === COMPLETED;
  }
  const told = answer.task.status.state;
  return !isTerminal(told) || (told === state && state === CANCELED);
}

/** The ends that the webhook was told, as soon as there is one. */
async function notifiedOf(receiver: Receiver, id: string): Promise<readonly string[]> {
  const ends = (): readonly string[] =>
    receiver.taken
      .filter((received) => isOf(received, id))
      .map(({ event }) => event.task?.status.state ?? event.statusUpdate?.status.state)
      .filter(isTerminal);
  await receiver.until(`the end of ${id}`, () => ends().length > 0).catch(() => undefined);
  return ends();
}

function isOf({ raw }: Received, id: string): boolean {
  return raw.includes(id);
}

function isTerminal(state: string | undefined): state is string {
  return state !== undefined && TERMINAL.test(state);
}

export const cancel = defineRow<Size>({
  row: 20,
  fault:
    'cancels over three bindings and two gateways: before there is a worker, at work, in a step, of a skill that does not listen, at a question, 10 times each, and in a race with completion',
  passes:
    'one outcome in the answers, GetTask of both gateways, stream and webhook; answers within 3 s (p99)',
  sizes: {
    ci: { tasks: 2, cancels: 10, races: 60, racesAtOnce: 15 },
    full: { tasks: 10, cancels: 10, races: 500, racesAtOnce: 20 },
  },
  mutation: {
    breaks: 'a cancel is called granted when it was asked for',
    edits: [
      {
        file: 'api/task-service.ts',
        from: 'if (!isTerminal(task.status.state) || task.status.state === TaskState.canceled) return task;',
        to: 'if (caller) return { ...task, status: { ...task.status, state: TaskState.canceled } };',
      },
    ],
    seenAs: ['I3'],
  },
  run,
});
