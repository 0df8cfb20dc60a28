// Where a retry begins: the rule of docs/recovery.md, row by row.

import { cutOf, type RetryReason } from '../../src/api/retry-cut';
import type { JournalEntry } from '../../src/workflows/journal';

const done = (id: string): JournalEntry => ({ kind: 'step', id, at: 0, ms: 0 });
const failed = (id: string, message: string): JournalEntry => ({
  ...{ kind: 'failed', id, at: 0, ms: 0 },
  error: { name: 'Error', message },
});
const mark: JournalEntry = { kind: 'mark', said: {} };

interface Row extends Partial<RetryReason> {
  readonly name: string;
  readonly entries: readonly JournalEntry[];
  readonly cut: number;
}

const ROWS: readonly Row[] = [
  { name: 'nothing was done', entries: [], cut: 0 },
  {
    name: 'a step that is not recorded ended it: all is kept',
    entries: [done('a'), done('b')],
    failedSteps: ['c'],
    reason: 'c is broken',
    cut: 2,
  },
  {
    name: 'the error of a step that was caught is thrown on, after a rollback',
    entries: [done('a'), failed('pay', 'card declined'), done('refund')],
    reason: 'card declined',
    cut: 1,
  },
  {
    name: 'the skill says what a step failed of in words of its own',
    entries: [done('a'), failed('pay', 'card declined'), done('refund')],
    reason: 'could not pay (card declined), gave it back',
    cut: 1,
  },
  {
    name: 'a step failed, another took its place, and a third ended it in the same words',
    entries: [failed('mirror 1', 'fetch failed'), done('mirror 2'), done('sum')],
    failedSteps: ['publish'],
    reason: 'fetch failed',
    cut: 3,
  },
  {
    name: 'a step failed, another took its place, and something else ended it',
    entries: [failed('mirror 1', 'fetch failed'), done('mirror 2')],
    reason: 'x is not a function',
    cut: 2,
  },
  {
    name: 'of several failures in the same words the last one counts',
    entries: [failed('try 1', 'fetch failed'), failed('try 2', 'fetch failed'), done('tidy')],
    reason: 'fetch failed',
    cut: 1,
  },
  {
    name: 'a short text is not looked for in a longer one',
    entries: [failed('a', 'no'), done('b')],
    reason: 'an unknown error',
    cut: 2,
  },
  {
    name: 'a short text may be all of it',
    entries: [failed('a', 'boom'), done('b')],
    reason: 'boom',
    cut: 0,
  },
  { name: 'it was canceled', entries: [failed('a', 'card declined')], cut: 1 },
  {
    name: 'the caller names a step',
    entries: [done('a'), mark, done('b'), done('c')],
    failedSteps: ['d'],
    fromStep: 'b',
    cut: 2,
  },
  {
    name: 'the caller names the step that ended it',
    entries: [done('a'), done('b')],
    failedSteps: ['c'],
    fromStep: 'c',
    cut: 2,
  },
  {
    name: 'the caller names the second call of a step',
    entries: [done('a'), done('a#2')],
    fromStep: 'a#2',
    cut: 1,
  },
];

test.each(ROWS)('$name', ({ entries, cut, name: _name, ...reason }) => {
  expect(cutOf(entries, { failedSteps: [], reason: '', ...reason })).toBe(cut);
});

test('an unknown step is refused with those that there are', () => {
  const cut = (): number =>
    cutOf([done('a'), mark, done('b')], { failedSteps: ['c'], reason: '', fromStep: 'd' });
  expect(cut).toThrow('fromStep: "d": the task did not come to it; its steps are: a, b, c');
});

test('a step of a task that came to none is refused', () => {
  const cut = (): number => cutOf([], { failedSteps: [], reason: '', fromStep: 'd' });
  expect(cut).toThrow('fromStep: "d": the task did not come to any step');
});
