// Steps in memory: what is done once stays done, wherever the worker dies.

import { z } from 'zod';
import {
  SkillError,
  completed,
  type Skill,
  type SkillContext,
} from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';

const skill = (run: Skill['run'], more: Partial<Skill> = {}): Skill => ({
  id: 'tested',
  name: 'tested',
  description: 'a tested skill',
  tags: ['test'],
  run,
  ...more,
});

const STEPS = 20;

/** Says something around each step, and inside it. */
const twenty = skill(async (ctx) => {
  const page = ctx.artifact({ name: 'page' });
  let sum = 0;
  for (let i = 1; i <= STEPS; i += 1) {
    await ctx.progress(`before ${i}`);
    sum += await ctx.step(`step ${i}`, async () => {
      await page.append(`in ${i}\n`);
      return i;
    });
    await page.append(`after ${i}\n`);
  }
  await page.finalize();
  return completed(String(sum));
});

describe('a step', () => {
  test('gives its result', async () => {
    const told = await testSkill(twenty, 'go');
    expect(told.message).toBe('210');
    expect(told.stepRuns).toEqual(
      Object.fromEntries(Array.from({ length: STEPS }, (_, i) => [`step ${i + 1}`, 1])),
    );
  });

  test('never runs again once it is journaled, at whichever event the worker dies', async () => {
    const whole = await testSkill(twenty, 'go');
    const crashes = whole.events.slice(1, -1).map(({ seq }) => seq);
    for (const crashAt of crashes) {
      const told = await testSkill(twenty, 'go', { crashAt });
      expect({ crashAt, ...told.artifacts }).toEqual({ crashAt, ...whole.artifacts });
      expect(told.progress).toEqual(whole.progress);
      expect(told.runs).toBe(2);
      // One of them may have been cut in its middle: what it says there is an event.
      const again = Object.values(told.stepRuns).filter((runs) => runs > 1);
      expect(again.length).toBeLessThanOrEqual(1);
    }
  });

  test('runs again under the same key when it was cut in the middle', async () => {
    const keys: string[] = [];
    const paying = skill(async (ctx) => {
      await ctx.step('pay', ({ key }) => {
        keys.push(key);
        return 'paid';
      });
      return completed();
    });
    const told = await testSkill(paying, 'go', { crashAt: 'pay' });
    expect(told.state).toBe('completed');
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });
});

async function valueOf(run: (ctx: SkillContext) => Promise<unknown>): Promise<string | undefined> {
  const told = await testSkill(
    skill(async (ctx) => completed(JSON.stringify((await run(ctx)) ?? 'undefined'))),
    'go',
  );
  return told.message;
}

test('x', async () => {
  expect(
    await valueOf((ctx) =>
      ctx.step('a', () => new Date(0) as unknown, { schema: z.coerce.date() }),
    ),
  ).toBe('"1970-01-01T00:00:00.000Z"');
  expect(SkillError).toBeDefined();
});
