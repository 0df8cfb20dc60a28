// Row 4: Temporal is killed and started again on its database, while clients go on to ask for new tasks.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { checkRefusals } from '../asked';
import { Follower, untilSeen } from '../follower';
import { watchGateway } from '../gateway-watch';
import { inGroups } from '../in-groups';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';
import { acknowledgedBy, checkWrites, offerWrites } from '../writes';

interface Size {
  readonly streams: number;
  readonly downMs: number;
}

const WRITE_EVERY_MS = 100;

/** Before the kill, so that there is something to lose. */
const BEFORE_MS = 1_500;

/** Of writes that must be taken again. */
const AFTER_MS = 1_000;

/** From the moment at which the server answers again. */
const READY_MS = 10_000;
const READY_POLL_MS = 50;

/** Some wait for the deadline of their call, so that less than one comes each `WRITE_EVERY_MS`. */
const REFUSED_SHARE = 0.5;

const EVENT_MS = 400;

const DEADLINE_MS = 180_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { streams, downMs } = trial.size;
  const temporal = await trial.startTemporal();
  const gateway = await trial.startGateway();
  await trial.startWorker();
  const watch = watchGateway(trial, 'gateway', gateway);
  // So long that no task is over before the server is back.
  const events = Math.ceil((BEFORE_MS + downMs) / EVENT_MS) + 3;
  const followers = Array.from({ length: streams }, () => {
    const message = messageFor('brief-steps', { events, everyMs: EVENT_MS });
    return new Follower({ urls: () => [gateway.url], message, deadline: Date.now() + DEADLINE_MS });
  });
  await untilSeen(followers, 3);
  const writing = offerWrites(() => gateway.url, WRITE_EVERY_MS);

  await delay(BEFORE_MS + trial.seed.between(0, EVENT_MS));
  await temporal.kill();
  const from = Date.now();
  await delay(downMs);
  const to = Date.now();
  await temporal.restart();
  const readyMs = await untilReady(gateway.url);
  await delay(AFTER_MS);
  const writes = await writing.end();
  await Promise.all(followers.map(({ over }) => over));
  await watch.end();

  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  await inGroups(followers, (follower) => checkTask(trial, gateway.url, { follower, expected }));
  await checkWrites(trial, gateway.url, writing);
  const minRefused = (downMs / WRITE_EVERY_MS) * REFUSED_SHARE;
  checkRefusals(trial, writes, { name: 'down', from, to, minRefused });
  trial.figure(
    'writes that were acknowledged',
    writes.flatMap((w) => acknowledgedBy(w) ?? []).length,
    {
      unit: 'writes',
      atLeast: BEFORE_MS / WRITE_EVERY_MS / 2,
    },
  );
  trial.figure('ready after the server answers again', readyMs, { unit: 'ms', atMost: READY_MS });
}

/** Not a number when it does not become ready in several times the bound. */
async function untilReady(url: string): Promise<number> {
  const from = Date.now();
  while (Date.now() - from < READY_MS * 3) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok === true) return Date.now() - from;
    await delay(READY_POLL_MS);
  }
  return Number.NaN;
}

export const temporalKilled = defineRow<Size>({
  row: 4,
  fault: '`kill -9` of Temporal, back on the same database; new tasks are asked for throughout',
  passes:
    'meanwhile 503 and Retry-After within 2.5 s; ready within 10 s; I1, I3, I4, I7: what was acknowledged is there',
  sizes: {
    ci: { streams: 10, downMs: 10_000 },
    full: { streams: 50, downMs: 30_000 },
  },
  mutation: {
    breaks: 'that Temporal does not answer is an error like any other',
    edits: [
      {
        file: 'temporal/connection.ts',
        from: 'throw isFault(err) ? unavailable(err) : err;',
        to: 'throw err;',
      },
    ],
    seenAs: ['own', 'I9'],
  },
  run,
});
