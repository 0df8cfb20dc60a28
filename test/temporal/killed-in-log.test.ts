// A worker process that is killed while its stream is in a log (D8): the next one goes on, and no reader notices.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { workflowIdOf } from '../../src/temporal/tasks';
import { logWorkflowId } from '../../src/workflows/log-contract';
import { applyEvent } from '../../src/workflows/apply-event';
import type { TaskEvent } from '../../src/workflows/task';
import { createCaller } from '../harness/task-caller';
import { isOver, textOf } from '../harness/task-events';
import { startTestTemporal, type TestTemporal } from '../harness/temporal';
import { openClient } from '../../src/temporal/connection';
import { Tasks } from '../../src/temporal/tasks';
import { LINES, TASK_QUEUE, line, writes } from './log-worker';

const START_DEADLINE_MS = 300_000;
const DEADLINE_MS = 60_000;

const ROOT = join(__dirname, '../..');

let temporal: TestTemporal;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  // Suggests to continue as new soon, so that a log of hundreds of batches has many runs.
  temporal = await startTestTemporal({ isEager: true });
}, START_DEADLINE_MS);

afterAll(async () => {
  await Promise.all(workers.map(kill));
  await temporal.close();
});

function startWorker(): ChildProcess {
  const script = join(__dirname, 'log-worker.ts');
  const args = ['--import', 'tsx', script, temporal.address, join(temporal.dataDir, 'parts')];
  const worker = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore' });
  workers.push(worker);
  return worker;
}

async function kill(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}

const reference = Array.from({ length: LINES }, (_, n) => line(n)).join('');

test(
  'its client has each event once, and folds what the skill said',
  async () => {
    const { address } = temporal;
    const client = openClient({ connection: { address }, client: { namespace: 'default' } });
    const open = (): Tasks => new Tasks({ client, taskQueue: TASK_QUEUE });
    const caller = createCaller(open, [writes], TASK_QUEUE);
    const first = startWorker();
    const ref = await caller.begin('writes');
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const following = await caller.tasks.follow(ref, { cursor: 1, signal });
    const events: TaskEvent[] = [];
    let replaced: Promise<void> | undefined;
    for await (const event of following.events) {
      events.push(event);
      // Past what the task's own history takes, and far from the end.
      if (events.length === 60) replaced = kill(first).then(() => void startWorker());
    }
    following.close();
    await replaced;

    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 2));
    const task = events.reduce(applyEvent, following.task);
    expect(isOver(events.at(-1)!)).toBe(true);
    expect(task.artifacts.map(textOf)).toEqual([reference]);
    const starts = events.filter((event) => event.kind === 'artifact' && !event.append);
    expect(starts).toHaveLength(1);
    const workflowId = workflowIdOf(ref);
    for (const attempt of [1, 2]) {
      const log = client.workflow.getHandle(logWorkflowId(workflowId, { turn: 1, attempt }));
      expect((await log.describe()).status.name).toBe('COMPLETED');
    }
    caller.close();
    await client.connection.close();
  },
  DEADLINE_MS,
);
