// Row 2: a worker is killed while its skills write texts that another attempt writes otherwise.

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
}

const MAX_DOWN_MS = 5_000;

const DEADLINE_MS = 120_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const { tasks, events, everyMs } = size;
  const ledgers = await openLedgers(trial);
  await trial.startTemporal();
  const gateway = await trial.startGateway();
  const worker = await trial.startWorker();
  const deadline = Date.now() + DEADLINE_MS;
  const followers = Array.from({ length: tasks }, (_, i) => {
    const message = messageFor('brief-unlike', { events, everyMs, ledger: ledgers.of(i) });
    return new Follower({ urls: () => [gateway.url], message, deadline });
  });

  await untilSeen(followers, 4);
  await delay(seed.between(0, (events * everyMs) / 2));
  await worker.kill();
  await delay(seed.between(0, MAX_DOWN_MS));
  await trial.startWorker();
  await Promise.all(followers.map(({ over }) => over));

  const tell = openHistories(trial);
  let cut = 0;
  await inGroups([...followers.entries()], async ([i, follower]) => {
    await checkTask(trial, gateway.url, { follower });
    checkUnmixed(trial, follower, size);
    await ledgers.check(ledgers.of(i));
    if (follower.taskId !== undefined && (await tell(follower.taskId)).attempts > 1) cut += 1;
  });
  trial.figure('tasks of which two attempts or more were heard', cut, {
    unit: 'tasks',
    atLeast: tasks * 0.9,
  });
}

export const attemptsUnlike = defineRow<Size>({
  row: 2,
  fault: '`kill -9` of the worker while its skills write what differs from attempt to attempt',
  passes: 'no artifact holds the text of two attempts, at no moment; I1 to I4',
  sizes: {
    ci: { tasks: 20, events: 20, everyMs: 400 },
    full: { tasks: 100, events: 50, everyMs: 400 },
  },
  mutation: {
    breaks: 'where an attempt differs from the one before, its text goes behind the old one',
    edits: [
      {
        file: 'workflows/repetition.ts',
        from: 'changes: [{ append: false, parts: kept, last: false }, ...heard.changes],',
        to: 'changes: heard.changes,',
      },
    ],
    seenAs: ['I2'],
  },
  run,
});
