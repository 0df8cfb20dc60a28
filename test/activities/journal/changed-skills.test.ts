// A skill that was changed while a task of it was under way: the task says which step does not fit, and runs none.

import { setTimeout as delay } from 'node:timers/promises';
import { completed, type SkillContext } from '../../../src/activities/skill';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import { skillThat } from './tested';

/** @param did is told of each step that runs. */
type Body = (ctx: SkillContext, did: (name: string) => void) => Promise<unknown>;

interface Deployed extends TestedSkill {
  /** Steps that ran after the deployment. */
  readonly ran: readonly string[];
}

/** The worker dies after three steps and a text; the next one has other code. */
async function deployed(before: Body, after: Body): Promise<Deployed> {
  const ran: string[] = [];
  let runs = 0;
  const told = await testSkill(
    skillThat(async (ctx) => {
      runs += 1;
      if (runs === 1) await before(ctx, () => undefined);
      else await after(ctx, (name) => ran.push(name));
      await ctx.progress('there');
      return completed('did it');
    }),
    'go',
    { crashAt: 3 },
  );
  return { ...told, ran };
}

const steps =
  (...names: readonly string[]): Body =>
  async (ctx, did) => {
    for (const name of names) await ctx.step(name, () => did(name));
  };

const before = steps('fetch', 'check', 'store');

/** All at once: each waits for calls that might still come. */
const misfits = (
  [
    [
      'a renamed step',
      before,
      steps('fetch', 'verify', 'store'),
      /step "check" next, and the skill calls "verify" there/,
    ],
    [
      'a removed step',
      before,
      steps('fetch', 'store'),
      /step "check" next, and the skill ends without it/,
    ],
    [
      'removed last steps',
      before,
      steps('fetch'),
      /step "check" next, and the skill ends without it/,
    ],
    [
      'a step put in between',
      before,
      steps('fetch', 'log', 'check', 'store'),
      /step "check" next, and the skill calls "log" there/,
    ],
    [
      'one call less of a name',
      steps('a', 'a', 'b'),
      steps('a', 'b'),
      /step "a#2" next, and the skill ends without it/,
    ],
    [
      'a sleep that became a step',
      async (ctx: SkillContext) => ctx.sleep(1),
      steps('ctx.sleep'),
      /step "ctx.sleep" next, and the skill has a step of that name/,
    ],
    [
      'a step that became a sleep',
      steps('ctx.sleep'),
      async (ctx: SkillContext) => ctx.sleep(1),
      /step "ctx.sleep" next, and the skill sleeps there/,
    ],
    [
      'a sleep instead of a step',
      before,
      async (ctx: SkillContext) => {
        await ctx.step('fetch', () => 1);
        await ctx.sleep(1);
      },
      /step "check" next, and the skill calls "ctx.sleep" there/,
    ],
  ] as const
).map(([name, was, is, why]) => ({ name, why, told: deployed(was, is) }));

test.each(misfits)('$name ends the task', async ({ told, why }) => {
  const { state, message, runs, ran } = await told;
  expect({ state, runs, ran }).toEqual({ state: 'failed', runs: 2, ran: [] });
  expect(message).toMatch(/^the journal of this task does not fit the skill any more: /);
  expect(message).toMatch(why);
  expect(message).toContain('give changed steps new names in a new skill, or keep the old ones');
});

test('steps in another order are the same steps: each has its result, and none runs again', async () => {
  const told = await deployed(before, steps('store', 'check', 'fetch'));
  expect(told).toMatchObject({ state: 'completed', ran: [] });
});

test.each([
  ['another function', async (ctx: SkillContext) => ctx.step('a', () => 'new')],
  ['steps behind the last one', steps('a', 'b', 'c')],
  [
    'other options',
    async (ctx: SkillContext) => ctx.step('a', () => 1, { retry: { maximumAttempts: 3 } }),
  ],
])('%s may be deployed at any time', async (_name, after) => {
  const told = await deployed(steps('a'), after);
  expect(told.state).toBe('completed');
  expect(told.stepRuns['a']).toBe(1);
});

describe('an answer', () => {
  /** Asks in a first run, and is answered in another one that may have other code. */
  async function answered(was: Body, is: Body): Promise<Deployed> {
    const ran: string[] = [];
    let runs = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        runs += 1;
        await (runs === 1 ? was : is)(ctx, (name) => ran.push(name));
        return completed();
      }),
      'go',
      { answers: ['yes'] },
    );
    return { ...told, ran };
  }
  const asks =
    (prompt: string): Body =>
    (ctx) =>
      ctx.ask(prompt);
  const all =
    (...bodies: readonly Body[]): Body =>
    async (ctx, did) => {
      for (const body of bodies) await body(ctx, did);
    };

  test('is not given to a question that comes before what was done when it was asked for', async () => {
    const told = await answered(
      all(steps('fetch'), asks('pay?')),
      all(asks('delete all?'), steps('fetch'), asks('pay?')),
    );
    expect(told).toMatchObject({ state: 'failed', runs: 2, ran: ['fetch'] });
    expect(told.message).toMatch(/step "fetch" next, and the skill asks a question there/);
  });

  test('is given to the question in its place, whatever its words, and also where a branch is late', async () => {
    const late: Body = async (ctx, did) => {
      const branch = delay(50).then(() => ctx.step('fetch', () => did('fetch')));
      await Promise.all([branch, ctx.ask('pay now?')]);
    };
    const told = await answered(all(steps('fetch'), asks('pay?')), late);
    expect(told).toMatchObject({ state: 'completed', runs: 2, ran: ['fetch'] });
  });
});

test('an open step does not run again when the skill has no place for it any more', async () => {
  let runs = 0;
  const told = await testSkill(
    skillThat(async (ctx) => {
      runs += 1;
      await ctx.step(runs === 1 ? 'old' : 'new', () => 1);
      return completed();
    }),
    'go',
    { crashAt: 'old' },
  );
  // It was not journaled, so nothing is known of it.
  expect(told).toMatchObject({ state: 'completed', stepRuns: { old: 1, new: 1 } });
});
