// The promise of the journal against random skills that die anywhere, any number of times: what was done is not
// done again, what was told is not told again, and clients end up with what they would have without a crash.

import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import { applyEvent } from '../../../src/workflows/apply-event';
import type { Task } from '../../../src/workflows/task';
import { ANSWERS, branchingProgram, serialProgram, skillOf, type Program } from './programs';

const RUNS = { numRuns: 150 };

/** Where to die: as shares of the events that the run without a crash has. */
const deaths = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });

interface Story {
  readonly whole: TestedSkill;
  readonly told: TestedSkill;
  readonly crashes: number;
}

async function tell(
  program: Program,
  shares: readonly number[],
  pauses: () => number,
): Promise<Story> {
  const skill = skillOf(program, async () => {
    for (let i = pauses(); i > 0; i -= 1) await setImmediate();
  });
  const whole = await testSkill(skill, 'go', { answers: ANSWERS });
  const last = whole.events.length;
  const places = shares.map((share) => 2 + Math.floor(share * (last - 2))).sort((a, b) => a - b);
  // The last event is the end: behind it nothing dies.
  const crashAt = places.filter((seq) => seq < last);
  const told = await testSkill(skill, 'go', { answers: ANSWERS, crashAt, mayMissCrashes: true });
  return { whole, told, crashes: crashAt.length };
}

/** What a client holds that folds the stream. */
function folded(told: TestedSkill): Task {
  const [first, ...rest] = told.events;
  if (first?.kind !== 'task') throw new Error('the first event is the task');
  return rest.reduce(applyEvent, first.task);
}

function sorted(artifacts: Task['artifacts']): Task['artifacts'] {
  return artifacts.toSorted((a, b) => (a.artifactId < b.artifactId ? -1 : 1));
}

const noPause = (): number => 0;

describe('a skill that takes one thing after the other', () => {
  test('tells each thing once and ends as if it had never died', async () => {
    await fc.assert(
      fc.asyncProperty(serialProgram, deaths, async (program, shares) => {
        const { whole, told } = await tell(program, shares, noPause);
        expect(told.artifacts).toEqual(whole.artifacts);
        expect(told.progress).toEqual(whole.progress);
        expect(told.message).toEqual(whole.message);
        expect(told.events).toHaveLength(whole.events.length);
      }),
      RUNS,
    );
  });

  test('runs no step again but the one that was cut', async () => {
    await fc.assert(
      fc.asyncProperty(serialProgram, deaths, async (program, shares) => {
        const { told, crashes } = await tell(program, shares, noPause);
        const again = Object.values(told.stepRuns).reduce((sum, runs) => sum + runs - 1, 0);
        expect(again).toBeLessThanOrEqual(crashes);
      }),
      RUNS,
    );
  });
});

describe('a skill with branches', () => {
  const story = fc.tuple(branchingProgram, deaths, fc.array(fc.nat(4), { minLength: 1 }));

  test('leaves the same artifacts, whoever comes first after a crash', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ([program, shares, waits]) => {
        let at = 0;
        const pauses = (): number => waits[(at += 1) % waits.length] ?? 0;
        const { whole, told } = await tell(program, shares, pauses);
        expect(told.artifacts).toEqual(whole.artifacts);
        expect(sorted(folded(told).artifacts)).toEqual(sorted(told.task.artifacts));
      }),
      RUNS,
    );
  });
});
