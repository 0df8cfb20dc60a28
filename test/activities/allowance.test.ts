// How much one attempt may add to its task, and how it goes over to references.

import { Allowance } from '../../src/activities/allowance';
import { SkillError } from '../../src/activities/skill';
import type { Spoken } from '../../src/activities/spoken';
import { SIGNAL_BYTES, TASK_BYTES } from '../../src/workflows/limits';
import { chunk, progress } from './emitter/wire';

const text = (bytes: number): string => 'x'.repeat(bytes);

/** Says the same until it is refused, or `times` times; resolves with the bytes that were recorded. */
function sayUntilRefused(allowance: Allowance, spoken: Spoken, times: number): number {
  let bytes = 0;
  for (let said = 0; said < times; said += 1) {
    try {
      allowance.admit('a');
    } catch {
      break;
    }
    bytes += allowance.take(spoken).bytes;
  }
  return bytes;
}

test('artifacts have as much room as the task has left', () => {
  const recorded = sayUntilRefused(new Allowance(0), chunk(text(50_000)), 1e5);
  expect(recorded).toBeGreaterThan(TASK_BYTES.artifacts - 1_000);
  expect(recorded).toBeLessThan(TASK_BYTES.artifacts + 1_000);
});

test('half of the room is for references', () => {
  const allowance = new Allowance(0);
  let inline = 0;
  for (let said = 0; said < 100; said += 1)
    inline += allowance.take(chunk(text(20_000))).inlineBytes;
  expect(inline).toBeLessThanOrEqual(TASK_BYTES.artifacts / 2);
  expect(inline).toBeGreaterThan(TASK_BYTES.artifacts / 2 - 21_000);
});

test('what several emissions of one batch keep inline comes to no more than that', () => {
  const allowance = new Allowance(TASK_BYTES.artifacts - 100_000);
  const inline = Array.from(
    { length: 10 },
    () => allowance.take(chunk(text(20_000))).inlineBytes,
  ).reduce((sum, bytes) => sum + bytes, 0);
  expect(inline).toBeLessThanOrEqual(50_000);
});

test('what was stored before counts as a reference, and takes nothing of the inline half', () => {
  const allowance = new Allowance(0);
  const ref = { digest: 'd'.repeat(64), bytes: 5_000_000, content: 'raw' } as const;
  for (let said = 0; said < 3_000; said += 1) {
    allowance.admit('a');
    const plan = allowance.take({ ...chunk(''), parts: [{ ref }] });
    expect(plan).toMatchObject({ inlineBytes: 0, bytes: expect.any(Number) });
    expect(plan.stored.size).toBe(0);
  }
  expect(allowance.isInlineSpent).toBe(false);
  expect(sayUntilRefused(allowance, { ...chunk(''), parts: [{ ref }] }, 1e5)).toBeGreaterThan(0);
  expect(() => allowance.admit('a')).toThrow(SkillError);
});

test('a refusal is final and says what to do', () => {
  const allowance = new Allowance(TASK_BYTES.artifacts);
  expect(() => allowance.admit('a')).toThrow(SkillError);
  expect(() => allowance.admit('a')).toThrow(/fewer and larger pieces/);
});

test('an artifact that is saved again and again takes its room once', () => {
  const allowance = new Allowance(0);
  const whole = chunk(text(10_000), { append: false, last: true });
  expect(sayUntilRefused(allowance, whole, 10_000)).toBeGreaterThan(TASK_BYTES.artifacts);
  expect(() => allowance.admit('a')).not.toThrow();
});

test('the heading of an artifact counts', () => {
  const allowance = new Allowance(0);
  const metadata = { text: text(30_000) };
  for (let n = 0; n < 40; n += 1) {
    allowance.take(chunk('x', { artifactId: String(n), append: false, metadata }));
  }
  expect(() => allowance.admit('a')).toThrow(SkillError);
});

test('artifact number 2,001 is refused, and those before it may go on', () => {
  const allowance = new Allowance(0);
  for (let n = 0; n < 2_000; n += 1) allowance.admit(String(n));
  expect(() => allowance.admit('2000')).toThrow(/number 2001/);
  expect(() => allowance.admit('1999')).not.toThrow();
});

test('progress takes no room, because the oldest messages go', () => {
  const allowance = new Allowance(0);
  for (let n = 0; n < 100; n += 1) allowance.take(progress(text(60_000)));
  expect(() => allowance.admit('a')).not.toThrow();
});

test('an emission never weighs more than a signal', () => {
  const metadata = { text: text(30_000) };
  const parts = Array.from({ length: 500 }, () => ({ text: text(1_000) }));
  const { bytes } = new Allowance(0).take({ ...chunk('', { metadata }), parts });
  expect(bytes + 30_000).toBeLessThanOrEqual(SIGNAL_BYTES);
});

test('a stream slows down in steps as the room goes, and one of an hour has room', () => {
  const allowance = new Allowance(0);
  const paces = new Set<number>();
  let ms = 0;
  for (let said = 0; said < 1e5 && ms < 3_600_000; said += 1) {
    allowance.admit('a');
    allowance.take(chunk(text(2_000)));
    paces.add(allowance.paceMs);
    ms += allowance.paceMs;
  }
  expect([...paces]).toEqual([0, 500, 2_000, 30_000]);
});
