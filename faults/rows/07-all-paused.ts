// Row 7: one process after the other stands still, for longer than those that speak to it wait, and goes on.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { openHistories } from '../attempts';
import { Follower, untilSeen } from '../follower';
import { inGroups } from '../in-groups';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** For each pause, started before it. */
  readonly tasks: number;
  /** Longer than the deadline of a call, 2 s, a heartbeat timeout, 2 s, and that of a workflow task, 5 s. */
  readonly pauseMs: number;
}

const EVENT_MS = 250;

/** Each task is at work for so long after its pause. */
const AFTER_MS = 2_500;

const DEADLINE_MS = 180_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { tasks, pauseMs } = trial.size;
  const temporal = await trial.startTemporal();
  const gateways = await Promise.all([trial.startGateway(), trial.startGateway()]);
  const workers = await Promise.all([trial.startWorker(), trial.startWorker()]);
  const urls = (): readonly string[] => gateways.map(({ url }) => url);
  const deadline = Date.now() + DEADLINE_MS;
  const events = Math.ceil((pauseMs + AFTER_MS) / EVENT_MS);
  const followers: Follower[] = [];
  for (const { pid } of [...gateways, ...workers, temporal]) {
    const group = Array.from({ length: tasks }, (_, first) => {
      const message = messageFor('brief-steps', { events, everyMs: EVENT_MS });
      return new Follower({ urls, message, first, deadline });
    });
    followers.push(...group);
    await untilSeen(group, 3);
    await delay(trial.seed.between(0, EVENT_MS));
    process.kill(pid, 'SIGSTOP');
    try {
      await delay(pauseMs);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }
  await Promise.all(followers.map(({ over }) => over));

  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  const tell = openHistories(trial);
  let [passedBy, stale] = [0, 0];
  await inGroups(followers, async (follower) => {
    const [url = ''] = urls();
    await checkTask(trial, url, { follower, expected });
    if (follower.taskId === undefined) return;
    const { attempts, staleBatches } = await tell(follower.taskId);
    if (attempts > 1) passedBy += 1;
    stale += staleBatches;
  });
  // Of the tasks of two of five pauses about half run on the worker that stands still.
  trial.figure('tasks whose worker counted as lost', passedBy, {
    unit: 'tasks',
    atLeast: tasks / 2,
  });
  trial.figure('batches that came too late, dropped', stale, { unit: 'batches', atLeast: 1 });
}

export const allPaused = defineRow<Size>({
  row: 7,
  fault: 'two gateways, two workers and Temporal stand still in turn (`SIGSTOP`), and go on',
  passes: 'I1, I3, I8',
  sizes: {
    ci: { tasks: 8, pauseMs: 5_500 },
    full: { tasks: 40, pauseMs: 10_000 },
  },
  mutation: {
    breaks: 'an attempt that stood still until another took over is heard all the same',
    edits: [{ file: 'workflows/fold-batch.ts', from: 'batch.attempt < fold.attempt ||', to: '' }],
    seenAs: ['I1', 'I3', 'I8'],
  },
  run,
});
