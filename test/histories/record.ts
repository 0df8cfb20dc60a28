// Records the histories that every later build must be able to replay and to read:
//   node --import tsx test/histories/record.ts [name of a new one …]
// All of them after a change that is meant to be incompatible, and only then: the old files are the gate.

import { Context } from '@temporalio/activity';
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { limitsOf } from '../../src/activities/check-skill';
import { loadSkills } from '../../src/activities/load-skills';
import { continueTask } from '../../src/temporal/continuations';
import { PushConfigs, pushWorkflowIdOf } from '../../src/temporal/push-configs';
import { Replies, replyWorkflowIdOf } from '../../src/temporal/replies';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import type { ReplyStart, TaskActivities } from '../../src/workflows/contract';
import { FORMAT } from '../../src/workflows/emission';
import type { TaskEvent } from '../../src/workflows/task';
import type { Caller } from '../harness/task-caller';
import { Receiver } from '../harness/receiver';
import { isState } from '../harness/task-events';
import { TASK_QUEUE, TaskStage, quieten } from '../harness/task-worker';
import { save } from './save';
import { SCENARIOS, type Scenario } from './scenarios';

const SCOPE = { tenant: 'test', principal: 'recorder' };

async function main(): Promise<void> {
  quieten();
  const wanted = process.argv.slice(2);
  const scenarios = Object.entries(SCENARIOS).filter(
    ([name]) => wanted.length === 0 || wanted.includes(name),
  );
  for (const file of wanted.length === 0 ? await readdir(__dirname) : []) {
    if (file.endsWith('.json')) await rm(join(__dirname, file));
  }
  for (const isEager of [false, true]) {
    await record(
      scenarios.filter(([, { seams = false }]) => seams === isEager),
      isEager,
    );
  }
}

async function record(
  scenarios: readonly (readonly [string, Scenario])[],
  isEager: boolean,
): Promise<void> {
  const skills = await loadSkills([join(__dirname, '../harness/skills')]);
  const stage = new TaskStage({ skills, isEager });
  await stage.open();
  await stage.startWorker(TASK_QUEUE, losingWorkers(stage.activities), stage.pushActivities());
  const limits = new Map(skills.map((skill) => [skill.id, skill.limits]));
  for (const [name, scenario] of scenarios) {
    const bounds = { ...limits.get(scenario.skillId), ...scenario.limits };
    const limited = { ...scenario, limits: bounds };
    if (scenario.isNotified) {
      await saveNotified(stage, name, limited);
      continue;
    }
    const workflowId = scenario.replies
      ? await reply(stage, startOf(name, limited))
      : workflowIdOf(await perform(stage.caller, startOf(name, limited), limited));
    await save(stage.client, workflowId, name);
  }
  await stage.close();
}

/** The task id says it: the first worker falls silent. */
function losingWorkers(activities: TaskActivities): TaskActivities {
  return {
    async runSkill(input) {
      const context = Context.current();
      const how = SCENARIOS[input.taskId.replace(/-[^-]+$/, '')]?.losesWorker;
      if (how === 'lacking' && context.info.taskQueue === TASK_QUEUE) {
        return { kind: 'threw', attempt: 1, reason: 'not here', lacksSkill: true };
      }
      if (how !== undefined && how !== 'lacking' && context.info.attempt === 1) {
        if (how === 'idle') return context.cancelled;
        Object.assign(context, { heartbeat: () => undefined });
      }
      return activities.runSkill(input);
    },
  };
}

function startOf(name: string, { skillId, options, limits }: Scenario): ReplyStart {
  const data = options === undefined ? [] : [{ data: options }];
  return {
    v: FORMAT,
    taskId: `${name}-${randomUUID().slice(0, 8)}`,
    contextId: `context-of-${name}`,
    scope: SCOPE,
    skillId,
    limits: limitsOf(limits),
    message: { messageId: 'start', role: 'ROLE_USER', parts: [{ text: name }, ...data] },
  };
}

async function reply({ client }: TaskStage, start: ReplyStart): Promise<string> {
  const replies = new Replies({ client, taskQueue: TASK_QUEUE });
  const ref = await replies.start(start);
  await replies.message(ref, AbortSignal.timeout(20_000)).catch(() => undefined);
  return replyWorkflowIdOf(ref);
}

/** Both the task's history, which wakes the webhook, and the webhook's own. */
async function saveNotified(stage: TaskStage, name: string, scenario: Scenario): Promise<void> {
  const { client, caller } = stage;
  const receiver = await Receiver.start();
  receiver.answer = () => (receiver.received.length === 0 ? 500 : 200);
  const delivery = {
    publicUrl: 'http://gateway.example',
    taskQueue: `${TASK_QUEUE}-push`,
    scheduleMs: [0, 200],
  };
  const configs = new PushConfigs({ client, taskQueue: TASK_QUEUE, delivery });
  const start = startOf(name, scenario);
  const questions = (): number =>
    receiver.taken.filter(({ raw }) => raw.includes('TASK_STATE_INPUT_REQUIRED')).length;
  const ref = await perform(caller, start, {
    ...scenario,
    async drive({ until, say, ...rest }) {
      await configs.create(start, { ...CONFIG, url: receiver.url }, 0);
      let asked = 0;
      await scenario.drive?.({
        ...rest,
        until,
        async say(text) {
          asked += 1;
          await receiver.until('the question', () => questions() >= asked);
          await say(text);
        },
      });
    },
  });
  await save(client, workflowIdOf(ref), name);
  const places = Array.from({ length: 10 }, (_, index) => pushWorkflowIdOf(ref, index));
  const isThere = (id: string): Promise<boolean> =>
    client.workflow.getHandle(id).describe().then(
      () => true,
      () => false,
    );
  for (const id of places) if (await isThere(id)) await save(client, id, 'notified');
  await receiver.close();
}

const CONFIG = { id: 'one', generation: '1.0', createdAt: '2026-01-01T00:00:00.000Z', shown: {} } as const;

async function perform(caller: Caller, given: ReplyStart, scenario: Scenario): Promise<TaskRef> {
  const { tasks, begin, eventsUntil, ended } = caller;
  const { inherited } = scenario;
  const origin = { taskId: 'old', createdAt: Date.UTC(2026, 0, 1) };
  const retry = inherited && { origin, inherited };
  const start = { ...given, publicUrl: 'http://gateway.example', ...(retry && { retry }) };
  const ref = await begin(scenario.skillId, start);
  let messages = 0;
  await scenario.drive?.({
    async until(state, times = 1) {
      await eventsUntil(ref, nth(times, isState(state)));
    },
    async say(text) {
      messages += 1;
      const messageId = `follow-up-${messages}`;
      const message = { messageId, role: 'ROLE_USER', parts: [{ text }] } as const;
      await tasks.message(ref, { v: FORMAT, message }, randomUUID());
    },
    async goOn(question) {
      await continueTask(tasks, { ...ref, question });
    },
    cancel: (metadata) => tasks.cancel(ref, metadata),
  });
  await ended(ref);
  return ref;
}

/** True of the event that is the `times`th of those. */
function nth(
  times: number,
  isIt: (event: TaskEvent) => boolean,
): (event: TaskEvent) => boolean {
  let seen = 0;
  return (event) => {
    if (isIt(event)) seen += 1;
    return seen === times;
  };
}

main().catch((err: unknown) => {
  process.stderr.write(`${String(err)}\n`);
  process.exitCode = 1;
});
