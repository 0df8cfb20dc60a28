// What a step is called, and how calls of one name are told apart.

import { completed, type SkillContext } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { StepIds } from '../../../src/activities/step-ids';
import { endOf, givenTwice, skillThat } from './tested';

describe('a name', () => {
  test.each([
    ['is empty', '', />=1 characters/],
    ['is too long', 'x'.repeat(257), /<=256 characters/],
    ['has half a surrogate pair', 'a\ud800', /well-formed/],
    ['is no text', 7 as unknown as string, /expected string/],
  ])('is refused when it %s', async (_name, name, why) => {
    const told = await endOf((ctx) => ctx.step(name, () => 1));
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(why);
    expect(told.message).toContain('ctx.step(');
    expect(told.stepRuns).toEqual({});
    expect(told.runs).toBe(1);
  });

  test.each(['x'.repeat(256), ' ', '🚀', 'a/b\n\u0000', '__proto__', 'constructor', 'ctx.now'])(
    'may be anything else: %j',
    async (name) => {
      expect(await givenTwice((ctx) => ctx.step(name, () => name))).toEqual([name, name]);
    },
  );
});

describe('one name twice', () => {
  const inLoop = async (ctx: SkillContext): Promise<readonly number[]> => {
    const got: number[] = [];
    for (let i = 0; i < 4; i += 1) got.push(await ctx.step('fetch', () => i));
    return got;
  };

  test('is as many steps, told apart by their order', async () => {
    expect(await givenTwice(inLoop)).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ]);
  });

  test('goes on where it was cut, in the middle of a loop', async () => {
    const ran: number[] = [];
    const loop = skillThat(async (ctx) => {
      const got: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        await ctx.progress(`round ${i}`);
        const fetched = await ctx.step('fetch', () => {
          ran.push(i);
          return i;
        });
        got.push(fetched);
      }
      return completed(got.join(' '));
    });
    // The progress text of the third round is event 5.
    const told = await testSkill(loop, 'go', { crashAt: 5 });
    expect(told.message).toBe('0 1 2 3');
    // What followed the text had begun when the worker died.
    expect(ran).toEqual([0, 1, 2, 2, 3]);
  });

  test('side by side is told apart by the order of the calls, not of their ends', async () => {
    const later = (ms: number): Promise<number> =>
      new Promise((resolve) => setTimeout(() => resolve(ms), ms));
    const got = await givenTwice((ctx) =>
      Promise.all([30, 20, 10].map((ms) => ctx.step('wait', () => later(ms)))),
    );
    expect(got).toEqual([
      [30, 20, 10],
      [30, 20, 10],
    ]);
  });

  test('may meet a step that is called like a second one', async () => {
    const got = await givenTwice(async (ctx) => [
      await ctx.step('a', () => 'first'),
      await ctx.step('a#2', () => 'called so'),
      await ctx.step('a', () => 'second'),
      await ctx.step('a#2', () => 'called so again'),
    ]);
    expect(got[0]).toEqual(['first', 'called so', 'second', 'called so again']);
    expect(got[1]).toEqual(got[0]);
  });

  test('is told apart as fast when there are many of them', () => {
    const ids = new StepIds('task');
    const made = Array.from({ length: 100_000 }, () => ids.next('fetch'));
    expect(new Set(made).size).toBe(100_000);
    expect([made[0], made[1], made.at(-1)]).toEqual(['fetch', 'fetch#2', 'fetch#100000']);
  });

  test('is one for sleeps, times and ids too', async () => {
    const got = await givenTwice(async (ctx) => {
      const ids = [await ctx.uuid(), await ctx.uuid()];
      await ctx.sleep(1);
      const times = [await ctx.now(), await ctx.now()];
      await ctx.sleep(1);
      return { ids, times };
    });
    const [first, second] = got as readonly { ids: string[]; times: Date[] }[];
    expect(second).toEqual(first);
    expect(new Set(first!.ids).size).toBe(2);
    expect(first!.times.every((time) => time instanceof Date)).toBe(true);
  });
});
