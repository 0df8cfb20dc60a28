// Journals that are more than a task can hold: they move to the part store, and nothing is lost on the way.

import { completed } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { JOURNAL_PACK_BYTES } from '../../../src/workflows/limits';
import { skillThat } from './tested';

const STEPS = 500;

const many = skillThat(async (ctx) => {
  let sum = 0;
  for (let i = 1; i <= STEPS; i += 1) sum += await ctx.step(`step ${i}`, () => i);
  await ctx.progress('counted');
  return completed(String(sum));
});

const SUM = String((STEPS * (STEPS + 1)) / 2);

/** A dozen steps of which each fills a third of what a task holds. */
const wide = skillThat(async (ctx) => {
  const page = ctx.artifact({ artifactId: 'page' });
  const sizes: number[] = [];
  for (let i = 1; i <= 12; i += 1) {
    const got = await Promise.all(
      [1, 2, 3, 4].map((part) =>
        ctx.step(`part ${part}`, () => 'x'.repeat(JOURNAL_PACK_BYTES / 13)),
      ),
    );
    sizes.push(got.join('').length);
    await page.append(`${i} `);
  }
  await page.finalize();
  return completed(sizes.join(' '));
});

test('five hundred steps are recorded, packed, and none runs again', async () => {
  const whole = await testSkill(many, 'go');
  expect(whole.message).toBe(SUM);
  // One record a step, one text, and some in which the journal moved.
  expect(whole.records).toBeGreaterThan(STEPS + 1);
  expect(whole.records).toBeLessThan(STEPS + 10);
  const told = await testSkill(many, 'go', { crashAt: { record: whole.records } });
  expect(told).toMatchObject({ message: SUM, runs: 2 });
  expect(Object.values(told.stepRuns).every((runs) => runs === 1)).toBe(true);
}, 120_000);

test('a worker may die before, in and after the move, at every record of it', async () => {
  const whole = await testSkill(wide, 'go');
  const places = Array.from({ length: whole.records }, (_, i) => i + 1);
  expect(places.length).toBeGreaterThan(12 * 5);
  for (const record of places) {
    const told = await testSkill(wide, 'go', { crashAt: { record } });
    expect({ record, ...told.artifacts, message: told.message }).toEqual({
      record,
      ...whole.artifacts,
      message: whole.message,
    });
    // Four are under way at once.
    const again = Object.values(told.stepRuns).reduce((sum, runs) => sum + runs, 0) - 12 * 4;
    expect(again).toBeLessThanOrEqual(4);
  }
}, 240_000);

test('a worker that dies over and over gets there', async () => {
  const whole = await testSkill(wide, 'go');
  const crashAt = Array.from({ length: 20 }, (_, i) => ({ record: 3 * (i + 1) }));
  const told = await testSkill(wide, 'go', { crashAt });
  expect(told.runs).toBe(21);
  expect([told.message, told.artifacts]).toEqual([whole.message, whole.artifacts]);
}, 120_000);

test('a thousand steps side by side tell of each other once', async () => {
  const told = await testSkill(
    skillThat(async (ctx) => {
      const names = Array.from(
        { length: 1_000 },
        (_, i) => `a step with quite a long name, number ${i}`,
      );
      const got = await Promise.all(names.map((name, i) => ctx.step(name, () => i)));
      await ctx.progress('all there');
      return completed(String(got.length));
    }),
    'go',
    { crashAt: 3 },
  );
  expect(told).toMatchObject({ message: '1000', runs: 2 });
  // Each entry with all that were open would have been 25 MB, and as many moves.
  expect(told.records).toBeLessThan(1_000 + 30);
}, 120_000);
