// What a skill says in steps and around them: each thing once, wherever the worker dies.

import {
  completed,
  type ArtifactStream,
  type Skill,
  type SkillContext,
} from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import type { TaskEvent } from '../../../src/workflows/task';
import { counter, endOf, skillThat } from './tested';

/** Events without what differs between two tasks. */
function said(events: readonly TaskEvent[]): readonly unknown[] {
  return events
    .slice(1)
    .map((event) =>
      event.kind === 'artifact'
        ? [event.seq, event.artifact, event.append, event.lastChunk]
        : event.kind === 'status' && [event.seq, event.status.state, event.status.message?.parts],
    );
}

function sum(runs: Readonly<Record<string, number>>): number {
  return Object.values(runs).reduce((total, times) => total + times, 0);
}

/** Dies after each of its records in turn, and in the middle of each of its steps. */
async function expectSameWhereverItDies(
  skill: Skill,
  answers: readonly string[] = [],
): Promise<void> {
  const whole = await testSkill(skill, 'go', { answers });
  expect(whole.state).toBe('completed');
  const records = Array.from({ length: whole.records }, (_, i) => ({ record: i + 1 }));
  const middles = Object.keys(whole.stepRuns);
  for (const crashAt of [...records, ...middles]) {
    const told = await testSkill(skill, 'go', { answers, crashAt });
    expect([crashAt, ...said(told.events)]).toEqual([crashAt, ...said(whole.events)]);
    expect(told.artifacts).toEqual(whole.artifacts);
    expect(sum(told.stepRuns) - sum(whole.stepRuns)).toBeLessThanOrEqual(1);
  }
}

const STEPS = 20;

test('twenty steps with something said before, in and after each', async () => {
  await expectSameWhereverItDies(
    skillThat(async (ctx) => {
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
    }),
  );
}, 120_000);

describe('an artifact', () => {
  test('keeps the order of its words where a later run says less before them', async () => {
    const runs = counter();
    const told = await testSkill(
      skillThat(async (ctx) => {
        const page = ctx.artifact({ artifactId: 'page' });
        await page.append(runs.count() === 1 ? 'a long beginning, ' : 'short, ');
        await ctx.step('first', () => undefined);
        await page.append('between, ');
        await ctx.step('second', () => page.append('inside'));
        await page.finalize();
        return completed();
      }),
      'go',
      { crashAt: { record: 2 } },
    );
    expect(told.runs).toBe(2);
    expect(told.artifacts).toEqual({ page: 'a long beginning, between, inside' });
  });

  test('that begins in a step goes on after it, and in the next one', async () => {
    await expectSameWhereverItDies(
      skillThat(async (ctx) => {
        const page = ctx.artifact({ artifactId: 'page' });
        await ctx.step('begin', () => page.append('title\n'));
        await page.append('between\n');
        await ctx.step('go on', async () => {
          await page.append('inside\n');
          await ctx.progress('inside');
        });
        await page.append('after\n');
        await page.finalize('end');
        return completed();
      }),
    );
  });

  test('that is made in a step has an id of its own, the same in each run', async () => {
    const ids: string[] = [];
    const skill = skillThat(async (ctx) => {
      await ctx.saveArtifact({ parts: [{ text: 'one' }] });
      await ctx.step('make', async () => {
        await ctx.saveArtifact({ parts: [{ text: 'two' }] });
        const page = ctx.artifact({ name: 'three' });
        ids.push(page.artifactId);
        await page.finalize('three');
      });
      await ctx.step('make', () => ctx.saveArtifact({ parts: [{ text: 'four' }] }));
      await ctx.saveArtifact({ parts: [{ text: 'five' }] });
      return completed();
    });
    await expectSameWhereverItDies(skill);
    expect(new Set(ids)).toEqual(new Set(['make/artifact-2']));
    const { task } = await testSkill(skill, 'go');
    expect(task.artifacts.map(({ artifactId }) => artifactId)).toEqual([
      'artifact-1',
      'make/artifact-1',
      'make/artifact-2',
      'make#2/artifact-1',
      'artifact-2',
    ]);
  });

  test('that is made in a step of a long name has an id that clients take', async () => {
    const told = await endOf((ctx) =>
      ctx.step('x'.repeat(256), () => ctx.saveArtifact({ parts: [{ text: 'x' }] })),
    );
    expect(told.task.artifacts[0]?.artifactId).toMatch(/^[0-9a-f]{64}\/artifact-1$/);
    expect(told.message).toBe(told.task.artifacts[0]?.artifactId);
  });

  test('that is large is stored once and comes back whole', async () => {
    await expectSameWhereverItDies(
      skillThat(async (ctx) => {
        const page = ctx.artifact({ artifactId: 'page' });
        await ctx.step('write', () => page.append('x'.repeat(100_000)));
        await page.append('y'.repeat(100_000));
        await ctx.step('count', () => 1);
        await page.finalize();
        return completed();
      }),
    );
  });
});

