// How often a step is tried before its error is the skill's, and how long a try may take.

import { setTimeout as delay } from 'node:timers/promises';
import { SkillError, completed, type StepOptions } from '../../../src/activities/skill';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import { counter, endOf, skillThat } from './tested';

/** One run of a skill whose only step fails so many times. */
async function failing(
  times: number,
  options: StepOptions,
): Promise<TestedSkill & { tries: number }> {
  const tries = counter();
  const told = await endOf(
    (ctx) =>
      ctx.step(
        'try',
        () => {
          if (tries.count() <= times) throw new Error(`failure ${tries.calls}`);
          return `try ${tries.calls}`;
        },
        options,
      ),
    { limits: { maximumAttempts: 1 } },
  );
  return { ...told, tries: tries.calls };
}

describe('tries', () => {
  test('are one unless the step says otherwise', async () => {
    const told = await failing(1, {});
    expect(told).toMatchObject({ state: 'failed', message: 'failure 1', tries: 1 });
  });

  test('go on until one succeeds', async () => {
    const told = await failing(2, { retry: { maximumAttempts: 5, initialIntervalMs: 1 } });
    expect(told).toMatchObject({ state: 'completed', message: 'try 3', tries: 3 });
  });

  test('end with the error of the last', async () => {
    const told = await failing(9, { retry: { maximumAttempts: 3, initialIntervalMs: 1 } });
    expect(told).toMatchObject({ state: 'failed', message: 'failure 3', tries: 3 });
  });

  test('are one unit: what is tried inside a step is one run of it', async () => {
    const told = await failing(1, { retry: { maximumAttempts: 2, initialIntervalMs: 0 } });
    expect(told.records).toBe(1);
  });

  test.each<[string, () => Error]>([
    ['a SkillError', () => new SkillError('no such city', { retryable: false })],
    [
      'any error with the mark',
      () => Object.assign(new Error('no such city'), { retryable: false }),
    ],
  ])('end at once with %s that is final', async (_name, make) => {
    const tries = counter();
    const told = await endOf((ctx) =>
      ctx.step(
        'try',
        () => {
          tries.count();
          throw make();
        },
        { retry: { maximumAttempts: 5, initialIntervalMs: 1 } },
      ),
    );
    expect(told).toMatchObject({ state: 'failed', message: 'no such city', runs: 1 });
    expect(tries.calls).toBe(1);
  });

  test('wait longer each time, up to a most', async () => {
    const at: number[] = [];
    await endOf(
      (ctx) =>
        ctx.step(
          'try',
          () => {
            at.push(performance.now());
            throw new Error('again');
          },
          {
            retry: {
              maximumAttempts: 5,
              initialIntervalMs: 40,
              backoffCoefficient: 3,
              maximumIntervalMs: 120,
            },
          },
        ),
      { limits: { maximumAttempts: 1 } },
    );
    const waits = at.slice(1).map((time, index) => time - at[index]!);
    // Timers are never early by more than their millisecond; on a busy machine they are late.
    for (const [index, least] of [40, 120, 120, 120].entries()) {
      expect(waits[index]).toBeGreaterThan(least - 2);
    }
    expect(waits[0]).toBeLessThan(waits[1]! + 40);
  });

  test('are over when the run has to stop, also in a wait', async () => {
    const from = performance.now();
    const told = await testSkill(
      skillThat(async (ctx) => {
        const tried = ctx.step(
          'try',
          () => {
            throw new Error('again');
          },
          { retry: { maximumAttempts: 9, initialIntervalMs: 60_000 } },
        );
        // The other branch ends the run, and with it the wait.
        await Promise.race([tried, ctx.ask('ready?').then(() => 'ready')]);
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('input-required');
    expect(performance.now() - from).toBeLessThan(10_000);
  });

  test.each<[string, object, RegExp]>([
    ['no tries', { retry: { maximumAttempts: 0 } }, /maximumAttempts/],
    ['a negative wait', { retry: { initialIntervalMs: -1 } }, /initialIntervalMs/],
    ['a wait that shrinks', { retry: { backoffCoefficient: 0.5 } }, /backoffCoefficient/],
    ['a misspelled option', { retry: { maxAttempts: 3 } }, /maxAttempts/],
    ['a time limit of nothing', { timeoutMs: 0 }, /timeoutMs/],
    ['a time limit that no timer can keep', { timeoutMs: 2 ** 31 }, /timeoutMs/],
  ])('are refused when they make no sense: %s', async (_name, options, why) => {
    const told = await endOf((ctx) => ctx.step('try', () => 1, options));
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(why);
    expect(told.message).toContain('ctx.step("try")');
    expect(told.stepRuns).toEqual({});
  });
});

describe('a time limit', () => {
  test('aborts the signal of the try with the error that the skill gets', async () => {
    let reason: unknown;
    const told = await endOf(
      (ctx) =>
        ctx.step(
          'slow',
          ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                reason = signal.reason;
                reject(new Error('stopped'));
              });
            }),
          { timeoutMs: 20 },
        ),
      { limits: { maximumAttempts: 1 } },
    );
    expect(told.message).toBe('step "slow" took longer than 20 ms');
    expect(String(reason)).toBe('Error: step "slow" took longer than 20 ms');
  });

  test('does not wait for a function that ignores it', async () => {
    const never = new Promise<never>(() => undefined);
    const told = await endOf((ctx) => ctx.step('deaf', () => never, { timeoutMs: 20 }), {
      limits: { maximumAttempts: 1 },
    });
    expect(told.message).toBe('step "deaf" took longer than 20 ms');
  });

  test('is of each try, and lets the next one begin', async () => {
    const tries = counter();
    const told = await endOf((ctx) =>
      ctx.step(
        'slow',
        async ({ signal }) => {
          if (tries.count() === 1) await delay(60_000, undefined, { signal });
          return tries.calls;
        },
        { timeoutMs: 30, retry: { maximumAttempts: 2, initialIntervalMs: 1 } },
      ),
    );
    expect(told.message).toBe('2');
  });

  test('leaves a quick one alone', async () => {
    let isAborted: boolean | undefined;
    const told = await endOf(async (ctx) => {
      const signal = await ctx.step(
        'quick',
        (step) => {
          setTimeout(() => (isAborted = step.signal.aborted), 40);
          return 'in time';
        },
        { timeoutMs: 20 },
      );
      await delay(60);
      return signal;
    });
    expect(told.message).toBe('in time');
    expect(isAborted).toBe(false);
  });
});
