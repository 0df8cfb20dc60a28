// A task's life against a real server: how it ends, what it takes in, and what it survives.

import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitsOf } from '../../src/activities/load-skills';
import { createTaskActivities } from '../../src/activities/run-skill';
import {
  SkillError,
  canceled,
  completed,
  failed,
  rejected,
  type Skill,
  type SkillContext,
  type SkillLimits,
  type SkillResult,
} from '../../src/activities/skill';
import { createDirectoryPartStore } from '../../src/storage/part-store';
import { openClient } from '../../src/temporal/connection';
import { findTemporalCli } from '../../src/temporal/embedded/cli';
import { TaskError, TaskErrorReason } from '../../src/temporal/task-error';
import { Tasks, workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { startTaskWorker, type TaskWorker } from '../../src/worker/worker';
import {
  messageUpdate,
  taskQuery,
  type TaskActivities,
  type TaskStart,
  type TurnOutcome,
} from '../../src/workflows/contract';
import { FORMAT, type Batch } from '../../src/workflows/emission';
import { isTerminal, type Message, type Task, type TaskEvent } from '../../src/workflows/task';
import { startTestTemporal, type TestTemporal } from '../harness/temporal';

const SCOPE = { tenant: 'test', principal: 'me' };
const QUEUE = 'tasks';

/** Longer than anything here takes; a task that is not there by then hangs. */
const PATIENCE_MS = 20_000;

// --- Skills ----------------------------------------------------------------------------------

/** What a test lets a running skill do, by task. */
const gates = new Map<string, () => void>();

/** Runs of a skill, by task. */
const runs = new Map<string, number>();

function gateOf(taskId: string): Promise<void> {
  return new Promise((resolve) => gates.set(taskId, resolve));
}

function openGate({ taskId }: TaskRef): void {
  const open = gates.get(taskId);
  if (open === undefined) throw new Error('the skill is not at its gate');
  open();
}

const textOf = (message: Pick<Message, 'parts'>): string =>
  message.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');

function skill(
  id: string,
  run: (ctx: SkillContext) => Promise<SkillResult>,
  limits: SkillLimits = {},
): Skill {
  return {
    id,
    name: id,
    description: id,
    tags: ['test'],
    limits,
    run(ctx) {
      runs.set(ctx.taskId, (runs.get(ctx.taskId) ?? 0) + 1);
      return run(ctx);
    },
  };
}

const never = (): Promise<never> => new Promise(() => undefined);

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve());
  });

