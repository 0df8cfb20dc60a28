// Sleeps: short ones in place, long ones without a worker; and times and ids that stay.

import { setTimeout as delay } from 'node:timers/promises';
import { completed } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { endOf, givenTwice, skillThat } from './tested';

const DAY_MS = 86_400_000;

describe('a sleep', () => {
  test('of some milliseconds passes where it is', async () => {
    const from = performance.now();
    const told = await endOf((ctx) => ctx.sleep(50));
    expect(performance.now() - from).toBeGreaterThan(48);
    expect(told).toMatchObject({ state: 'completed', runs: 1 });
  });

  test('of days ends the run, and the next one is there when it is over', async () => {
    const from = performance.now();
    const told = await endOf(async (ctx) => {
      const before = await ctx.now();
      await ctx.sleep(3 * DAY_MS);
      const after = await ctx.now();
      return after.getTime() - before.getTime();
    });
    expect(told.runs).toBe(2);
    expect(Number(told.message)).toBeGreaterThanOrEqual(3 * DAY_MS);
    expect(Number(told.message)).toBeLessThan(3 * DAY_MS + 60_000);
    expect(performance.now() - from).toBeLessThan(20_000);
  });

  test('may end at a time, which is not counted anew after a crash', async () => {
    const until = Date.now() + DAY_MS;
    const told = await testSkill(
      skillThat(async (ctx) => {
        await ctx.progress('good night');
        await ctx.sleep(new Date(until));
        await ctx.progress('good morning');
        return completed(String((await ctx.now()).getTime() - until));
      }),
      'go',
      { crashAt: [3, 4] },
    );
    expect(told.progress).toEqual(['good night', 'good morning']);
    expect(Number(told.message)).toBeGreaterThanOrEqual(0);
    expect(Number(told.message)).toBeLessThan(60_000);
  });

  test.each([0, -1, new Date(0)])('that is over before it begins is none: %s', async (until) => {
    const told = await endOf((ctx) => ctx.sleep(until));
    expect(told).toMatchObject({ state: 'completed', runs: 1 });
  });

  test.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    new Date('tomorrow'),
    11 * 365 * DAY_MS,
    new Date('9999-12-31'),
  ])('that makes no sense is refused: %s', async (until) => {
    const told = await endOf((ctx) => ctx.sleep(until));
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(
      /^ctx.sleep takes milliseconds or a Date, and ten years at most, not /,
    );
    expect(told.runs).toBe(1);
  });

  test('is no retry: `ctx.attempt` stays', async () => {
    const attempts: number[] = [];
    const told = await endOf(async (ctx) => {
      attempts.push(ctx.attempt);
      await ctx.sleep(DAY_MS);
      await ctx.sleep(DAY_MS);
    });
    expect(told.state).toBe('completed');
    expect(attempts).toEqual([1, 1, 1]);
  });

  test('and a retry after it counts one', async () => {
    const attempts: number[] = [];
    const told = await endOf(async (ctx) => {
      attempts.push(ctx.attempt);
      await ctx.sleep(DAY_MS);
      if (attempts.length < 3) throw new Error('once');
    });
    expect(told.state).toBe('completed');
    expect(attempts).toEqual([1, 1, 2]);
  });

  test('lets the errors before it be forgotten', async () => {
    let runs = 0;
    const told = await endOf(
      async (ctx) => {
        runs += 1;
        if (runs === 1) throw new Error('before');
        await ctx.sleep(DAY_MS);
        if (runs === 3) throw new Error('after');
      },
      { limits: { maximumAttempts: 2 } },
    );
    expect(told.state).toBe('completed');
  });
});

describe('sleeps side by side', () => {
  test('wake one after the other, the earliest first', async () => {
    const woke: string[] = [];
    const told = await endOf(async (ctx) => {
      await Promise.all(
        [3, 1, 2].map(async (days) => {
          await ctx.sleep(days * DAY_MS);
          await ctx.step(`day ${days}`, () => woke.push(`day ${days}`));
        }),
      );
    });
    expect(told.state).toBe('completed');
    expect(woke).toEqual(['day 1', 'day 2', 'day 3']);
    expect(told.runs).toBe(4);
  });

  test('do not end the run while another branch is in a step', async () => {
    const told = await endOf(async (ctx) => {
      const [, step] = await Promise.all([
        ctx.sleep(DAY_MS),
        ctx.step('long', () => delay(300, 'done')),
      ]);
      return step;
    });
    expect(told).toMatchObject({ message: 'done', runs: 2, stepRuns: { long: 1 } });
  });

  test('do not end the run while another branch speaks', async () => {
    const told = await endOf(async (ctx) => {
      const talks = async (): Promise<void> => {
        for (let i = 0; i < 30; i += 1) {
          await ctx.progress(`text ${i}`);
          await delay(5);
        }
      };
      await Promise.all([ctx.sleep(DAY_MS), talks()]);
    });
    expect(told.progress).toHaveLength(30);
    expect(told.runs).toBe(2);
  });
});

describe('times and ids', () => {
  test('are the same in every run', async () => {
    const got = await givenTwice(async (ctx) => {
      const at = await ctx.now();
      await delay(5);
      return [at.getTime(), await ctx.uuid()];
    });
    expect(got[1]).toEqual(got[0]);
  });

  test('are a Date of that moment and a UUID', async () => {
    const from = Date.now();
    const [at, id] = (await givenTwice(async (ctx) => [await ctx.now(), await ctx.uuid()]))[0] as [
      Date,
      string,
    ];
    expect(at.getTime()).toBeGreaterThanOrEqual(from);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now());
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
