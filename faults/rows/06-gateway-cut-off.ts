// Row 6: a gateway is cut off from Temporal, first by a network that is silent, then by sockets that are half open.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor, rpc, send } from '../../test/harness/calls';
import { ask, checkRefusals, type Asked } from '../asked';
import { Follower, untilSeen } from '../follower';
import { watchGateway } from '../gateway-watch';
import { inGroups } from '../in-groups';
import { Offers } from '../offers';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';
import { checkWrites, offerWrites } from '../writes';

interface Size {
  readonly streams: number;
  /** Longer than any deadline of a call. */
  readonly silentMs: number;
}

const ASK_EVERY_MS = 100;

const EVENT_MS = 400;

/** The connection's keep-alive, 12 s and 2 s, and as long again as a call and a new connection may take. */
const NOTICED_MS = 20_000;

/** Half-open sockets are noticed long before. */
const HALF_OPEN_MS = 25_000;

const POLL_MS = 50;

const DEADLINE_MS = 180_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { streams, silentMs } = trial.size;
  await trial.startTemporal();
  const link = await trial.openLink();
  const gateway = await trial.startGateway({ link });
  await trial.startWorker();
  const { url } = gateway;
  const watch = watchGateway(trial, 'gateway', gateway);
  const events = Math.ceil((silentMs + NOTICED_MS) / EVENT_MS);
  const followers = Array.from({ length: streams }, () => {
    const message = messageFor('steps', { events, everyMs: EVENT_MS });
    return new Follower({ urls: () => [url], message, deadline: Date.now() + DEADLINE_MS });
  });
  const { id } = await send(url, messageFor('steps', { events: 1, everyMs: 0 }));
  await untilSeen(followers, 3);
  const writing = offerWrites(() => url, ASK_EVERY_MS);
  const reads = new Offers({ everyMs: ASK_EVERY_MS, offer: (n) => read(url, id, n) });

  await delay(trial.seed.between(0, EVENT_MS));
  const silentFrom = Date.now();
  link.silence();
  await delay(silentMs);
  const silentTo = Date.now();
  link.heal();
  await untilServed(url, id);
  const halfOpenFrom = Date.now();
  link.orphan();
  const servedMs = await untilServed(url, id);
  const halfOpenTo = Date.now();
  const writes = await writing.end();
  const asked: readonly Asked[] = [...writes, ...(await reads.end())];
  await Promise.all(followers.map(({ over }) => over));
  await watch.end();

  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  await inGroups(followers, (follower) => checkTask(trial, url, { follower, expected }));
  await checkWrites(trial, url, writing);
  const minRefused = silentMs / ASK_EVERY_MS;
  const silent = { name: 'silent', from: silentFrom, to: silentTo, minRefused };
  checkRefusals(trial, asked, silent);
  const halfOpen = { name: 'half open', from: halfOpenFrom, to: halfOpenTo, minRefused: 1 };
  checkRefusals(trial, asked, halfOpen);
  trial.figure('served again after half-open sockets', servedMs, {
    unit: 'ms',
    atMost: NOTICED_MS,
  });
  const late = followers.filter(({ frames }) => frames.some(({ at }) => at > halfOpenTo)).length;
  trial.figure('streams that went on after both', late, { unit: 'streams', atLeast: streams });
}

/** One operation or another that writes nothing. */
function read(url: string, id: string, n: number): Promise<Asked> {
  if (n % 2 === 0) return ask('GetTask', () => rpc(url, 'GetTask', { id }));
  return ask('ListTasks', () => rpc(url, 'ListTasks', { contextId: id }));
}

/** Not a number when it is not served in time. */
async function untilServed(url: string, id: string): Promise<number> {
  const from = Date.now();
  while (Date.now() - from < HALF_OPEN_MS) {
    const { answer } = await ask('GetTask', () => rpc(url, 'GetTask', { id }));
    if (answer?.status === 200) return Date.now() - from;
    await delay(POLL_MS);
  }
  return Number.NaN;
}

export const gatewayCutOff = defineRow<Size>({
  row: 6,
  fault: 'a partition between a gateway and Temporal; then its sockets there are half open',
  passes: 'no request takes longer than 2.5 s; the streams go on; I1',
  sizes: {
    ci: { streams: 10, silentMs: 6_000 },
    full: { streams: 50, silentMs: 60_000 },
  },
  mutation: {
    breaks: 'a call to Temporal may take six seconds',
    edits: [
      {
        file: 'temporal/connection.ts',
        from: 'const CALL_DEADLINE_MS = 2_000;',
        to: 'const CALL_DEADLINE_MS = 6_000;',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
