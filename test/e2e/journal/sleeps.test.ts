// Tasks that sleep: they hold no worker, outlive everything, take messages, and can be canceled.

import { setTimeout as delay } from 'node:timers/promises';
import { answerTo, getTask, messageFor, result, rpc, sendAndLeave } from '../../harness/calls';
import { untilAnswer } from '../../harness/eventually';
import { expectEveryId, lastState, progressTexts } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { readWhole } from '../../harness/stream';
import { textOf, type WireTask } from '../../harness/wire';
import { Ledger, expectOnce, useLedgers } from './ledger';

/** A sleep of less than two seconds stays in its worker; this leaves time to fall asleep, and to die. */
const SLEEP_MS = 8_000;

/** After its last step a run that sleeps looks for half a second whether another branch is at work. */
const FALL_ASLEEP_MS = 1_500;

useLedgers();
const stack = useStack();

interface Sleeper {
  readonly task: WireTask;
  readonly ledger: Ledger;
  readonly sleptAt: number;
}

/** A task whose run has ended to sleep. */
async function asleep(options: object = {}): Promise<Sleeper> {
  const ledger = new Ledger();
  const given = { ms: SLEEP_MS, ...options, ledger: ledger.path };
  const task = await sendAndLeave(stack.url, messageFor('sleeps', given));
  await ledger.until('before');
  const sleptAt = Date.now();
  await delay(FALL_ASLEEP_MS);
  return { task, ledger, sleptAt };
}

async function until(state: string, { id }: WireTask): Promise<WireTask> {
  const isIt = ({ status }: WireTask): boolean => status.state === state;
  return untilAnswer(state, () => getTask(stack.url, id), isIt);
}

/** It woke not before its time; with all its words once. */
async function expectWoken({ task, ledger, sleptAt }: Sleeper): Promise<void> {
  await until('TASK_STATE_COMPLETED', task);
  expect(Date.now() - sleptAt).toBeGreaterThan(SLEEP_MS - 500);
  await expectOnce(ledger, ['before', 'after']);
  const frames = await readWhole(stack.url, task.id);
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expect(progressTexts(frames)).toEqual(['good night', 'good morning', 'missed: nothing']);
  expectEveryId(frames);
}

test('no worker is there during the sleep, and none is missed', async () => {
  const sleepers = await Promise.all([asleep(), asleep(), asleep()]);
  await stack.worker.kill();
  await delay(SLEEP_MS / 4);
  expect(await Promise.all(sleepers.map(({ ledger }) => ledger.done()))).toEqual(
    sleepers.map(() => ['before']),
  );
  await stack.startWorker();
  for (const sleeper of sleepers) await expectWoken(sleeper);
}, 120_000);

test('it outlives the Temporal server', async () => {
  const sleeper = await asleep();
  await stack.temporal.kill();
  await delay(500);
  await stack.temporal.restart();
  await expectWoken(sleeper);
}, 120_000);

test('a message does not wake it, and answers the next question', async () => {
  const sleeper = await asleep({ asks: true });
  const { task, ledger } = sleeper;
  const said = await sendAndLeave(stack.url, answerTo(task, 'the moon'));
  expect(said.status.state).toBe('TASK_STATE_WORKING');
  expect(await ledger.done()).toEqual(['before']);
  const done = await until('TASK_STATE_COMPLETED', task);
  expect(textOf(done.status.message?.parts)).toBe('missed: the moon');
  expect(Date.now() - sleeper.sleptAt).toBeGreaterThan(SLEEP_MS - 500);
  await expectOnce(ledger, ['before', 'after']);
}, 120_000);

test('a cancel ends it within a second, and it never wakes', async () => {
  const { task, ledger } = await asleep();
  const from = Date.now();
  const canceled = await result(rpc<WireTask>(stack.url, 'CancelTask', { id: task.id }));
  await until('TASK_STATE_CANCELED', canceled);
  expect(Date.now() - from).toBeLessThan(1_000);
  await delay(SLEEP_MS);
  expect(await ledger.done()).toEqual(['before']);
}, 120_000);
