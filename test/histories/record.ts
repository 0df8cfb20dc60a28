// Records the histories that every later build must be able to replay and to read:
//   node --import tsx test/histories/record.ts
// Run it after a change that is meant to be incompatible, and only then: the old files are the gate.

import { Context } from '@temporalio/activity';
import { temporal as proto } from '@temporalio/proto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { limitsOf, loadSkills } from '../../src/activities/load-skills';
import { createTaskActivities } from '../../src/activities/run-skill';
import { createDirectoryPartStore } from '../../src/storage/part-store';
import { openClient } from '../../src/temporal/connection';
import { findTemporalCli } from '../../src/temporal/embedded/cli';
import { Tasks, workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { startTaskWorker } from '../../src/worker/worker';
import type { TaskActivities, TurnLimits } from '../../src/workflows/contract';
import { FORMAT } from '../../src/workflows/emission';
import { isTerminal, type Json, type TaskEvent } from '../../src/workflows/task';
import { startTestTemporal } from '../harness/temporal';

const SCOPE = { tenant: 'test', principal: 'recorder' };
const TASK_QUEUE = 'tasks';
const FOREVER = new AbortController().signal;

interface Scenario {
  readonly skillId: string;
  readonly options?: Readonly<Record<string, Json>>;
  readonly limits?: Partial<TurnLimits>;
  /** What a caller does until the task ends by itself. */
  drive?(task: Driven): Promise<void>;
  /** Loses the first worker of the task: its heartbeats stop. */
  readonly losesWorker?: boolean;
  /** On a server that suggests to continue as new after a few events. */
  readonly seams?: boolean;
}

interface Driven {
  until(state: string, times?: number): Promise<void>;
  say(text: string): Promise<void>;
  cancel(): Promise<void>;
}

async function answers({ until, say }: Driven): Promise<void> {
  await until('input-required');
  await say('Ada');
  await until('input-required', 2);
  await say('old');
  await until('input-required', 3);
  await say('36');
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  completed: { skillId: 'stream', options: { chunks: 5, everyMs: 120 } },
  failed: { skillId: 'fails' },
  rejected: { skillId: 'rejects' },
  'no-such-skill': { skillId: 'nobody-has-it', limits: { maximumAttempts: 1 } },
  'time-limit': { skillId: 'hangs', limits: { timeoutMs: 300, cancelGraceMs: 100 } },
  canceled: {
    skillId: 'steps',
    async drive({ until, cancel }) {
      await until('working', 2);
      await cancel();
    },
  },
  'canceled-abandoned': {
    skillId: 'deaf',
    limits: { cancelGraceMs: 200 },
    async drive({ until, cancel }) {
      await until('working');
      await cancel();
    },
  },
  'canceled-waiting': {
    skillId: 'asks',
    async drive({ until, cancel }) {
      await until('input-required');
      await cancel();
    },
  },
  'threw-and-retried': { skillId: 'throws' },
  'worker-lost': {
    skillId: 'five',
    limits: { heartbeatTimeoutMs: 1_000 },
    losesWorker: true,
  },
  'asked-and-answered': { skillId: 'asks', drive: answers },
  'asked-and-never-answered': { skillId: 'asks', limits: { answerTimeoutMs: 200 } },
  'message-while-working': {
    skillId: 'steps',
    options: { events: 5, everyMs: 120 },
    async drive({ until, say }) {
      await until('working', 2);
      await say('nobody reads this');
    },
  },
  auth: {
    skillId: 'needs-auth',
    async drive({ until, say }) {
      await until('auth-required');
      await say('signed in');
    },
  },
  continued: { skillId: 'asks', drive: answers, seams: true },
};

async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  for (const file of await readdir(__dirname)) {
    if (file.endsWith('.json')) await rm(join(__dirname, file));
  }
  const scenarios = Object.entries(SCENARIOS);
  await record(scenarios.filter(([, { seams }]) => seams !== true));
  await onEagerServer(() => record(scenarios.filter(([, { seams }]) => seams === true)));
}

