// Row 5: a worker is cut off from Temporal for longer than its heartbeat, goes on, and is heard again when another has taken over.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { checkUnmixed, openHistories } from '../attempts';
import { Follower, untilSeen } from '../follower';
import { inGroups } from '../in-groups';
import { openLedgers } from '../ledgers';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly tasks: number;
  readonly events: number;
  readonly everyMs: number;
  /** Beyond the heartbeat timeout, 2 s, and the begin of another attempt. */
  readonly cutOffMs: { readonly min: number; readonly max: number };
}

const DEADLINE_MS = 120_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const { tasks, events, everyMs, cutOffMs } = size;
  const ledgers = await openLedgers(trial);
  await trial.startTemporal();
  const gateway = await trial.startGateway();
  const link = await trial.openLink();
  await trial.startWorker({ link });
  const deadline = Date.now() + DEADLINE_MS;
  const followers = Array.from({ length: tasks }, (_, i) => {
    const isUnlike = i % 2 === 0;
    const skillId = isUnlike ? 'brief-unlike' : 'brief-steps';
    const message = messageFor(skillId, { events, everyMs, ledger: ledgers.of(i) });
    const follower = new Follower({ urls: () => [gateway.url], message, deadline });
    return { isUnlike, ledger: ledgers.of(i), follower };
  });

  await untilSeen(
    followers.map(({ follower }) => follower),
    4,
  );
  // Not before, so that all of them run where they are cut off.
  await trial.startWorker();
  link.silence();
  await delay(seed.between(cutOffMs.min, cutOffMs.max));
  link.heal();
  await Promise.all(followers.map(({ follower }) => follower.over));

  const progress = Array.from({ length: events }, (_, i) => `step ${i + 1}`);
  const tell = openHistories(trial);
  let [zombies, stale] = [0, 0];
  await inGroups(followers, async ({ isUnlike, ledger, follower }) => {
    await checkTask(trial, gateway.url, { follower, expected: isUnlike ? {} : { progress } });
    if (isUnlike) checkUnmixed(trial, follower, size);
    await ledgers.check(ledger);
    if (follower.taskId === undefined) return;
    const { attempts, staleBatches } = await tell(follower.taskId);
    stale += staleBatches;
    if (attempts > 1 && staleBatches > 0) zombies += 1;
  });
  trial.figure('batches of zombies, dropped and counted', stale, { unit: 'batches' });
  trial.figure('tasks whose first attempt spoke when another had taken over', zombies, {
    unit: 'tasks',
    atLeast: tasks / 2,
  });
}

export const workerCutOff = defineRow<Size>({
  row: 5,
  fault: 'a partition between a worker and Temporal, longer than the heartbeat: zombie attempts',
  passes: 'what they say late is dropped and counted; I1, I2, I4',
  sizes: {
    ci: { tasks: 20, events: 40, everyMs: 250, cutOffMs: { min: 6_000, max: 8_000 } },
    full: { tasks: 100, events: 80, everyMs: 250, cutOffMs: { min: 6_000, max: 15_000 } },
  },
  mutation: {
    breaks: 'an attempt that another has taken over from is heard all the same',
    edits: [{ file: 'workflows/fold-batch.ts', from: 'batch.attempt < fold.attempt ||', to: '' }],
    seenAs: ['I1', 'I2'],
  },
  run,
});
