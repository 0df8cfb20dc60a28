// Row 26: many more tasks are open than a worker keeps in memory, and all workers are killed at once.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { answerTo, envelope, http, messageFor, send } from '../../test/harness/calls';
import type { WireTask } from '../../test/harness/wire';
import { Follower } from '../follower';
import { openAfter } from '../histories';
import { watchGateway } from '../gateway-watch';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** Tasks that a worker keeps in memory. */
  readonly cache: number;
  /** Half of the open ones: their skills are running. */
  readonly running: number;
  /** The other half: they have asked. */
  readonly asking: number;
  readonly events: number;
  readonly everyMs: number;
}

const WORKERS = 2;
const TIMES_THE_CACHE = 10;
const PROGRESS_MS = 60_000;
/** From the start of a running task to its end, two attempts included. */
const DEADLINE_MS = 120_000;
const RETRY_MS = 250;
/** That are sent at once. */
const SENDING = 8;

async function run(trial: Trial<Size>): Promise<void> {
  const { cache, running, asking, events, everyMs } = trial.size;
  const { address } = await trial.startTemporal();
  const gateway = await trial.startGateway();
  const { url } = gateway;
  const startWorkers = (): Promise<readonly { kill(): Promise<void> }[]> => {
    const env = { WORKFLOW_CACHE_SIZE: String(cache) };
    return Promise.all(Array.from({ length: WORKERS }, () => trial.startWorker({ env })));
  };
  const workers = await startWorkers();
  const watch = watchGateway(trial, 'gateway', gateway);
  const asked = await inTurns(Array<string>(asking).fill('waits'), (skillId) =>
    send(url, messageFor(skillId)),
  );
  const followers = Array.from({ length: running }, () => {
    const message = messageFor('journaled', { events, everyMs });
    return new Follower({ urls: () => [url], message, deadline: Date.now() + DEADLINE_MS });
  });
  await delay(trial.seed.between(2_000, 4_000));

  const open = await openAfter(address, 0);
  const times = Math.floor(open.length / (WORKERS * cache));
  trial.figure('open tasks for each place in the caches', times, {
    unit: '',
    atLeast: TIMES_THE_CACHE,
  });
  const killedAt = Date.now();
  await Promise.all(workers.map((worker) => worker.kill()));
  await startWorkers();
  const readyAt = Date.now();
  const answers = await inTurns(asked, (task) => answered(url, task));
  await Promise.all(followers.map(({ over }) => over));
  await watch.end();

  for (const ms of answers) {
    trial.operation(ms !== undefined);
    trial.check('I8', ms !== undefined, 'a task that was answered did not complete');
  }
  const waits = answers.flatMap((ms) => ms ?? []);
  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  for (const follower of followers) {
    await checkTask(trial, url, { follower, expected });
    const next = follower.frames.find(({ at }) => at > readyAt);
    if (next !== undefined) waits.push(next.at - readyAt);
  }
  trial.figure('workers away', readyAt - killedAt, { unit: 'ms' });
  trial.figure('tasks that went on', waits.length, { unit: '', atLeast: asking + running });
  trial.figure('the last of them', Math.max(0, ...waits), { unit: 'ms', atMost: PROGRESS_MS });
}

/** Milliseconds until the task that was asking has completed; undefined when it has not. */
async function answered(url: string, asking: WireTask): Promise<number | undefined> {
  const from = Date.now();
  const body = envelope('SendMessage', { message: answerTo(asking, 'go') });
  // What is refused because no worker answers yet is sent again, as the refusal says.
  const headers = { 'Idempotency-Key': randomUUID() };
  while (Date.now() - from < PROGRESS_MS) {
    const signal = AbortSignal.timeout(PROGRESS_MS);
    const answer = await http<Sent>(url, { body, headers, signal }).catch(() => undefined);
    const state = answer?.body.result?.task.status.state;
    if (state === 'TASK_STATE_COMPLETED') return Date.now() - from;
    await delay(RETRY_MS);
  }
  return undefined;
}

interface Sent {
  readonly result?: { readonly task: WireTask };
}

/** The results of all calls, a few of which are under way at a time. */
async function inTurns<G, T>(
  given: readonly G[],
  call: (one: G) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  const waiting = [...given];
  const caller = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      results.push(await call(one));
    }
  };
  await Promise.all(Array.from({ length: SENDING }, caller));
  return results;
}

export const smallCache = defineRow<Size>({
  row: 26,
  fault: 'ten times more open tasks than the workers keep in memory, and all workers killed',
  passes: 'each goes on within 60 s, those that ran and those that had asked; I1 I2 I3 I5 I8',
  sizes: {
    ci: { cache: 2, running: 20, asking: 20, events: 12, everyMs: 1_000 },
    full: { cache: 20, running: 200, asking: 200, events: 20, everyMs: 1_000 },
  },
  mutation: {
    breaks: 'nobody notices that a worker no longer sends heartbeats',
    edits: [
      {
        file: 'workflows/skill-turn.ts',
        from: 'heartbeatTimeout: limits.heartbeatTimeoutMs,',
        to: 'heartbeatTimeout: limits.timeoutMs,',
      },
    ],
    seenAs: ['I8', 'own'],
  },
  run,
});
