// A worker process whose streams move to a log at once: `log-worker.ts <address> <parts directory>`. It polls the
// queue of the tests until it is killed.

import { createTaskActivities } from '../../src/activities/run-skill';
import { completed, defineSkill } from '../../src/activities/skill';
import { skillQueuesOf } from '../../src/activities/skill-queue';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { openClient } from '../../src/temporal/connection';
import { ContinuationTokens } from '../../src/temporal/continuations';
import { Tasks } from '../../src/temporal/tasks';
import { startTaskWorker } from '../../src/worker/worker';
import { setTimeout as delay } from 'node:timers/promises';
import '../harness/kept-workflows';

export const TASK_QUEUE = 'tasks';
export const LINES = 1_500;

/** Batches before the log. */
const AFTER = 5;
/** At the pace of a skill: what is said in one go would leave as one batch. */
const PAUSE_MS = 3;

export const line = (n: number): string => `line ${String(n)}\n`;

export const writes = defineSkill({
  id: 'writes',
  name: 'writes',
  description: 'Writes a long artifact.',
  tags: ['test'],
  limits: { heartbeatTimeoutMs: 1_000 },
  async run(ctx) {
    const page = ctx.artifact({ artifactId: 'page' });
    for (let n = 0; n < LINES; n += 1) {
      await page.append(line(n));
      await delay(PAUSE_MS);
    }
    await page.finalize();
    return completed();
  },
});

async function main([address = '', partsDirectory = '']: readonly string[]): Promise<void> {
  const client = openClient({ connection: { address }, client: { namespace: 'default' } });
  const tasks = new Tasks({ client, taskQueue: TASK_QUEUE });
  const quiet = (): void => undefined;
  await startTaskWorker({
    connection: { address },
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    activities: createTaskActivities({
      skills: new Map([[writes.id, writes]]),
      stores: createDirectoryPartStores(partsDirectory),
      continuations: new ContinuationTokens(Buffer.alloc(32)),
      pace: [{ below: Number.POSITIVE_INFINITY, ms: 0 }],
      signal: (task, batch) => tasks.signal(task, batch),
      longLog: (run, speaker) => ({ ...tasks.longLog(run, speaker), after: AFTER }),
      takeOver: (run, speaker) => tasks.takeOver(run, speaker),
      followUps: (run) => tasks.followUps(run),
      readTask: (ref) => tasks.read(ref),
      log: () => ({ info: quiet, warn: quiet, error: quiet }),
    }),
    skillQueues: skillQueuesOf([writes], TASK_QUEUE),
    onFailure: (err) => {
      throw err;
    },
  });
}

if (require.main === module) void main(process.argv.slice(2));
