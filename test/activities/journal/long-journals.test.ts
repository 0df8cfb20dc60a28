// Journals that are more than a task can hold: they move to the part store, and nothing is lost on the way.

import { setTimeout as delay } from 'node:timers/promises';
import { BegunArtifacts } from '../../../src/activities/begun-artifacts';
import { Journal, type JournalRecord } from '../../../src/activities/journal';
import { Steps } from '../../../src/activities/steps';
import { createMemoryPartStore } from '../../../src/storage/memory-part-store';
import type { JournalItem } from '../../../src/workflows/journal';
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

test('a thousand steps side by side are recorded, and none runs again', async () => {
  const told = await testSkill(
    skillThat(async (ctx) => {
      const names = Array.from({ length: 1_000 }, (_, i) => `step ${i}`);
      const got = await Promise.all(names.map((name, i) => ctx.step(name, () => i)));
      await ctx.progress('all there');
      return completed(String(got.length));
    }),
    'go',
    { crashAt: 3 },
  );
  expect(told).toMatchObject({ message: '1000', runs: 2 });
  expect(Object.values(told.stepRuns).every((runs) => runs === 1)).toBe(true);
}, 120_000);

test('of steps side by side each is told of as under way once: an entry does not grow with their number', async () => {
  const entries: JournalItem[] = [];
  const store = createMemoryPartStore();
  const record = async (said: JournalRecord): Promise<void> => {
    if (said.kind === 'journal') entries.push(...said.entries);
  };
  const steps = new Steps({
    journal: await Journal.open({ items: [], store, record, mark: () => undefined }),
    ...{ store, origin: 'task', clock: Date, artifacts: new BegunArtifacts() },
    signal: new AbortController().signal,
    releaseStep: () => Promise.resolve(),
    retryStep: () => undefined,
    suspend: () => Promise.reject(new Error('nobody sleeps here')),
  });
  const names = Array.from({ length: 60 }, (_, i) => `step ${i}`);
  await Promise.all(names.map((name, i) => steps.step(name, () => delay((i % 10) * 5))));
  const open = entries.flatMap((entry) => ('open' in entry ? (entry.open ?? []) : []));
  expect(entries).toHaveLength(names.length);
  expect(open.length).toBeGreaterThan(0);
  expect(new Set(open).size).toBe(open.length);
});

test('what is recorded while the journal moves stays behind what has moved', async () => {
  const memory = createMemoryPartStore();
  const store = { ...memory, put: (bytes: Uint8Array) => delay(20).then(() => memory.put(bytes)) };
  let items: readonly JournalItem[] = [];
  const held = (): number =>
    items.reduce((sum, item) => sum + (item.kind === 'segment' ? item.entries : 1), 0);
  const moves: (readonly [number, number])[] = [];
  const record = async (said: JournalRecord): Promise<void> => {
    if (said.kind === 'journal') items = [...items, ...said.entries];
    else {
      const before = held();
      items = [said.segment, ...items.slice(said.replaces)];
      moves.push([before, held()]);
    }
  };
  const journal = await Journal.open({ items, store, record, mark: () => undefined });
  const ids = Array.from({ length: 60 }, (_, i) => `step ${i}`);
  const result = { json: 'x'.repeat(2_000) };
  await Promise.all(
    ids.map(async (id, i) => {
      await delay(i * 3);
      await journal.add([{ kind: 'step', id, at: 0, ms: 0, result }]);
    }),
  );
  expect(moves.length).toBeGreaterThan(1);
  for (const [before, after] of moves) expect(after).toBe(before);
  const reopened = await Journal.open({ items, store, record, mark: () => undefined });
  const taken = await Promise.all(ids.map((id) => reopened.take(id)));
  expect(taken.map((call) => call?.id)).toEqual(ids);
});
