// Row 3: a gateway is killed under its streams, and their clients go on at the other one.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { Follower, untilSeen } from '../follower';
import { percentileOf } from '../figures';
import { inGroups } from '../in-groups';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';
import { checkWrites, offerWrites } from '../writes';

interface Size {
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
}

/** From the request that resumes to its first event. */
const RESUME_MS = 1_000;

const WRITE_EVERY_MS = 100;

const DEADLINE_MS = 120_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const { streams, events, everyMs } = size;
  await trial.startTemporal();
  const [doomed, other] = await Promise.all([trial.startGateway(), trial.startGateway()]);
  await trial.startWorker();
  const deadline = Date.now() + DEADLINE_MS;
  const urls = (): readonly string[] => [doomed.url, other.url];
  const followers = Array.from(
    { length: streams },
    () => new Follower({ urls, message: messageFor('steps', { events, everyMs }), deadline }),
  );
  await untilSeen(followers, 3);
  const writing = offerWrites(() => doomed.url, WRITE_EVERY_MS);
  // Between two texts as well as at one; all are far from their end.
  await delay(seed.between(500, (events * everyMs) / 3));
  await doomed.kill();
  await writing.end();
  await Promise.all(followers.map(({ over }) => over));

  const expected = { progress: Array.from({ length: events }, (_, i) => `step ${i + 1}`) };
  await inGroups(followers, (follower) => checkTask(trial, other.url, { follower, expected }));
  await checkWrites(trial, other.url, writing);
  const resumes = followers.flatMap(({ reconnects }) => reconnects);
  trial.figure('streams that the kill cut, and that were resumed', resumes.length, {
    unit: 'streams',
    atLeast: streams * 0.9,
  });
  const firstMs = resumes.map(({ firstFrameMs }) => firstFrameMs);
  trial.figure('first event after the reconnect, median', percentileOf(firstMs, 0.5), {
    unit: 'ms',
  });
  trial.figure('first event after the reconnect, slowest', percentileOf(firstMs, 1), {
    unit: 'ms',
    atMost: RESUME_MS,
  });
}

export const gatewayKilled = defineRow<Size>({
  row: 3,
  fault: '`kill -9` of a gateway mid-stream; its clients resume on another one',
  passes: 'I1 and I7, no gap and no duplicate in any stream; first event 1 s after the reconnect',
  sizes: {
    ci: { streams: 40, events: 30, everyMs: 500 },
    full: { streams: 200, events: 30, everyMs: 1_000 },
  },
  mutation: {
    breaks: 'a stream that is resumed goes on with what comes next',
    edits: [
      {
        file: 'temporal/task-feed.ts',
        from: 'if (cursor === this.task.seq) return this.task;',
        to: 'if (cursor > 1) return this.task;',
      },
    ],
    seenAs: ['I1'],
  },
  run,
});
