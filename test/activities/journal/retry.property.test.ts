// The promise of a retry against random skills that fail at any of their steps: what was done is not done again, and
// the new task ends with the artifacts that it would have had without the failure.

import fc from 'fast-check';
import { handOn } from '../../../src/api/inherited';
import { cutOf } from '../../../src/api/retry-cut';
import { limitsOf } from '../../../src/activities/check-skill';
import type { Skill, SkillContext, StepOptions, StepScope } from '../../../src/activities/skill';
import { MemoryTask, type MemoryTaskOptions } from '../../../src/testing/memory-task';
import { readJournal } from '../../../src/temporal/stored-journal';
import { entriesIn } from '../../../src/workflows/journal';
import type { ContentPart, Message } from '../../../src/workflows/task';
import { ANSWERS, branchingProgram, serialProgram, skillOf, type Program } from './programs';

/** `JOURNAL_CASES` for a longer look. */
const RUNS = { numRuns: Number(process.env['JOURNAL_CASES'] ?? 40) };

/** A program with branches may wait for calls that do not come, five seconds each; a machine may be busy. */
const TIMEOUT_MS = 240_000 + RUNS.numRuns * 1_000;

const BROKEN = 'broken for now';

const said = (text: string): Message<ContentPart> => ({
  ...{ messageId: text, role: 'ROLE_USER' },
  parts: [{ text }],
});

/** Its `at`th step fails when it has said all that it says; all of them work when there is none. */
function failing(skill: Skill, at: number | undefined): Skill {
  let steps = 0;
  const step =
    (ctx: SkillContext) =>
    (name: string, run: (scope: StepScope) => unknown, options?: StepOptions): Promise<unknown> => {
      const isBroken = (steps += 1) === at;
      return ctx.step(
        name,
        async (scope) => {
          const result = await run(scope);
          if (isBroken) throw Object.assign(new Error(BROKEN), { isOurs: true });
          return result;
        },
        options,
      );
    };
  const overlaid = (ctx: SkillContext): SkillContext =>
    new Proxy(ctx, {
      get(target, key) {
        if (key === 'step') return step(ctx);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return { ...skill, run: (ctx) => skill.run(overlaid(ctx)) };
}

async function perform(
  skill: Skill,
  more: Partial<MemoryTaskOptions> = {},
  answers: readonly string[] = ANSWERS,
): Promise<MemoryTask> {
  const task = new MemoryTask({
    ...{ skill, limits: limitsOf({ maximumAttempts: 1 }), message: said('go') },
    ...{ crashes: [], calls: [], referenced: [] },
    ...more,
  });
  await task.run();
  for (const answer of answers) if (task.isWaiting) await task.answer(said(answer));
  return task;
}

async function retried(task: MemoryTask, skill: Skill): Promise<MemoryTask> {
  const entries = await readJournal(task.store, task.folds.at(-1)?.journal ?? []);
  // A branch may go on before the function has ended of another's error, which is recorded then.
  const cut = cutOf(entries, { failedSteps: [], reason: BROKEN });
  const fold = task.folds.findLast(({ journal }) => entriesIn(journal) <= cut)!;
  // Entries that were recorded in one go come along in one go.
  const journal = entries.slice(0, entriesIn(fold.journal));
  const inherited = { ...handOn(fold, 'the next').inherited, journal };
  const given = inherited.history.filter(({ role }) => role === 'ROLE_USER').length;
  return perform(skill, { inherited, store: task.store }, ANSWERS.slice(given));
}

const byId = ({ task }: MemoryTask): ReadonlyMap<string, unknown> =>
  new Map(task.artifacts.map(({ artifactId, parts }) => [artifactId, parts]));

const story = fc.tuple(fc.nat(8), fc.array(fc.nat(4), { minLength: 1 }));

interface Tried {
  readonly whole: MemoryTask;
  readonly broken: MemoryTask;
  readonly again: MemoryTask;
}

async function tell(program: Program, at: number, waits: readonly number[]): Promise<Tried> {
  let turn = 0;
  const skill = skillOf(program, { pauses: () => waits[(turn += 1) % waits.length] ?? 0 });
  const whole = await perform(skill);
  const broken = await perform(failing(skill, at));
  if (broken.task.status.state !== 'failed') return { whole, broken, again: broken };
  return { whole, broken, again: await retried(broken, skill) };
}

test(
  'a serial skill ends as if it had never failed, and runs one step twice',
  async () => {
    let failures = 0;
    // Losers of a race run on, and are begun again.
    const noRaces = serialProgram.map((acts) => acts.filter(({ act }) => act !== 'race'));
    await fc.assert(
      fc.asyncProperty(noRaces, story, async (program, [at, waits]) => {
        const { whole, broken, again } = await tell(program, at, waits);
        expect(byId(again)).toEqual(byId(whole));
        expect(again.task.status.message?.parts).toEqual(whole.task.status.message?.parts);
        if (again === broken) return;
        failures += 1;
        const runs = [...broken.stepRuns, ...again.stepRuns];
        expect(runs).toHaveLength(whole.stepRuns.size + 1);
      }),
      RUNS,
    );
    expect(failures).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);

test(
  'a skill with branches leaves the artifacts that it would have left',
  async () => {
    await fc.assert(
      fc.asyncProperty(branchingProgram, story, async (program, [at, waits]) => {
        const { whole, again } = await tell(program, at, waits);
        expect(byId(again)).toEqual(byId(whole));
      }),
      RUNS,
    );
  },
  TIMEOUT_MS,
);