const skills: readonly Skill[] = [
  skill('echo', async (ctx) => completed(textOf(ctx.message))),
  skill('says', async (ctx) => {
    for (let n = 1; n <= 3; n += 1) await ctx.progress(`progress ${n}`);
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= 3; n += 1) await page.append(`line ${n}\n`);
    await page.finalize();
    return completed('said', [{ name: 'last', parts: [{ data: { n: 1 } }] }]);
  }),
  skill('fails', async () => failed('this is why')),
  skill('rejects', async () => rejected('not for me')),
  skill(
    'throws',
    async (ctx) => {
      await ctx.progress(`attempt ${ctx.attempt}`);
      throw new TypeError('boom');
    },
    { maximumAttempts: 2 },
  ),
  skill('throws-once', async (ctx) => {
    const page = ctx.artifact({ name: 'page' });
    await page.append('the same, ');
    if (ctx.attempt === 1) throw new Error('boom');
    await page.finalize('and the rest');
    return completed();
  }),
  skill('hopeless', async () => {
    throw new SkillError('no use', { retryable: false });
  }),
  skill('hangs', never, { timeoutMs: 500, cancelGraceMs: 200 }),
  skill('deaf', (ctx) => ctx.progress('running').then(never), { cancelGraceMs: 300 }),
  skill('obeys', async (ctx) => {
    await ctx.progress('running');
    await untilAborted(ctx.signal);
    return canceled('cleaned up');
  }),
  skill('quits', async () => canceled('by itself')),
  skill('returns-nothing', async () => undefined as unknown as SkillResult),
  skill('asks', async (ctx) => {
    await ctx.progress('before the question');
    const name = textOf(await ctx.ask('What is your name?'));
    await ctx.progress(`hello ${name}`);
    const age = await ctx.ask('How old are you?', {
      parse(value) {
        if (!/^\d+$/.test(String(value))) throw new Error('not a number');
        return Number(value);
      },
    });
    return completed(`${name} is ${age}`);
  }),
  skill('auth', async (ctx) => {
    await ctx.requireAuth('Please sign in');
    return completed('signed in');
  }),
  skill('impatient', async (ctx) => completed(textOf(await ctx.ask('Quick!'))), {
    answerTimeoutMs: 200,
  }),
  skill('gated', async (ctx) => {
    await ctx.progress('at the gate');
    await gateOf(ctx.taskId);
    return completed('through');
  }),
  skill('gated-then-asks', async (ctx) => {
    if (ctx.history.length === 1) {
      await ctx.progress('at the gate');
      await gateOf(ctx.taskId);
    }
    return completed(textOf(await ctx.ask('And now?')));
  }),
  skill('interview', async (ctx) => {
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= 4; n += 1) {
      await ctx.progress(`question ${n}`);
      await page.append(`${n}: `);
      const answer = textOf(await ctx.ask(`Question ${n}?`));
      await page.append(`${answer}\n`);
    }
    await page.finalize();
    return completed('thank you');
  }),
  skill('last-words', async (ctx) => {
    await ctx.progress('cannot be recorded');
    return completed('done');
  }),
  skill('full', async (ctx) => {
    const page = ctx.artifact({ name: 'page' });
    for (let n = 0; n < 30; n += 1) await page.append('x'.repeat(60_000));
    await page.finalize();
    await ctx.progress('at the gate');
    await gateOf(ctx.taskId);
    return completed({ parts: [1, 2, 3, 4].map(() => ({ text: 'x'.repeat(60_000) })) });
  }),
  skill(
    'escapes',
    async (ctx) => {
      const page = ctx.artifact({ name: 'page' });
      // A terminal's control characters: six bytes each in JSON.
      for (let n = 0; n < 30; n += 1) await page.append('\u001b'.repeat(32_000));
      await page.finalize();
      return completed();
    },
    { maximumAttempts: 1 },
  ),
];

// --- Driving ---------------------------------------------------------------------------------

interface Stage {
  readonly temporal: TestTemporal;
  readonly client: Client;
  readonly tasks: Tasks;
  /** On a queue of its own no worker polls until one is started. */
  tasksOn(taskQueue: string): Tasks;
  startWorker(taskQueue: string, activities?: TaskActivities): Promise<TaskWorker>;
  close(): Promise<void>;
}

async function openStage(): Promise<Stage> {
  const temporal = await startTestTemporal();
  const client = openClient({
    connection: { address: temporal.address },
    client: { namespace: 'default' },
  });
  const opened: Tasks[] = [];
  const workers = new Set<TaskWorker>();
  const tasksOn = (taskQueue: string): Tasks => {
    const tasks = new Tasks({ client, taskQueue });
    opened.push(tasks);
    return tasks;
  };
  const tasks = tasksOn(QUEUE);
  const shipped = createTaskActivities({
    skills: new Map(skills.map((one) => [one.id, one])),
    store: createDirectoryPartStore(join(temporal.dataDir, 'parts')),
    signal: (task, batch) => {
      const isRefused = textsOf(batch).includes('cannot be recorded');
      return isRefused ? Promise.reject(invalidArgument()) : tasks.signal(task, batch);
    },
    log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
  });
  return {
    temporal,
    client,
    tasks,
    tasksOn,
    async startWorker(taskQueue, activities = shipped) {
      const worker = await startTaskWorker({
        connection: { address: temporal.address },
        namespace: 'default',
        taskQueue,
        activities,
        onFailure: (err) => {
          throw err;
        },
      });
      workers.add(worker);
      return {
        async close() {
          workers.delete(worker);
          await worker.close();
        },
      };
    },
    async close() {
      for (const one of opened) one.feeds.close();
      await Promise.all([...workers].map((worker) => worker.close()));
      await client.connection.close();
      await temporal.close();
    },
  };
}

const textsOf = (batch: Batch): readonly string[] => batch.emissions.map(textOf);

function invalidArgument(): Error {
  return Object.assign(new Error('too big'), { code: 3, details: '', metadata: {} });
}

let stage: Stage;
let tasks: Tasks;

