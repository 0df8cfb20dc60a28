// The promise of the journal against random skills that die anywhere, any number of times: what was done is not
// done again, what was told is not told again, and clients end up with what they would have without a crash.

import fc from 'fast-check';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import { applyEvent } from '../../../src/workflows/apply-event';
import type { Task } from '../../../src/workflows/task';
import {
  ANSWERS,
  branchingProgram,
  growingProgram,
  serialProgram,
  skillOf,
  wordsOf,
  type Manner,
  type Program,
} from './programs';

/** `JOURNAL_CASES` for a longer look. */
const RUNS = { numRuns: Number(process.env['JOURNAL_CASES'] ?? 100) };
const TIMEOUT_MS = 60_000 + RUNS.numRuns * 1_000;

/** Where to die: as shares of what is recorded in the run without a crash. */
const deaths = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });

interface Story {
  readonly whole: TestedSkill;
  readonly told: TestedSkill;
  readonly crashes: number;
}

async function tell(
  program: Program,
  shares: readonly number[],
  manner: Manner = {},
): Promise<Story> {
  const whole = await testSkill(skillOf(program), 'go', { answers: ANSWERS, mayMissAnswers: true });
  const places = shares.map((share) => Math.ceil(share * whole.records)).sort((a, b) => a - b);
  const crashAt = places.map((record) => ({ record }));
  const options = {
    answers: ANSWERS,
    mayMissAnswers: true,
    crashAt,
    mayMissCrashes: true,
  };
  const told = await testSkill(skillOf(program, manner), 'go', options);
  return { whole, told, crashes: crashAt.length };
}

/** What a client holds that folds the stream. */
function folded(told: TestedSkill): Task {
  const [first, ...rest] = told.events;
  if (first?.kind !== 'task') throw new Error('the first event is the task');
  return rest.reduce(applyEvent, first.task);
}

/**
 * How much the stream said: what is told again, withdrawn or replaced makes it more. Not the number of its events:
 * chunks that come while a batch is on its way share the next one, and how long that takes is chance.
 */
function amountSaid({ events }: TestedSkill): object {
  const artifacts = events.filter((event) => event.kind === 'artifact');
  const texts = artifacts.flatMap(({ artifact }) =>
    artifact.parts.map((part) => ('text' in part ? part.text : JSON.stringify(part))),
  );
  return {
    begun: artifacts.filter(({ append }) => !append).length,
    text: texts.join('').length,
    statuses: events.length - artifacts.length,
  };
}

function sorted(artifacts: Task['artifacts']): Task['artifacts'] {
  return artifacts.toSorted((a, b) => (a.artifactId < b.artifactId ? -1 : 1));
}

function sum(runs: Readonly<Record<string, number>>): number {
  return Object.values(runs).reduce((total, times) => total + times, 0);
}

describe('a skill that takes one thing after the other', () => {
  test(
    'tells each thing once and ends as if it had never died',
    async () => {
      await fc.assert(
        fc.asyncProperty(serialProgram, deaths, async (program, shares) => {
          const { whole, told } = await tell(program, shares);
          expect(told.artifacts).toEqual(whole.artifacts);
          expect(told.progress).toEqual(whole.progress);
          expect(amountSaid(told)).toEqual(amountSaid(whole));
          expect(told.state).toBe('completed');
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );

  test(
    'runs no step again but those that were cut',
    async () => {
      // Losers of a race run on, so that one death cuts any number of them.
      const noRaces = serialProgram.map((acts) => acts.filter(({ act }) => act !== 'race'));
      await fc.assert(
        fc.asyncProperty(noRaces, deaths, async (program, shares) => {
          const { whole, told, crashes } = await tell(program, shares);
          expect(sum(told.stepRuns) - sum(whole.stepRuns)).toBeLessThanOrEqual(crashes);
          expect(told.message).toBe(whole.message);
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
});

describe('a skill with branches', () => {
  const story = fc.tuple(branchingProgram, deaths, fc.array(fc.nat(4), { minLength: 1 }));

  test(
    'leaves the same artifacts, whoever comes first after a crash',
    async () => {
      await fc.assert(
        fc.asyncProperty(story, async ([program, shares, waits]) => {
          let at = 0;
          const pauses = (): number => waits[(at += 1) % waits.length] ?? 0;
          const { whole, told } = await tell(program, shares, { pauses });
          expect(told.state).toBe('completed');
          expect(told.artifacts).toEqual(whole.artifacts);
          expect(sorted(folded(told).artifacts)).toEqual(sorted(told.task.artifacts));
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
});

describe('a skill that says something else in each run', () => {
  const accents = fc.array(fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 12 }), {
    minLength: 2,
    maxLength: 6,
  });

  test(
    'loses no word and has none twice, and `GetTask` is the folded stream',
    async () => {
      await fc.assert(
        fc.asyncProperty(growingProgram, deaths, accents, async (program, shares, accents) => {
          const { whole, told } = await tell(program, shares, { accents });
          expect(told.state).toBe('completed');
          expect(sorted(folded(told).artifacts)).toEqual(sorted(told.task.artifacts));
          const words = (page = ''): readonly string[] => wordsOf(page);
          expect(words(told.artifacts['page-main'])).toEqual(words(whole.artifacts['page-main']));
          // Of progress nothing can be withdrawn.
          expect(new Set(told.progress.flatMap(wordsOf))).toEqual(
            new Set(whole.progress.flatMap(wordsOf)),
          );
        }),
        RUNS,
      );
    },
    TIMEOUT_MS,
  );
});
