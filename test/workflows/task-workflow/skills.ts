// The skills of the workflow tests, and what a test lets a running one do.

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
} from '../../../src/activities/skill';
import type { TaskRef } from '../../../src/temporal/tasks';
import { textOf } from '../../harness/task-events';

/** Opens the gate at which a skill waits, by task. */
const gates = new Map<string, () => void>();

/** Runs of a skill, by task. */
const runs = new Map<string, number>();

/** How often the skill of a task was run, in this process. */
export function runsOf({ taskId }: TaskRef): number {
  return runs.get(taskId) ?? 0;
}

function gateOf(taskId: string): Promise<void> {
  return new Promise((resolve) => gates.set(taskId, resolve));
}

/** Lets the skill of a task through; it must have come to its gate. */
export function openGate({ taskId }: TaskRef): void {
  const open = gates.get(taskId);
  if (open === undefined) throw new Error('the skill is not at its gate');
  open();
}

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

export const skills: readonly Skill[] = [
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
