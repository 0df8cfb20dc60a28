// Row 8: one process or another is killed every few seconds, while tasks are started and followed all the time.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { messageFor, sendAndLeave } from '../../test/harness/calls';
import type { TestProcess } from '../../test/harness/processes';
import { Follower } from '../follower';
import { inGroups } from '../in-groups';
import { openLedgers } from '../ledgers';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';
import { checkRuns } from '../writes';

interface Size {
  readonly tasks: number;
  readonly events: number;
  /** All tasks are started within it, and processes killed. */
  readonly chaosMs: number;
}

const EVENT_MS = 300;

const BETWEEN_KILLS_MS = { min: 5_000, max: 10_000 } as const;

const MAX_DOWN_MS = 2_000;

/** From the last start or kill on. */
const SETTLED_MS = 60_000;

const KINDS = ['gateway', 'worker', 'temporal'] as const;

type Kind = (typeof KINDS)[number];

/** The processes as they are now. */
interface Living {
  readonly gateways: TestProcess[];
  readonly workers: TestProcess[];
}

async function run(trial: Trial<Size>): Promise<void> {
  const { tasks, events, chaosMs } = trial.size;
  const ledgers = await openLedgers(trial);
  await trial.startTemporal();
  const living: Living = {
    gateways: await Promise.all([trial.startGateway(), trial.startGateway()]),
    workers: await Promise.all([trial.startWorker(), trial.startWorker()]),
  };
  const urls = (): readonly string[] => living.gateways.map(({ url }) => url);
  const [contextId, deadline] = [randomUUID(), Date.now() + chaosMs + SETTLED_MS];
  const killing = killAtRandom(trial, living, Date.now() + chaosMs);
  const followers: { readonly follower: Follower; readonly ledger: string }[] = [];
  for (let i = 0; i < tasks; i += 1) {
    const ledger = ledgers.of(i);
    const skillId = i % 2 === 0 ? 'brief-steps' : 'brief-journaled';
    const message = messageFor(skillId, { events, everyMs: EVENT_MS, ledger }, { contextId });
    followers.push({ ledger, follower: new Follower({ urls, message, first: i, deadline }) });
    await delay(chaosMs / tasks);
  }
  const killed = await killing;
  await Promise.all(followers.map(({ follower }) => follower.over));

  const [url = ''] = urls();
  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  await inGroups(followers, async ({ follower, ledger }) => {
    await checkTask(trial, url, { follower, expected });
    await ledgers.check(ledger);
    const { message, key, taskId } = follower;
    const { id } = await sendAndLeave(url, message, { 'Idempotency-Key': key });
    trial.check('I7', id === taskId, `key ${key}: ${taskId ?? 'never answered'}, then ${id}`);
  });
  await checkRuns(trial, url, { contextId, runs: tasks });
  for (const kind of KINDS) {
    const times = killed.filter((one) => one === kind).length;
    trial.figure(`kills of a ${kind}`, times, { unit: 'times', atLeast: 1 });
  }
  const cuts = followers.reduce((sum, { follower }) => sum + follower.reconnects.length, 0);
  trial.figure('streams that were cut and resumed', cuts, { unit: 'times', atLeast: 1 });
}

/** One at a time; of three in a row one of each kind, and three at least. */
async function killAtRandom(
  trial: Trial<Size>,
  living: Living,
  until: number,
): Promise<readonly Kind[]> {
  const { seed } = trial;
  const killed: Kind[] = [];
  let left: Kind[] = [];
  for (;;) {
    await delay(seed.between(BETWEEN_KILLS_MS.min, BETWEEN_KILLS_MS.max));
    if (Date.now() >= until && killed.length >= KINDS.length) return killed;
    if (left.length === 0) left = [...KINDS];
    const [kind = 'worker'] = left.splice(seed.between(0, left.length - 1), 1);
    const downMs = seed.between(0, MAX_DOWN_MS);
    trial.report(`kills a ${kind}, down ${downMs} ms`);
    await killAndRestart(trial, living, { kind, downMs });
    killed.push(kind);
  }
}

async function killAndRestart(
  trial: Trial<Size>,
  { gateways, workers }: Living,
  { kind, downMs }: { readonly kind: Kind; readonly downMs: number },
): Promise<void> {
  if (kind === 'temporal') {
    await trial.temporal.kill();
    await delay(downMs);
    await trial.temporal.restart();
    return;
  }
  const all = kind === 'gateway' ? gateways : workers;
  const at = trial.seed.between(0, all.length - 1);
  await all[at]?.kill();
  await delay(downMs);
  // Until then its clients find nobody where it was.
  all[at] = await (kind === 'gateway' ? trial.startGateway() : trial.startWorker());
}

export const randomKills = defineRow<Size>({
  row: 8,
  fault: '`kill -9` of a gateway, a worker or Temporal every 5 to 10 s, down 0 to 2 s',
  passes: 'I1 to I4, I7, I8: no violation',
  sizes: {
    ci: { tasks: 60, events: 20, chaosMs: 40_000 },
    full: { tasks: 1_000, events: 20, chaosMs: 600_000 },
  },
  mutation: {
    breaks: 'an attempt is not held against what the one before it has said',
    edits: [
      {
        file: 'workflows/fold-batch.ts',
        from: 'return { ...fold, attempt, n: 0, lanes, repeated: 0 };',
        to: 'return { ...fold, attempt, n: 0, lanes };',
      },
    ],
    seenAs: ['I1'],
  },
  run,
});