/** Temporal suggests to continue as new after thousands of events; this server after a few. */
async function onEagerServer(work: () => Promise<void>): Promise<void> {
  const { TEMPORAL_CLI_PATH: cliPath, PATH: searchPath = '' } = process.env;
  const { path } = await findTemporalCli({
    ...(cliPath === undefined ? {} : { cliPath }),
    searchPath,
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
    report: () => undefined,
  });
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-cli-'));
  const eager = join(folder, 'temporal');
  const suggestion = '--dynamic-config-value limit.historyCount.suggestContinueAsNew=12';
  const script = `#!/bin/sh\n[ "$1" = server ] && set -- "$@" ${suggestion}\nexec '${path}' "$@"\n`;
  await writeFile(eager, script);
  await chmod(eager, 0o755);
  process.env['TEMPORAL_CLI_PATH'] = eager;
  try {
    await work();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function record(scenarios: readonly (readonly [string, Scenario])[]): Promise<void> {
  const temporal = await startTestTemporal();
  const { address } = temporal;
  const client = openClient({ connection: { address }, client: { namespace: 'default' } });
  const tasks = new Tasks({ client, taskQueue: TASK_QUEUE });
  const skills = await loadSkills([join(__dirname, '../harness/skills')]);
  const activities = createTaskActivities({
    skills: new Map(skills.map((skill) => [skill.id, skill])),
    store: createDirectoryPartStore(join(temporal.dataDir, 'parts')),
    signal: (task, batch) => tasks.signal(task, batch),
    log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
  });
  const worker = await startTaskWorker({
    connection: { address },
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    activities: losingWorkers(activities),
    onFailure: (err) => {
      throw err;
    },
  });
  const limits = new Map(skills.map((skill) => [skill.id, skill.limits]));
  for (const [name, scenario] of scenarios) {
    const ref = await perform(tasks, name, {
      ...scenario,
      limits: { ...limits.get(scenario.skillId), ...scenario.limits },
    });
    await save(client, ref, name);
  }
  tasks.feeds.close();
  await worker.close();
  await client.connection.close();
  await temporal.close();
}

/** The task id says it: the first worker falls silent. */
function losingWorkers(activities: TaskActivities): TaskActivities {
  return {
    async runSkill(input) {
      const { cancelled, info } = Context.current();
      const isLost = SCENARIOS[input.taskId.replace(/-[^-]+$/, '')]?.losesWorker === true;
      return isLost && info.attempt === 1 ? cancelled : activities.runSkill(input);
    },
  };
}

async function perform(tasks: Tasks, name: string, scenario: Scenario): Promise<TaskRef> {
  const taskId = `${name}-${randomUUID().slice(0, 8)}`;
  const ref = { scope: SCOPE, taskId };
  const data = scenario.options === undefined ? [] : [{ data: scenario.options }];
  await tasks.start({
    v: FORMAT,
    ...ref,
    contextId: `context-of-${name}`,
    skillId: scenario.skillId,
    limits: limitsOf(scenario.limits),
    message: { messageId: 'start', role: 'ROLE_USER', parts: [{ text: name }, ...data] },
  });
  let messages = 0;
  await scenario.drive?.({
    until: (state, times = 1) =>
      untilEvent(tasks, ref, times, (e) => e.kind === 'status' && e.status.state === state),
    async say(text) {
      messages += 1;
      const messageId = `follow-up-${messages}`;
      const message = { messageId, role: 'ROLE_USER', parts: [{ text }] } as const;
      await tasks.message(ref, { v: FORMAT, message }, randomUUID());
    },
    cancel: () => tasks.cancel(ref),
  });
  await untilEvent(tasks, ref, 1, (e) => e.kind === 'status' && isTerminal(e.status.state));
  return ref;
}

async function untilEvent(
  tasks: Tasks,
  ref: TaskRef,
  times: number,
  isIt: (event: TaskEvent) => boolean,
): Promise<void> {
  const following = await tasks.follow(ref, { cursor: 1, signal: FOREVER });
  try {
    let seen = 0;
    for await (const event of following.events) {
      if (isIt(event)) seen += 1;
      if (seen === times) return;
    }
  } finally {
    following.close();
  }
  throw new Error(`${ref.taskId} ended otherwise: ${JSON.stringify(following.now().status)}`);
}

/** One file a run: `name.json`, or `name-1.json`, `name-2.json` … of a task with several. */
async function save(client: Client, ref: TaskRef, name: string): Promise<void> {
  const workflowId = workflowIdOf(ref);
  // The task has told its end before the run is closed.
  await client.workflow.getHandle(workflowId).result();
  const histories: string[] = [];
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  let runId: string | undefined = firstRunOf(raw);
  while (runId !== undefined) {
    const history: proto.api.history.v1.IHistory = await client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory();
    histories.push(toText(history));
    const next = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    runId = next?.newExecutionRunId ?? undefined;
  }
  for (const [index, history] of histories.entries()) {
    const file = histories.length === 1 ? `${name}.json` : `${name}-${index + 1}.json`;
    await writeFile(join(__dirname, file), history);
    process.stdout.write(`${file}: ${history.length} characters\n`);
  }
}

function firstRunOf(description: {
  readonly workflowExecutionInfo?: { readonly firstRunId?: string | null } | null;
}): string {
  return description.workflowExecutionInfo?.firstRunId ?? '';
}

/** Without who recorded it and on which machine. */
function toText(recorded: proto.api.history.v1.IHistory): string {
  const { History } = proto.api.history.v1;
  const plain = History.toObject(History.fromObject(recorded), {
    longs: String,
    enums: String,
    bytes: String,
  });
  const hide = (key: string, value: unknown): unknown => (key === 'identity' ? 'recorder' : value);
  return `${JSON.stringify(plain, hide, 1)}\n`;
}

main().catch((err: unknown) => {
  process.stderr.write(`${String(err)}\n`);
  process.exitCode = 1;
});
