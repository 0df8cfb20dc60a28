// A step that fails: what the skill catches, what a later run meets, and what is tried again.

import { completed, failed, type SkillContext } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { givenTwice, skillThat } from './tested';

class CityError extends Error {
  override readonly name = 'CityError';
  readonly retryable = false;
}

const caught = async (run: Promise<unknown>): Promise<Record<string, unknown>> => {
  const err = await run.then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { readonly retryable?: boolean },
  );
  const { name, message, retryable } = err!;
  return { isError: err instanceof Error, name, message, retryable };
};

describe('the error of a step that the skill goes on after', () => {
  test.each<[string, () => unknown, object]>([
    [
      'by name and message',
      () => new TypeError('x is y'),
      { name: 'TypeError', message: 'x is y' },
    ],
    [
      'with its verdict',
      () => new CityError('no such city'),
      { name: 'CityError', message: 'no such city', retryable: false },
    ],
    ['made of what was thrown', () => 'just a text', { name: 'Error', message: 'just a text' }],
    ['made of nothing', () => undefined, { name: 'Error', message: 'undefined' }],
  ])('is the same in every run: %s', async (_name, make, expected) => {
    const calls: number[] = [];
    const got = await givenTwice((ctx) =>
      caught(
        ctx.step('find', () => {
          calls.push(1);
          throw make();
        }),
      ),
    );
    const error = { isError: true, retryable: undefined, ...expected };
    expect(got).toEqual([error, error]);
    expect(calls).toHaveLength(1);
  });

  test('is not met again: the step does not run a second time', async () => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        const found = await ctx
          .step('first choice', () => Promise.reject(new Error('is down')))
          .catch(() => ctx.step('second choice', () => 'found'));
        await ctx.progress(found);
        return completed(found);
      }),
      'go',
      { crashAt: 3 },
    );
    expect(told.message).toBe('found');
    expect(told.stepRuns).toEqual({ 'first choice': 1, 'second choice': 1 });
    expect(told.runs).toBe(2);
  });

  test.each<[string, (ctx: SkillContext) => Promise<unknown>]>([
    ['a question', (ctx) => ctx.ask('and now?')],
    ['a sleep', (ctx) => ctx.sleep(3_600_000)],
  ])('is recorded before %s', async (_name, waits) => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        await ctx.step('fails', () => Promise.reject(new Error('x'))).catch(() => undefined);
        await waits(ctx);
        return completed();
      }),
      'go',
      { answers: ['go on'], mayMissAnswers: true },
    );
    expect(told.state).toBe('completed');
    expect(told.stepRuns).toEqual({ fails: 1 });
  });

  test('counts when all of several are waited for', async () => {
    const settled = async (ctx: SkillContext): Promise<readonly string[]> =>
      (
        await Promise.allSettled([
          ctx.step('a', () => 1),
          ctx.step('b', () => Promise.reject(new Error('b is out'))),
          ctx.step('c', () => 3),
        ])
      ).map(({ status }) => status);
    const all = ['fulfilled', 'rejected', 'fulfilled'];
    expect(await givenTwice(settled)).toEqual([all, all]);
  });
});

describe('the error of a step that ends the run', () => {
  test('is retried by the limits of the skill, and of the steps only that one runs again', async () => {
    let calls = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        await ctx.step('before', () => 1);
        const got = await ctx.step('flaky', () => {
          calls += 1;
          if (calls < 3) throw new Error(`failure ${calls}`);
          return 'at last';
        });
        return completed(got);
      }),
      'go',
    );
    expect(told.message).toBe('at last');
    expect(told.stepRuns).toEqual({ before: 1, flaky: 3 });
    expect(told.runs).toBe(3);
  });

  test('is the message of the task after the last attempt', async () => {
    const told = await testSkill(
      skillThat(
        async (ctx) => {
          await ctx.step('flaky', () => Promise.reject(new Error('still down')));
          return completed();
        },
        { limits: { maximumAttempts: 2 } },
      ),
      'go',
    );
    expect(told).toMatchObject({ state: 'failed', message: 'still down', runs: 2 });
  });

  test('also leaves through what the skill does on the way out', async () => {
    let calls = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        try {
          await ctx.step('flaky', () => {
            calls += 1;
            if (calls === 1) throw new Error('once');
          });
        } finally {
          await ctx.progress('tidied up');
        }
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('completed');
    expect(told.stepRuns).toEqual({ flaky: 2 });
    expect(told.progress).toEqual(['tidied up']);
  });

  test('is left to the skill that returns it', async () => {
    const told = await testSkill(
      skillThat(async (ctx) => {
        const error = await ctx.step('fails', () => Promise.reject(new Error('no'))).catch(String);
        return failed(`it said: ${error}`);
      }),
      'go',
    );
    expect(told).toMatchObject({ state: 'failed', message: 'it said: Error: no', runs: 1 });
  });

  test('cuts the steps of other branches, and they run again', async () => {
    let isOpen = (): void => undefined;
    const gate = new Promise<void>((resolve) => (isOpen = resolve));
    let attempts = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        attempts += 1;
        const other = ctx.step('other', () => gate).then(() => ctx.step('after it', () => 1));
        if (attempts === 1) {
          await ctx.step('fails', () => Promise.reject(new Error('once')));
        }
        isOpen();
        await other;
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('completed');
    // Cut in its middle by the failure of its neighbour.
    expect(told.stepRuns).toEqual({ other: 2, fails: 1, 'after it': 1 });
  });
});