// A first run may have to fetch the server.
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  stage = await openStage();
  ({ tasks } = stage);
  await stage.startWorker(QUEUE);
}, 300_000);

afterAll(() => stage.close());

const userMessage = (text: string, more: Partial<Message> = {}): Message => ({
  messageId: randomUUID(),
  role: 'ROLE_USER',
  parts: [{ text }],
  ...more,
});

function startOf(skillId: string, more: Partial<TaskStart> = {}): TaskStart {
  const taskId = randomUUID();
  const found = skills.find(({ id }) => id === skillId);
  return {
    v: FORMAT,
    taskId,
    contextId: `context-of-${taskId}`,
    scope: SCOPE,
    skillId,
    limits: limitsOf(found?.limits),
    message: userMessage(`do ${skillId}`),
    ...more,
  };
}

async function begin(skillId: string, on = tasks): Promise<TaskRef> {
  const start = startOf(skillId);
  await on.start(start);
  return { scope: start.scope, taskId: start.taskId };
}

async function say(ref: TaskRef, text: string, on = tasks): Promise<string> {
  const message = userMessage(text);
  await on.message(ref, { v: FORMAT, message }, randomUUID());
  return message.messageId;
}

/** Every event after `cursor` until the first that satisfies, which is the last one. */
async function eventsUntil(
  ref: TaskRef,
  isLast: (event: TaskEvent) => boolean,
  { cursor = 1, on = tasks } = {},
): Promise<readonly TaskEvent[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const following = await on.follow(ref, { cursor, signal });
  const events: TaskEvent[] = [];
  try {
    for await (const event of following.events) {
      events.push(event);
      if (isLast(event)) return events;
    }
  } finally {
    following.close();
  }
  throw new Error(
    `${signal.aborted ? 'no such event came' : 'the task ended without such an event'}; the task is ${JSON.stringify(following.now().status)}`,
  );
}

const isState =
  (...states: readonly Task['status']['state'][]) =>
  (event: TaskEvent): boolean =>
    event.kind === 'status' && states.includes(event.status.state);

const isOver = (event: TaskEvent): boolean =>
  event.kind === 'status' && isTerminal(event.status.state);

const isProgress =
  (text: string) =>
  (event: TaskEvent): boolean =>
    event.kind === 'status' && textOf(event.status.message ?? { parts: [] }) === text;

async function ended(ref: TaskRef, on = tasks): Promise<Task> {
  await eventsUntil(ref, isOver, { on });
  return on.read(ref);
}

const statusText = (task: Task): string => textOf(task.status.message ?? { parts: [] });

function progressOf(events: readonly TaskEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'status' && event.status.state === 'working' && event.status.message
      ? [textOf(event.status.message)]
      : [],
  );
}

/** Brings a task of a skill to its end; what it takes differs by skill. */
async function toTheEnd(skillId: string): Promise<TaskRef> {
  const ref = await begin(skillId);
  const drive = DRIVES[skillId];
  await drive?.(ref);
  await eventsUntil(ref, isOver);
  return ref;
}

const cancelWhenRunning = async (ref: TaskRef): Promise<void> => {
  await eventsUntil(ref, isProgress('running'));
  await tasks.cancel(ref);
};

const DRIVES: Readonly<Record<string, (ref: TaskRef) => Promise<void>>> = {
  deaf: cancelWhenRunning,
  obeys: cancelWhenRunning,
  async asks(ref) {
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'Ada');
    await say(ref, '36');
  },
  async auth(ref) {
    await eventsUntil(ref, isState('auth-required'));
    await say(ref, 'done');
  },
};

// --- The life of a task ----------------------------------------------------------------------

