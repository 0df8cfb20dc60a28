// Skills whose steps fail until a test mends them, and which step was run how often.

import {
  completed,
  failed,
  type Skill,
  type SkillContext,
  type SkillResult,
} from '../../../src/activities/skill';
import { textOf } from '../../harness/task-events';

/** Steps that fail until they are taken out, and all runs of steps with their keys, by origin of the task. */
export const broken = new Set<string>();
const runs: string[] = [];

interface Run {
  readonly name: string;
  readonly origin: string;
}

export const runsOf = (origin: string): readonly string[] =>
  runs.map(runOf).flatMap((run) => (run.origin === origin ? [run.name] : []));

function runOf(key: string): Run {
  const at = key.indexOf(':');
  return { origin: key.slice(0, at), name: decodeURIComponent(key.slice(at + 1)) };
}

const work = (ctx: SkillContext, name: string, result: unknown = name): Promise<unknown> =>
  ctx.step(name, ({ key }) => {
    runs.push(key);
    const { origin } = runOf(key);
    if (broken.has(`${origin} ${name}`) || broken.has(`* ${name}`))
      throw new Error(`${name} broke`);
    return result;
  });

function skill(id: string, run: (ctx: SkillContext) => Promise<SkillResult>): Skill {
  const limits = { maximumAttempts: 1 };
  return { id, name: id, description: id, tags: ['test'], limits, run };
}

/** What a later build of a skill calls its first step. */
export const build = { firstStep: 'first' };

export const skills: readonly Skill[] = [
  skill('changed', async (ctx) => {
    await work(ctx, build.firstStep);
    await work(ctx, 'second');
    return completed();
  }),
  skill('five', async (ctx) => {
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= 5; n += 1) {
      await ctx.progress(`at ${n}`);
      await page.append(`before ${n}\n`);
      await work(ctx, `step ${n}`);
      await page.append(`after ${n}\n`);
    }
    await page.finalize();
    return completed(textOf(ctx.message));
  }),
  skill('pays', async (ctx) => {
    await work(ctx, 'reserve');
    try {
      await work(ctx, 'pay money');
    } catch (err) {
      await work(ctx, 'release');
      throw err;
    }
    return completed('paid');
  }),
  skill('asks', async (ctx) => {
    const name = textOf(await ctx.ask('name?'));
    await work(ctx, 'greet');
    const age = textOf(await ctx.ask('age?'));
    await work(ctx, 'note');
    return completed(`${name} is ${age}`);
  }),
  skill('long', async (ctx) => {
    const bytes = 'x'.repeat(1_900);
    for (let n = 1; n <= 30; n += 1) await work(ctx, `step ${n}`, bytes);
    await work(ctx, 'last');
    return completed('long');
  }),
  skill('heavy', async (ctx) => {
    const result = String(await work(ctx, 'big', 'r'.repeat(100_000)));
    await ctx.saveArtifact({ parts: [{ text: 'a'.repeat(1_000_000) }] });
    await work(ctx, 'last');
    return completed(`${textOf(ctx.message).length} and ${result.length}`);
  }),
  skill('judges', async (ctx) => {
    await work(ctx, 'look');
    return failed('not good enough');
  }),
  skill('asks-often', async (ctx) => {
    const answers: string[] = [];
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= 4; n += 1) {
      answers.push(textOf(await ctx.ask(`question ${n}?`)));
      await page.append(`${n}\n`);
      await work(ctx, `step ${n}`);
    }
    return completed(answers.join(', '));
  }),
];