test('questions, steps, times and artifacts in turn', async () => {
  await expectSameWhereverItDies(
    skillThat(async (ctx) => {
      const page = ctx.artifact({ artifactId: 'page' });
      await ctx.progress('hello');
      await page.append('a');
      const { parts } = await ctx.ask('name?');
      await page.append(JSON.stringify(parts));
      const id = await ctx.step('store', () => 'id-1');
      await ctx.now();
      await page.append(id);
      await ctx.ask('sure?');
      await ctx.progress('storing');
      await ctx.step('commit', () => page.append('b'));
      await page.finalize();
      return completed();
    }),
    ['Ada', 'yes'],
  );
});

test('a failed step has said what it said, and the skill goes on after it', async () => {
  await expectSameWhereverItDies(
    skillThat(async (ctx) => {
      const page = ctx.artifact({ artifactId: 'page' });
      await ctx
        .step('fails', async () => {
          await page.append('tried\n');
          throw new Error('no');
        })
        .catch(() => page.append('did without\n'));
      await ctx.step('works', () => page.append('worked\n'));
      await page.finalize();
      return completed();
    }),
  );
});

describe('steps do not nest', () => {
  test.each<[string, (ctx: SkillContext) => Promise<unknown>]>([
    ['a step', (ctx) => ctx.step('inner', () => 1)],
    ['a sleep', (ctx) => ctx.sleep(1)],
    ['a time', (ctx) => ctx.now()],
    ['an id', (ctx) => ctx.uuid()],
    ['a question', (ctx) => ctx.ask('name?')],
    ['a question for credentials', (ctx) => ctx.requireAuth('sign in')],
  ])('%s inside of one is refused, and the step is named', async (_name, call) => {
    const told = await endOf((ctx) => ctx.step('outer', () => call(ctx)));
    expect(told.state).toBe('failed');
    expect(told.message).toContain('inside the step "outer"');
    expect(told.runs).toBe(1);
  });

  test('what a step has begun may go on in one of its own afterwards', async () => {
    const told = await endOf(async (ctx) => {
      const begun = await ctx.step('begin', () => ({ id: 7 }));
      return ctx.step('go on', () => begun.id + 1);
    });
    expect(told.message).toBe('8');
  });
});

test('a stream that two steps write to is told as each wrote it', async () => {
  const write = async (page: ArtifactStream, text: string): Promise<void> => {
    for (const letter of text) await page.append(letter);
  };
  const told = await endOf(async (ctx) => {
    const page = ctx.artifact({ artifactId: 'page' });
    await ctx.step('one', () => write(page, 'abc'));
    await ctx.step('two', () => write(page, 'def'));
    return 'done';
  });
  expect(told.artifacts).toEqual({ page: 'abcdef' });
});

test('a skill that says something shorter in a later run loses none of what comes after', async () => {
  const tell = async (ctx: SkillContext, first: string): Promise<void> => {
    const page = ctx.artifact({ artifactId: 'page' });
    await page.append(first);
    await ctx.step('one', () => page.append('<in one>'));
    await page.append('<b>');
    await ctx.step('two', () => 2);
    await page.append('<c>');
    await ctx.step('three', () => 3);
  };
  const crashes = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((a) => [a, a + 1, a + 2].map((b) => [a, b]));
  for (const records of crashes) {
    let runs = 0;
    const skill = skillThat(async (ctx) => {
      runs += 1;
      await tell(ctx, runs === 1 ? '<a long beginning>' : '<a>');
      return completed();
    });
    const crashAt = records.map((record) => ({ record }));
    const told = await testSkill(skill, 'go', { crashAt, mayMissCrashes: true });
    expect([records, told.artifacts['page']]).toEqual([
      records,
      expect.stringMatching(/^<a( long beginning)?><in one><b><c>$/),
    ]);
  }
});