describe('a task', () => {
  test('is submitted until a worker takes it', async () => {
    const nobody = stage.tasksOn('nobody');
    const ref = await begin('echo', nobody);
    expect((await nobody.read(ref)).status.state).toBe('submitted');
  });

  test('works, then completes with the message of the skill', async () => {
    const ref = await begin('echo');
    const events = await eventsUntil(ref, isOver);
    const states = events.map((e) => (e.kind === 'status' ? e.status.state : e.kind));
    expect(states).toEqual(['working', 'completed']);
    expect(statusText(await tasks.read(ref))).toBe('do echo');
  });

  test('tells progress and artifacts while it works', async () => {
    const task = await ended(await begin('says'));
    expect(task.artifacts).toEqual([
      { artifactId: 'artifact-1', name: 'page', parts: [{ text: 'line 1\nline 2\nline 3\n' }] },
      { artifactId: 'result-1', name: 'last', parts: [{ data: { n: 1 } }] },
    ]);
  });

  test.each([
    ['fails', 'failed', 'this is why'],
    ['rejects', 'rejected', 'not for me'],
    ['returns-nothing', 'failed', 'the skill returned no result'],
    ['quits', 'failed', 'nobody canceled it'],
    ['no-such-skill', 'failed', 'no worker has the skill "no-such-skill"'],
    ['hangs', 'failed', 'ran longer than its limit of 0.5 s'],
    ['hopeless', 'failed', 'no use'],
    ['impatient', 'failed', 'no answer came in time'],
  ])('of the skill %s is %s with the reason as its message', async (skillId, state, reason) => {
    const start = startOf(skillId, { limits: { ...startOf(skillId).limits, maximumAttempts: 1 } });
    await tasks.start(start);
    const task = await ended(start);
    expect(task.status.state).toBe(state);
    expect(statusText(task)).toContain(reason);
  });

  test('of an error that cannot be retried runs once', async () => {
    const ref = await begin('hopeless');
    await ended(ref);
    expect(runs.get(ref.taskId)).toBe(1);
  });

  test('of a skill that throws runs as often as it may', async () => {
    const ref = await begin('throws');
    await ended(ref);
    expect(runs.get(ref.taskId)).toBe(2);
  });

  test('of a skill that throws fails with the text of its error and no stack', async () => {
    expect(statusText(await ended(await begin('throws')))).toBe('boom');
  });

  test('of a skill that throws once tells each thing once', async () => {
    const events = await eventsUntil(await begin('throws-once'), isOver);
    const artifacts = events.flatMap((e) =>
      e.kind === 'artifact' ? [[e.append, textOf(e.artifact)]] : [],
    );
    expect(artifacts).toEqual([
      [false, 'the same, '],
      [true, 'and the rest'],
    ]);
  });

  test('fails at once when its last words cannot be recorded', async () => {
    const ref = await begin('last-words');
    const task = await ended(ref);
    expect(task.status.state).toBe('failed');
    expect(statusText(task)).toBe('what the skill said could not be recorded');
    expect(runs.get(ref.taskId)).toBe(1);
  });

  test('ends however many bytes its text takes in JSON', async () => {
    const task = await ended(await begin('escapes'));
    expect(task.status.state).toBe('completed');
  });

  const endings: readonly (readonly [string, string])[] = [
    ['echo', 'completed'],
    ['says', 'completed'],
    ['fails', 'failed'],
    ['rejects', 'rejected'],
    ['throws', 'failed'],
    ['throws-once', 'completed'],
    ['hangs', 'failed'],
    ['obeys', 'canceled'],
    ['deaf', 'canceled'],
    ['asks', 'completed'],
    ['auth', 'completed'],
  ];

  test.each(endings)(
    'of the skill %s is the same %s task in result, history and query',
    async (skillId, state) => {
      const ref = await toTheEnd(skillId);
      const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
      const result = (await handle.result()) as Task;
      expect(result.status.state).toBe(state);
      expect(await tasks.read(ref)).toEqual(result);
      expect(await handle.query(taskQuery)).toEqual(result);
    },
  );
});

// --- Cancel ----------------------------------------------------------------------------------

