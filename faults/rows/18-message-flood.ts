// Row 18: more messages to one task than it takes, for a while, and a cancel after them.

import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { LEAVING, getTask, messageFor, send } from '../../test/harness/calls';
import { textOf, type WireMessage } from '../../test/harness/wire';
import { doorFor, openDoors, type Door, type Outcome } from '../doors';
import { Follower } from '../follower';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly messages: number;
  readonly perSecond: number;
  /** So many come together: a task takes ten at once from each gateway. */
  readonly together: number;
  readonly siblings: number;
}

const CANCEL_MS = 3_000;

/** A caller is told that it was too much, that the task is full, or that nobody knows. */
const REFUSALS = new Set(['TASK_ENGINE_BUSY', 'TASK_ENGINE_UNAVAILABLE', 'INVALID_PARAMS']);
const BUSY_STATUS = new Set(['429', 'RESOURCE_EXHAUSTED']);

const DEADLINE_MS = 120_000;

interface Said {
  readonly text: string;
  readonly outcome: Outcome;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  await trial.startTemporal();
  const [gateway] = await Promise.all([
    trial.startGateway({ servesGrpc: true }),
    trial.startWorker(),
  ]);
  const doors = openDoors(trial, gateway);
  const seconds = size.messages / size.perSecond;
  const siblings = Array.from({ length: size.siblings }, () => {
    const events = Math.ceil(seconds * 2);
    const message = messageFor('steps', { events, everyMs: 500 });
    const deadline = Date.now() + seconds * 1_000 + DEADLINE_MS;
    const follower = new Follower({ urls: () => [gateway.url], message, deadline });
    return { follower, events };
  });
  const { id } = await send(gateway.url, messageFor('asks-on'));
  const said = await flood(size, doors, id);
  for (const one of said) checkSaid(trial, one);
  const refusedAs = (status: ReadonlySet<string>): number =>
    said.filter(({ outcome }) => 'refused' in outcome && status.has(outcome.refused.status)).length;
  trial.figure('messages that were too much', refusedAs(BUSY_STATUS), {
    unit: `of ${said.length}`,
    atLeast: 1,
  });
  const taken = said.filter(({ outcome }) => 'task' in outcome).length;
  trial.figure('messages that were taken', taken, { unit: `of ${said.length}`, atLeast: 10 });

  const canceled = await doorFor(doors, 0).cancel(id);
  const told = 'task' in canceled ? canceled.task.status.state : canceled.refused.message;
  trial.check('I8', told === 'TASK_STATE_CANCELED', `the cancel after them says ${told}`);
  trial.figure('cancel after them', canceled.ms, { unit: 'ms', atMost: CANCEL_MS });
  await checkKept(trial, gateway.url, { id, said });
  for (const { follower, events } of siblings) {
    await follower.over;
    const progress = Array.from({ length: events }, (_, i) => `step ${i + 1}`);
    await checkTask(trial, gateway.url, { follower, expected: { progress } });
  }
}

/** Never waits for an answer before it sends the next. */
async function flood(size: Size, doors: readonly Door[], taskId: string): Promise<readonly Said[]> {
  const calls: Promise<Said>[] = [];
  const from = Date.now();
  while (calls.length < size.messages) {
    for (let i = 0; i < size.together; i += 1) {
      const door = doorFor(doors, calls.length);
      const text = `message ${calls.length + 1}`;
      calls.push(sendOne(door, taskId, text));
    }
    const nextAt = from + (calls.length / size.perSecond) * 1_000;
    await delay(Math.max(0, nextAt - Date.now()));
  }
  return Promise.all(calls);
}

async function sendOne(door: Door, taskId: string, text: string): Promise<Said> {
  const message: WireMessage = {
    ...{ messageId: randomUUID(), role: 'ROLE_USER', taskId },
    parts: [{ text }],
  };
  const outcome = await door.send(message, {}, LEAVING.configuration);
  return { text, outcome };
}

/** Taken, or refused in a way that says what to do. */
function checkSaid(trial: Trial<Size>, { text, outcome }: Said): void {
  if ('task' in outcome) {
    trial.operation(true);
    return;
  }
  const { reason, status, message, retryAfter } = outcome.refused;
  const isBusy = reason === 'TASK_ENGINE_BUSY';
  // Too much is what they were to be.
  trial.operation(isBusy);
  const isSaid = REFUSALS.has(reason) && (!isBusy || BUSY_STATUS.has(status));
  trial.check('I9', isSaid, `${text}: ${status} ${reason}: ${message}`);
  const isHttp = /^\d+$/.test(status);
  trial.check('I9', !isBusy || !isHttp || retryAfter, `${text}: ${status} without Retry-After`);
}

/** What was taken is there, in the order in which it was taken, and each once; what was refused as too much is not. */
async function checkKept(
  trial: Trial<Size>,
  url: string,
  { id, said }: { readonly id: string; readonly said: readonly Said[] },
): Promise<void> {
  const { history = [] } = await getTask(url, id);
  const kept = history.filter(({ role }) => role === 'ROLE_USER').map(({ parts }) => textOf(parts));
  for (const { text, outcome } of said) {
    const times = kept.filter((one) => one === text).length;
    if ('task' in outcome) trial.check('I7', times === 1, `${text}, taken: there ${times} times`);
    else if (outcome.refused.reason === 'TASK_ENGINE_BUSY') {
      trial.check('I7', times === 0, `${text}, refused: there ${times} times`);
    }
  }
}

export const messageFlood = defineRow<Size>({
  row: 18,
  fault:
    'messages to one task that asks, 25 together and 50 a second, over three bindings; without bounds for each principal, since callers are anonymous',
  passes:
    'each is kept, or refused with 429 and Retry-After; a cancel after them takes 3 s at most; other tasks go on',
  sizes: {
    ci: { messages: 300, perSecond: 50, together: 25, siblings: 3 },
    full: { messages: 2_000, perSecond: 50, together: 25, siblings: 10 },
  },
  mutation: {
    breaks: 'a task is given every message at once',
    edits: [
      {
        file: 'temporal/tasks.ts',
        from: 'if (atOnce >= UPDATES_AT_ONCE) throw busy();',
        to: 'if (atOnce >= UPDATES_AT_ONCE * 1_000) throw busy();',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
