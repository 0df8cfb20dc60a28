// Row 1: a worker is killed while its skills run, and another one takes over.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { Follower } from '../follower';
import { watchGateway } from '../gateway-watch';
import { openLedgers } from '../ledgers';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';
import { percentileOf } from '../figures';

interface Size {
  readonly tasks: number;
  readonly events: number;
  readonly everyMs: number;
}

/** The default of a skill: a silent worker counts as lost after it. */
const HEARTBEAT_TIMEOUT_MS = 5_000;

/** From the loss to the first new event, beyond the heartbeat; a worker's start is not in it. */
const RECOVERY_MS = 2_000;

const MAX_DOWN_MS = 5_000;

const DEADLINE_MS = 120_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const ledgers = await openLedgers(trial);
  await trial.startTemporal();
  const gateway = await trial.startGateway();
  const watch = watchGateway(trial, 'gateway', gateway);
  const worker = await trial.startWorker();
  const deadline = Date.now() + DEADLINE_MS;
  const followers = Array.from({ length: size.tasks }, (_, i) => {
    const ledger = ledgers.of(i);
    const { events, everyMs } = size;
    const isJournaled = i % 2 === 0;
    const message = messageFor(isJournaled ? 'journaled' : 'steps', { events, everyMs, ledger });
    const follower = new Follower({ urls: () => [gateway.url], message, deadline });
    return { ledger, isJournaled, follower };
  });

  await delay(seed.between(2_000, size.events * size.everyMs - 1_000));
  const killedAt = Date.now();
  await worker.kill();
  await delay(seed.between(0, MAX_DOWN_MS));
  await trial.startWorker();
  const readyAt = Date.now();
  await Promise.all(followers.map(({ follower }) => follower.over));
  await watch.end();

  const expected = { progress: Array.from({ length: size.events }, (_, i) => `step ${i + 1}`) };
  for (const { follower, ledger } of followers) {
    await checkTask(trial, gateway.url, { follower, expected });
    await ledgers.check(ledger);
  }
  // The others first say again what was said before, at their own pace.
  const journaled = followers.filter(({ isJournaled }) => isJournaled);
  const waits = journaled.flatMap(({ follower }) => {
    const next = follower.frames.find(({ at }) => at > killedAt + RECOVERY_MS);
    return next === undefined ? [] : [next.at - Math.max(readyAt, killedAt + HEARTBEAT_TIMEOUT_MS)];
  });
  const cut = journaled.length / 2;
  trial.figure('journaled tasks that the kill cut', waits.length, { unit: 'tasks', atLeast: cut });
  trial.figure(
    'first new event after heartbeat timeout and start, p95',
    percentileOf(waits, 0.95),
    {
      unit: 'ms',
      atMost: RECOVERY_MS,
    },
  );
}

export const workerKilled = defineRow<Size>({
  row: 1,
  fault: '`kill -9` of the worker mid-skill, back after 0 to 5 s',
  passes: 'I1 to I4; first new event within the heartbeat timeout and 2 s',
  sizes: {
    ci: { tasks: 20, events: 20, everyMs: 400 },
    full: { tasks: 100, events: 50, everyMs: 400 },
  },
  mutation: {
    breaks: 'what an attempt says again is an event again',
    edits: [
      {
        file: 'workflows/fold-batch.ts',
        from: 'if (said[repeated] === text) {',
        to: 'if (said[repeated] === text && fold.attempt === 1) {',
      },
    ],
    seenAs: ['I1'],
  },
  run,
});
