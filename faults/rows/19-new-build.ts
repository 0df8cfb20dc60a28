// Row 19: a new build of the workflows takes over the tasks of an old one, and a build that must not is found out before.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LEAVING, getTask, messageFor, result, rpc } from '../../test/harness/calls';
import { untilAnswer } from '../../test/harness/eventually';
import { lastState } from '../../test/harness/frames';
import { listExecutions, openPlainClient } from '../executions';
import { Follower } from '../follower';
import { BUILT, buildMutant, type Edit } from '../mutant';
import { checkTask } from '../oracle';
import { keptHistories, refusalsOf, type Recorded } from '../replay';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly tasks: number;
  readonly events: number;
  readonly everyMs: number;
}

/** What the tasks are at when the build changes. */
const WAYS = ['works', 'asks', 'sleeps', 'throws'] as const;

/** Other code, and the same commands. */
const COMPATIBLE: readonly Edit[] = [
  {
    file: 'workflows/skill-turn.ts',
    from: "'the skill ran longer than its limit and did not stop'",
    to: "'the skill went on beyond its limit, and did not stop'",
  },
  {
    file: 'workflows/skill-turn.ts',
    from: 'const RETRY_WAIT_MAX_MS = 60_000;',
    to: 'const RETRY_WAIT_MAX_MS = 50_000;',
  },
];

/** Another command than was recorded, where every task has been. */
const WRONG: readonly Edit[] = [
  {
    file: 'workflows/task-workflow.ts',
    from: 'life.openTurn();',
    to: 'await sleep(1);\n        life.openTurn();',
  },
];

const DEADLINE_MS = 180_000;
const POLL_MS = 50;

interface InFlight {
  readonly way: (typeof WAYS)[number];
  readonly ledger: string;
  readonly follower: Follower;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(folder, { recursive: true, force: true }));
  const newBuild = await buildMutant('row-19-new', { edits: COMPATIBLE }, trial.program);
  const wrongBuild = await buildMutant('row-19-wrong', { edits: WRONG });
  await trial.startTemporal();
  const [gateway, oldWorker] = await Promise.all([
    trial.startGateway(),
    trial.startWorker({ program: BUILT }),
  ]);
  const gate = join(folder, 'gate');
  const inFlight = beginAll(size, gateway.url, { folder, gate });
  const deadline = Date.now() + DEADLINE_MS;
  for (const one of inFlight) {
    while ((await taskIdOf(one)) === '' && Date.now() < deadline) await delay(POLL_MS);
  }
  const asked = await Promise.all(inFlight.filter(({ way }) => way === 'asks').map(taskIdOf));
  for (const id of asked) await untilAsked(gateway.url, id);

  const running = await runningHistories(trial, gateway.url);
  const wrong = await refusalsOf(wrongBuild, running);
  const unit = `of ${running.length}`;
  const all = { unit, atLeast: size.tasks };
  trial.figure('running tasks for which replay refuses a wrong build', wrong.length, all);
  const kept = await keptHistories();
  const wrongKept = await refusalsOf(wrongBuild, kept);
  trial.check('own', wrongKept.length > 0, 'the histories that are kept find no wrong build');
  const refusals = await refusalsOf(newBuild, [...running, ...kept]);
  const first = refusals[0] ?? '';
  trial.check('own', refusals.length === 0, `replay refuses the new build: ${first}`);
  // What replay refuses is not deployed.
  if (refusals.length > 0) return;

  await oldWorker.stop();
  const deployedAt = Date.now();
  await trial.startWorker({ program: newBuild });
  for (const taskId of asked) await answer(gateway.url, taskId);
  await writeFile(gate, '');
  await Promise.all(inFlight.map(({ follower }) => follower.over));
  await checkAll(trial, gateway.url, inFlight);
  const tookOver = inFlight.filter(
    ({ follower }) => (follower.frames.at(-1)?.at ?? 0) > deployedAt,
  ).length;
  const over = { unit: `of ${size.tasks}`, atLeast: size.tasks };
  trial.figure('tasks of the old build that the new one ended', tookOver, over);
}

function beginAll(
  size: Size,
  url: string,
  { folder, gate }: { readonly folder: string; readonly gate: string },
): readonly InFlight[] {
  const deadline = Date.now() + DEADLINE_MS + size.events * size.everyMs;
  return Array.from({ length: size.tasks }, (_, i): InFlight => {
    const way = WAYS[i % WAYS.length] ?? 'works';
    const ledger = join(folder, String(i));
    const message = messageFor('in-flight', { ...size, way, ledger, gate });
    const follower = new Follower({ urls: () => [url], message, deadline });
    return { way, ledger, follower };
  });
}

async function checkAll(
  trial: Trial<Size>,
  url: string,
  inFlight: readonly InFlight[],
): Promise<void> {
  const { events } = trial.size;
  const progress = ['begun', ...Array.from({ length: events }, (_, i) => `step ${i + 1}`)];
  for (const { way, follower } of inFlight) {
    const ofAll = way === 'asks' ? {} : { expected: { progress } };
    await checkTask(trial, url, { follower, ...ofAll });
    const state = follower.frames.length === 0 ? 'nothing' : lastState(follower.frames);
    const isDone = state === 'TASK_STATE_COMPLETED';
    trial.check('own', isDone, `${follower.taskId ?? ''} (${way}) ended as ${state ?? 'nothing'}`);
  }
}

/** Empty until its skill has begun. */
async function taskIdOf({ ledger }: InFlight): Promise<string> {
  return (await readFile(ledger, 'utf8').catch(() => '')).split('\n')[0] ?? '';
}

async function untilAsked(url: string, id: string): Promise<void> {
  await untilAnswer(
    'the question',
    () => getTask(url, id),
    ({ status }) => status.state === 'TASK_STATE_INPUT_REQUIRED',
  );
}

async function answer(url: string, taskId: string): Promise<void> {
  const message = { ...messageFor('in-flight'), taskId };
  await result(rpc(url, 'SendMessage', { message, ...LEAVING }));
}

async function runningHistories(trial: Trial<Size>, url: string): Promise<readonly Recorded[]> {
  const client = await openPlainClient(trial);
  const executions = await listExecutions(client, url);
  return Promise.all(
    executions.map(async ({ workflowId, runId }) => {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      return { workflowId, history };
    }),
  );
}

export const newBuild = defineRow<Size>({
  row: 19,
  fault:
    'a new build of the workflows while tasks work, ask, sleep and wait for another attempt; and a build on purpose that does another thing than was recorded',
  passes:
    'replay of the running tasks and of the kept histories refuses the wrong build before it is deployed, and the new one takes over with no failed task',
  sizes: {
    ci: { tasks: 20, events: 20, everyMs: 200 },
    full: { tasks: 100, events: 40, everyMs: 500 },
  },
  mutation: {
    breaks: 'the new build no longer publishes what it decides',
    edits: [{ file: 'workflows/task-life.ts', from: 'upsertMemo({', to: 'void ({' }],
    seenAs: ['own'],
  },
  run,
});
