// Steps side by side: who comes first, comes first in every run; what an end leaves behind does no more.

import { setTimeout as delay } from 'node:timers/promises';
import { completed, type SkillContext } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { givenTwice, skillThat } from './tested';

const takes = (ctx: SkillContext, name: string, ms: number): Promise<string> =>
  ctx.step(name, async () => {
    await delay(ms);
    return name;
  });

/** The winner, and time for the others to come to their end. */
const winner = async (race: readonly Promise<unknown>[]): Promise<unknown> => {
  const won = await Promise.race(race);
  await Promise.allSettled(race);
  return won;
};

describe('steps side by side', () => {
  test('each run once, and all of them are there', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `part ${i}`);
    const ran: string[] = [];
    const got = await givenTwice((ctx) =>
      Promise.all(names.map((name) => ctx.step(name, () => (ran.push(name), name)))),
    );
    expect(got).toEqual([names, names]);
    expect(ran).toEqual(names);
  });

  test('run again only where they were cut', async () => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        const got = await Promise.all(['a', 'b', 'c'].map((name, i) => takes(ctx, name, i * 15)));
        return completed(got.join(''));
      }),
      'go',
      { crashAt: ['c', 'c'] },
    );
    expect(told.message).toBe('abc');
    expect(told.stepRuns).toEqual({ a: 1, b: 1, c: 3 });
  });

  test('may take turns differently in a later run', async () => {
    let runs = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        runs += 1;
        const branch = async (name: string, waitMs: number): Promise<string> => {
          await delay(waitMs);
          const first = await ctx.step(`${name} 1`, () => `${name}1`);
          await delay(waitMs);
          return first + (await ctx.step(`${name} 2`, () => `${name}2`));
        };
        const isFirst = runs === 1;
        const both = await Promise.all([
          branch('a', isFirst ? 1 : 40),
          branch('b', isFirst ? 40 : 1),
        ]);
        return completed(both.join(' '));
      }),
      'go',
      { crashAt: 'b 2' },
    );
    expect(told.message).toBe('a1a2 b1b2');
    expect(told.stepRuns).toEqual({ 'a 1': 1, 'a 2': 1, 'b 1': 1, 'b 2': 2 });
  });
});

describe('a race', () => {
  test.each<[string, (ctx: SkillContext) => readonly Promise<unknown>[], string]>([
    ['between steps', (ctx) => [takes(ctx, 'slow', 60), takes(ctx, 'quick', 5)], 'quick'],
    [
      'that the one with a big result wins',
      (ctx) => [takes(ctx, 'slow', 60), ctx.step('quick', () => 'x'.repeat(9_000))],
      'x'.repeat(9_000),
    ],
    [
      'with a sleep as a time-out, in time',
      (ctx) => [ctx.sleep(150).then(() => 'time-out'), takes(ctx, 'step', 5)],
      'step',
    ],
    [
      'with a sleep as a time-out, too late',
      (ctx) => [takes(ctx, 'step', 80), ctx.sleep(20).then(() => 'time-out')],
      'time-out',
    ],
    [
      'between sleeps',
      (ctx) => [ctx.sleep(60).then(() => 'long'), ctx.sleep(10).then(() => 'short')],
      'short',
    ],
    [
      'between a failure and a success',
      (ctx) => [
        takes(ctx, 'slow', 40),
        ctx.step('fails', () => Promise.reject(new Error('x'))).catch(() => 'failure'),
      ],
      'failure',
    ],
    [
      'between a success and a failure',
      (ctx) => [
        ctx
          .step('fails', async () => {
            await delay(40);
            throw new Error('x');
          })
          .catch(() => 'failure'),
        takes(ctx, 'quick', 5),
      ],
      'quick',
    ],
    [
      'between more promises on one way than on the other',
      (ctx) => [
        takes(ctx, 'first', 5)
          .then((name) => name)
          .then((name) => name)
          .then(async (name) => Promise.resolve(name)),
        takes(ctx, 'second', 40),
      ],
      'first',
    ],
  ])('%s has the same winner in a later run', async (_name, race, won) => {
    expect(await givenTwice((ctx) => winner(race(ctx)))).toEqual([won, won]);
  });

  test('decides the same way when the loser came in later, and the worker died after that', async () => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        const slow = takes(ctx, 'slow', 60);
        const won = await Promise.race([slow, ctx.sleep(10).then(() => 'time-out')]);
        await slow;
        const after = await ctx.step(`after the ${won}`, () => won);
        await ctx.progress('there');
        return completed(after);
      }),
      'go',
      { crashAt: 3 },
    );
    expect(told.message).toBe('time-out');
    expect(told.stepRuns).toEqual({ slow: 1, 'after the time-out': 1 });
  });

  test('with a time-out of days does not hold a worker when all else is done', async () => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        const won = await Promise.race([
          ctx.sleep(86_400_000).then(() => 'time-out'),
          takes(ctx, 'step', 5),
        ]);
        return completed(won);
      }),
      'go',
    );
    expect(told).toMatchObject({ message: 'step', runs: 1 });
  });
});

describe('what a question leaves behind', () => {
  test('does no more, says no more and records no more', async () => {
    const did: string[] = [];
    const told = await testSkill(
      skillThat(async (ctx) => {
        const other = (async () => {
          await takes(ctx, 'long', 50);
          did.push('after the step');
          await ctx.progress('beside');
          await ctx.step('next', () => did.push('next'));
        })();
        await ctx.ask('sure?');
        await other;
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('input-required');
    await delay(100);
    expect(did).toEqual([]);
    expect(told.progress).toEqual([]);
  });

  test('is taken up again with the answer, under the same key', async () => {
    const keys: string[] = [];
    const told = await testSkill(
      skillThat(async (ctx) => {
        const long = ctx.step('long', async ({ key }) => {
          keys.push(key);
          await delay(20);
          return 'done';
        });
        await ctx.ask('sure?');
        return completed(await long);
      }),
      'go',
      { answers: ['yes'] },
    );
    expect(told.message).toBe('done');
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test('is told by its signal', async () => {
    let reason: unknown;
    const told = await testSkill(
      skillThat(async (ctx) => {
        void ctx
          .step('long', ({ signal }) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
            });
            return new Promise(() => undefined);
          })
          .catch(() => undefined);
        await ctx.ask('sure?');
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('input-required');
    expect(String(reason)).toContain('the task waits');
  });
});