describe('cancel (A2A §3.1.5)', () => {
  test('reaches a running skill, which may clean up and say so', async () => {
    const task = await tasks.read(await toTheEnd('obeys'));
    expect(task.status.state).toBe('canceled');
    expect(statusText(task)).toBe('cleaned up');
  });

  test('ends a task whose skill does not listen', async () => {
    expect((await tasks.read(await toTheEnd('deaf'))).status.state).toBe('canceled');
  });

  test('ends a task whose worker does not listen', async () => {
    const here = stage.tasksOn('silent');
    // Without a heartbeat no cancel reaches it; it ends with its worker.
    await stage.startWorker('silent', { runSkill: () => Context.current().cancelled });
    const start = startOf('deaf');
    await here.start(start);
    await eventsUntil(start, isState('working'), { on: here });
    await here.cancel(start);
    expect((await ended(start, here)).status.state).toBe('canceled');
  });

  test('ends a task that waits for its caller', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
  });

  test('ends a task that no worker has seen', async () => {
    const later = stage.tasksOn('cancel-first');
    const ref = await begin('echo', later);
    await later.cancel(ref);
    await stage.startWorker('cancel-first');
    expect((await ended(ref, later)).status.state).toBe('canceled');
    expect(runs.has(ref.taskId)).toBe(false);
  });

  test('ends a task that waits to run its skill again', async () => {
    const start = startOf('throws', { limits: { ...limitsOf({}), maximumAttempts: 100 } });
    await tasks.start(start);
    await eventsUntil(start, isProgress('attempt 2'));
    await tasks.cancel(start);
    expect((await ended(start)).status.state).toBe('canceled');
  });

  test('of a task that is over leaves it as it is', async () => {
    const ref = await toTheEnd('echo');
    const before = await tasks.read(ref);
    await tasks.cancel(ref);
    expect(await tasks.read(ref)).toEqual(before);
  });

  test('of an unknown task is refused', async () => {
    const ref = { scope: SCOPE, taskId: 'unknown' };
    await expect(tasks.cancel(ref)).rejects.toMatchObject({ reason: TaskErrorReason.notFound });
  });
});

// --- Messages --------------------------------------------------------------------------------

describe('a question', () => {
  test('waits, and its answer goes on where it was asked', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'Ada');
    await eventsUntil(ref, isProgress('How old are you?'));
    await say(ref, '36');
    expect(statusText(await ended(ref))).toBe('Ada is 36');
  });

  test('is not told again what was said before it', async () => {
    const ref = await toTheEnd('asks');
    const events = await eventsUntil(ref, isOver);
    expect(progressOf(events)).toEqual(['before the question', 'hello Ada']);
  });

  test('is asked again with the reason when the answer does not fit', async () => {
    const ref = await begin('asks');
    await say(ref, 'Ada');
    await say(ref, 'old');
    const isAgain = (event: TaskEvent): boolean =>
      isState('input-required')(event) &&
      event.kind === 'status' &&
      textOf(event.status.message ?? { parts: [] }).includes('not a number');
    await eventsUntil(ref, isAgain);
    await say(ref, '36');
    expect(statusText(await ended(ref))).toBe('Ada is 36');
  });

  test('is answered by a message that came while the skill ran', async () => {
    const ref = await begin('gated-then-asks');
    await eventsUntil(ref, isProgress('at the gate'));
    await say(ref, 'early');
    openGate(ref);
    expect(statusText(await ended(ref))).toBe('early');
  });

  test('stands before its answer in the history', async () => {
    const { history } = await tasks.read(await toTheEnd('asks'));
    expect(history.map(textOf).filter((text) => !text.includes('hello'))).toEqual([
      'do asks',
      'before the question',
      'What is your name?',
      'Ada',
      '36',
      'How old are you?',
    ]);
  });

  test('for credentials waits in auth-required', async () => {
    expect(statusText(await tasks.read(await toTheEnd('auth')))).toBe('signed in');
  });
});

describe('a follow-up message', () => {
  test('that nobody reads is named at the end', async () => {
    const ref = await begin('gated');
    await eventsUntil(ref, isProgress('at the gate'));
    const unread = [await say(ref, 'one'), await say(ref, 'two')];
    openGate(ref);
    expect((await ended(ref)).unreadMessageIds).toEqual(unread);
  });

  test('counts once when its update is repeated', async () => {
    const ref = await begin('gated');
    await eventsUntil(ref, isProgress('at the gate'));
    const message = userMessage('once');
    for (let n = 0; n < 2; n += 1) await tasks.message(ref, { v: FORMAT, message }, 'the-update');
    openGate(ref);
    const { history } = await ended(ref);
    expect(history.filter(({ messageId }) => messageId === message.messageId)).toHaveLength(1);
  });

  test('to a task that is over is refused', async () => {
    const ref = await toTheEnd('echo');
    await expect(say(ref, 'late')).rejects.toMatchObject({ reason: TaskErrorReason.over });
  });

  test('to an unknown task is refused', async () => {
    const ref = { scope: SCOPE, taskId: 'unknown' };
    await expect(say(ref, 'lost')).rejects.toMatchObject({ reason: TaskErrorReason.notFound });
  });

  test("to another principal's task is refused as unknown", async () => {
    const { taskId } = await begin('asks');
    const ref = { scope: { ...SCOPE, principal: 'other' }, taskId };
    await expect(say(ref, 'mine?')).rejects.toMatchObject({ reason: TaskErrorReason.notFound });
  });

  test('from another context is refused', async () => {
    const ref = await begin('asks');
    const message = userMessage('hello', { contextId: 'another' });
    await expect(tasks.message(ref, { v: FORMAT, message }, 'u')).rejects.toMatchObject({
      reason: TaskErrorReason.contextMismatch,
    });
  });

  test('that was refused leaves no trace', async () => {
    const ref = await begin('asks');
    const message = userMessage('hello', { contextId: 'another' });
    await tasks.message(ref, { v: FORMAT, message }, 'u').catch(() => undefined);
    expect((await tasks.read(ref)).history).not.toContainEqual(message);
  });

  test('that repeats an update with another content is refused', async () => {
    const ref = await begin('asks');
    const send = (digest: string): Promise<unknown> =>
      tasks.message(ref, { v: FORMAT, message: userMessage(digest), digest }, 'u');
    await send('one');
    await expect(send('two')).rejects.toMatchObject({ reason: TaskErrorReason.keyReused });
  });

  /** Sends messages of `text` until one is refused. */
  async function fill(ref: TaskRef, text: string): Promise<unknown> {
    const parts = [1, 2, 3, 4].map(() => ({ text }));
    for (let n = 0; n < 20; n += 1) {
      const message = userMessage('', { parts });
      const refusal = await tasks.message(ref, { v: FORMAT, message }, `u${n}`).then(
        () => undefined,
        (err: unknown) => err,
      );
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  test('is refused before the task holds more than a result may', async () => {
    const ref = await begin('asks');
    await eventsUntil(ref, isState('input-required'));
    // Three bytes a letter in UTF-8: characters are not what is counted.
    const refusal = await fill(ref, '好'.repeat(20_000));
    expect(refusal).toMatchObject({ reason: TaskErrorReason.full });
    await tasks.cancel(ref);
    expect((await ended(ref)).status.state).toBe('canceled');
  });

  test('fits beside all that the skill says, so that the task can end', async () => {
    const ref = await begin('full');
    await eventsUntil(ref, isProgress('at the gate'));
    expect(await fill(ref, 'x'.repeat(60_000))).toMatchObject({ reason: TaskErrorReason.full });
    openGate(ref);
    expect((await ended(ref)).status.state).toBe('completed');
  });

  test('and progress that meet in one workflow task have one order for all', async () => {
    const here = stage.tasksOn('meeting');
    let finish = (): void => undefined;
    const finished = new Promise<TurnOutcome>((resolve) => {
      finish = () => resolve({ kind: 'ended', state: 'completed', attempt: 1 });
    });
    // Hands the skill to the next worker when this one goes.
    const runSkill = (): Promise<TurnOutcome> =>
      Promise.race([finished, Context.current().cancelled]);
    const first = await stage.startWorker('meeting', { runSkill });
    const ref = await begin('echo', here);
    await eventsUntil(ref, isState('working'), { on: here });
    await first.close();
    const handle = stage.client.workflow.getHandle(workflowIdOf(ref));
    const updated = handle.executeUpdate(messageUpdate, {
      args: [{ v: FORMAT, message: userMessage('between') }],
    });
    for (const n of [0, 1]) {
      const emissions = [{ kind: 'progress', at: Date.now(), parts: [{ text: `p${n}` }] }] as const;
      await here.signal({ ...ref, runId: '' }, { v: FORMAT, turn: 1, attempt: 1, n, emissions });
    }
    await stage.startWorker('meeting', { runSkill });
    await updated;
    finish();
    const task = await ended(ref, here);
    expect(await handle.result()).toEqual(task);
  });
});

// --- Continue as new -------------------------------------------------------------------------

describe('a task that goes on in a new run (D8)', () => {
  let folder: string;
  let seams: Stage;

  // Temporal suggests it after thousands of events; this server does after a few.
  beforeAll(async () => {
    const { TEMPORAL_CLI_PATH: cliPath, PATH: searchPath = '' } = process.env;
    const cli = await findTemporalCli({
      ...(cliPath === undefined ? {} : { cliPath }),
      searchPath,
      cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
      report: () => undefined,
    });
    folder = await mkdtemp(join(tmpdir(), 'longhaul-cli-'));
    const eager = join(folder, 'temporal');
    const suggestion = '--dynamic-config-value limit.historyCount.suggestContinueAsNew=12';
    await writeFile(
      eager,
      `#!/bin/sh\n[ "$1" = server ] && set -- "$@" ${suggestion}\nexec '${cli.path}' "$@"\n`,
    );
    await chmod(eager, 0o755);
    process.env['TEMPORAL_CLI_PATH'] = eager;
    try {
      seams = await openStage();
    } finally {
      if (cliPath === undefined) delete process.env['TEMPORAL_CLI_PATH'];
      else process.env['TEMPORAL_CLI_PATH'] = cliPath;
    }
    await seams.startWorker(QUEUE);
  }, 120_000);

  afterAll(async () => {
    await seams.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A run that follows a very short one begins a second late: who comes then tries again. */
  async function sayUntilTaken(ref: TaskRef, text: string): Promise<string> {
    const message = userMessage(text);
    for (;;) {
      try {
        await seams.tasks.message(ref, { v: FORMAT, message }, `of ${message.messageId}`);
        return message.messageId;
      } catch (err) {
        const isLate = err instanceof TaskError && err.reason === TaskErrorReason.unavailable;
        if (!isLate) throw err;
      }
    }
  }

  /** An interview, answered question by question; resolves with all its events, heard live. */
  async function interview(ref: TaskRef, from = 1): Promise<readonly TaskEvent[]> {
    const live = eventsUntil(ref, isOver, { on: seams.tasks });
    for (let n = from; n <= 4; n += 1) {
      await eventsUntil(ref, isProgress(`Question ${n}?`), { on: seams.tasks });
      await sayUntilTaken(ref, `answer ${n}`);
    }
    return live;
  }

  async function runsOf(ref: TaskRef): Promise<number> {
    const query = `WorkflowId = '${workflowIdOf(ref)}'`;
    for (;;) {
      const found = [];
      for await (const run of seams.client.workflow.list({ query })) found.push(run);
      // Visibility lags behind; a run that has ended is the last.
      if (found.some(({ status }) => status.name === 'COMPLETED')) return found.length;
    }
  }

  test('has several runs', async () => {
    const ref = await begin('interview', seams.tasks);
    await interview(ref);
    expect(await runsOf(ref)).toBeGreaterThan(1);
  });

  test('loses and repeats no event for who follows it', async () => {
    const ref = await begin('interview', seams.tasks);
    const events = await interview(ref);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 2));
    expect(progressOf(events)).toEqual([1, 2, 3, 4].map((n) => `question ${n}`));
  });

  test('keeps its artifact over all runs', async () => {
    const ref = await begin('interview', seams.tasks);
    await interview(ref);
    const task = await seams.tasks.read(ref);
    expect(task.artifacts.map(textOf)).toEqual([
      '1: answer 1\n2: answer 2\n3: answer 3\n4: answer 4\n',
    ]);
  });

  test('keeps every question and answer once and in order', async () => {
    const ref = await begin('interview', seams.tasks);
    await interview(ref);
    const texts = (await seams.tasks.read(ref)).history.map(textOf);
    expect(texts.filter((text) => /answer|Question/.test(text))).toEqual(
      [1, 2, 3, 4].flatMap((n) => [`Question ${n}?`, `answer ${n}`]),
    );
  });

  test('is the same task in result, history and query', async () => {
    const ref = await begin('interview', seams.tasks);
    await interview(ref);
    const handle = seams.client.workflow.getHandle(workflowIdOf(ref));
    const result = (await handle.result()) as Task;
    expect(await seams.tasks.read(ref)).toEqual(result);
    expect(await handle.query(taskQuery)).toEqual(result);
  });

  test('is followed from any event of an earlier run', async () => {
    const ref = await begin('interview', seams.tasks);
    const events = await interview(ref);
    for (const cursor of events.keys()) {
      const later = await eventsUntil(ref, isOver, { cursor: cursor + 1, on: seams.tasks });
      expect(later).toEqual(events.slice(cursor));
    }
  });

  test('is resumed in a later run by a process that never saw it', async () => {
    const ref = await begin('interview', seams.tasks);
    await eventsUntil(ref, isProgress('Question 1?'), { on: seams.tasks });
    await sayUntilTaken(ref, 'answer 1');
    await eventsUntil(ref, isProgress('Question 2?'), { on: seams.tasks });
    const newcomer = eventsUntil(ref, isOver, { cursor: 3, on: seams.tasksOn(QUEUE) });
    const events = await interview(ref, 2);
    expect(await newcomer).toEqual(events.filter(({ seq }) => seq > 3));
  });

  test('takes in each message once that comes while runs change', async () => {
    const ref = await begin('interview', seams.tasks);
    const taken: string[] = [];
    let refusal: unknown;
    while (refusal === undefined) {
      await sayUntilTaken(ref, 'answer').then(
        (id) => taken.push(id),
        (err: unknown) => (refusal = err),
      );
    }
    expect(refusal).toMatchObject({ reason: TaskErrorReason.over });
    const { history } = await ended(ref, seams.tasks);
    const [, ...followUps] = history.filter(({ role }) => role === 'ROLE_USER');
    expect(followUps.map(({ messageId }) => messageId)).toEqual(taken);
  });

  test('knows a message that its earlier run took in', async () => {
    const ref = await begin('interview', seams.tasks);
    await eventsUntil(ref, isProgress('Question 1?'), { on: seams.tasks });
    const message = userMessage('answer 1');
    await seams.tasks.message(ref, { v: FORMAT, message }, 'the-update');
    await eventsUntil(ref, isProgress('Question 2?'), { on: seams.tasks });
    await seams.tasks.message(ref, { v: FORMAT, message }, 'the-update');
    await interview(ref, 2);
    const { history } = await seams.tasks.read(ref);
    expect(history.filter(({ messageId }) => messageId === message.messageId)).toHaveLength(1);
  });

  test('is still started once', async () => {
    const start = startOf('interview', { digest: 'one' });
    await seams.tasks.start(start);
    await interview(start);
    await seams.tasks.start(start);
    await expect(seams.tasks.start({ ...start, digest: 'two' })).rejects.toMatchObject({
      reason: TaskErrorReason.keyReused,
    });
  });

  test('is canceled when the cancel meets the change of runs', async () => {
    const here = seams.tasksOn('cancel-at-the-seam');
    let ask = (): void => undefined;
    const asked = new Promise<TurnOutcome>((resolve) => {
      const message = { parts: [{ text: 'And now?' }] };
      ask = () => resolve({ kind: 'asks', state: 'input-required', attempt: 1, message });
    });
    // A skill asks before the news of the cancel reaches it.
    await seams.startWorker('cancel-at-the-seam', { runSkill: () => asked });
    const ref = await begin('echo', here);
    await eventsUntil(ref, isState('working'), { on: here });
    for (let n = 0; n < 12; n += 1) {
      const batch = { v: FORMAT, turn: 1, attempt: 1, n, emissions: [] } as const;
      await here.signal({ ...ref, runId: '' }, batch);
    }
    await here.cancel(ref);
    ask();
    expect((await ended(ref, here)).status.state).toBe('canceled');
  });
});

// --- Start -----------------------------------------------------------------------------------

describe('a start that is repeated (D6)', () => {
  test('with the same message is the same task', async () => {
    const start = startOf('gated', { digest: 'one' });
    await tasks.start(start);
    await eventsUntil(start, isProgress('at the gate'));
    await tasks.start(start);
    openGate(start);
    await ended(start);
    expect(runs.get(start.taskId)).toBe(1);
  });

  test('with the same message after its end does not run it again', async () => {
    const start = startOf('echo', { digest: 'one' });
    await tasks.start(start);
    await ended(start);
    await tasks.start(start);
    expect(runs.get(start.taskId)).toBe(1);
  });

  test('with another message is refused', async () => {
    const start = startOf('echo', { digest: 'one' });
    await tasks.start(start);
    await expect(tasks.start({ ...start, digest: 'two' })).rejects.toMatchObject({
      reason: TaskErrorReason.keyReused,
    });
  });
});
