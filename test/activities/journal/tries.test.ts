// How often a step is tried before its error is the skill's, and how long a try may take.

import { setTimeout as delay } from 'node:timers/promises';
import {
  SkillError,
  completed,
  type ArtifactStream,
  type Skill,
  type SkillContext,
  type StepOptions,
} from '../../../src/activities/skill';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import type { Part } from '../../../src/workflows/task';
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

describe('what a try says that fails', () => {
  const retry = { maximumAttempts: 3, initialIntervalMs: 0 };

  /** A skill whose step is tried once for each of these, and fails with all but the last. */
  function trying(
    ...tries: readonly ((ctx: SkillContext, page: ArtifactStream) => Promise<unknown>)[]
  ): Skill {
    return skillThat(async (ctx) => {
      const page = ctx.artifact({ artifactId: 'page' });
      let number = 0;
      await ctx.step(
        'try',
        async () => {
          const say = tries[number];
          number += 1;
          await say?.(ctx, page);
          if (number < tries.length) throw new Error('again');
        },
        { retry },
      );
      return completed();
    });
  }

  const appending =
    (...chunks: readonly string[]) =>
    async (_: SkillContext, page: ArtifactStream): Promise<void> => {
      for (const chunk of chunks) await page.append(chunk);
    };

  const finalizing =
    (...chunks: readonly string[]) =>
    async (ctx: SkillContext, page: ArtifactStream): Promise<void> => {
      await appending(...chunks)(ctx, page);
      await page.finalize();
    };

  const textOf = (parts: readonly Part[]): string =>
    parts.map((part) => ('text' in part ? part.text : '')).join('');

  /** The text of all events, with a bar where an artifact begins anew and progress in brackets. */
  function told({ events }: TestedSkill): string {
    const texts = events.map((event) => {
      if (event.kind === 'artifact') {
        return `${event.append ? '' : '|'}${textOf(event.artifact.parts)}`;
      }
      const said = event.kind === 'status' ? event.status.message : undefined;
      return said === undefined ? '' : `(${textOf(said.parts)})`;
    });
    return texts.join('');
  }

  test('is not told again when the next says it too, wherever its chunks are cut', async () => {
    const ended = await testSkill(
      trying(appending('one ', 'two '), finalizing('on', 'e two t', 'hree')),
      'go',
    );
    expect(ended.artifacts).toEqual({ page: 'one two three' });
    expect(told(ended)).toBe('|one two three');
  });

  test('is withdrawn where the next says something else', async () => {
    const ended = await testSkill(
      trying(appending('one ', 'two '), finalizing('one ', '2 ', 'three')),
      'go',
    );
    expect(ended.artifacts).toEqual({ page: 'one 2 three' });
    expect(told(ended)).toBe('|one two |one 2 three');
  });

  test('is withdrawn where the next says less', async () => {
    const ended = await testSkill(trying(appending('one ', 'two '), finalizing('one ')), 'go');
    expect(ended.artifacts).toEqual({ page: 'one ' });
  });

  test('is replaced by the next as soon as a chunk differs, and not at its end', async () => {
    const ended = await testSkill(
      trying(appending('one ', 'two ', 'three '), async (ctx, page) => {
        await page.append('ONE ');
        await ctx.progress('first');
        await page.append('TWO');
        await page.finalize();
      }),
      'go',
    );
    expect(told(ended)).toBe('|one two three |ONE (first)TWO');
    expect(ended.artifacts).toEqual({ page: 'ONE TWO' });
  });

  test('is said a third time over what the second has told', async () => {
    const ended = await testSkill(
      trying(appending('one ', 'two '), appending('one ', '2 '), finalizing('one ', '2 ', 'three')),
      'go',
    );
    expect(ended.artifacts).toEqual({ page: 'one 2 three' });
    expect(told(ended)).toBe('|one two |one 2 three');
  });

  test('is not told again by a third when the second broke off before', async () => {
    const ended = await testSkill(
      trying(appending('one ', 'two '), appending('one '), finalizing('one ', 'two ')),
      'go',
    );
    expect(told(ended)).toBe('|one two ');
  });

  test('may have finalized an artifact that the next appends to', async () => {
    const ended = await testSkill(trying(finalizing('one'), finalizing('one')), 'go');
    expect(told(ended)).toBe('|one');
  });

  test('leaves the ids of artifacts to the next', async () => {
    const making = async (ctx: SkillContext): Promise<void> => {
      await ctx.saveArtifact({ parts: [{ text: 'saved' }] });
      await ctx.artifact({ name: 'stream' }).append('text');
    };
    const ended = await testSkill(trying(making, making), 'go');
    expect(ended.task.artifacts.map(({ artifactId }) => artifactId)).toEqual([
      'try/artifact-1',
      'try/artifact-2',
    ]);
    expect(told(ended)).toBe('|saved|text');
  });

  test('as progress is not told again, and stays where the next says something else', async () => {
    const telling =
      (...texts: readonly string[]) =>
      async (ctx: SkillContext): Promise<void> => {
        for (const text of texts) await ctx.progress(text);
      };
    const ended = await testSkill(
      trying(telling('one', 'two'), telling('one', '2', 'three'), telling('one', '2', 'three')),
      'go',
    );
    expect(ended.progress).toEqual(['one', 'two', '2', 'three']);
  });

  test('is as it would be without a crash, wherever the worker dies', async () => {
    const skill = trying(
      appending('one ', 'two '),
      appending('one ', '2 '),
      finalizing('one ', '2 ', 'three'),
    );
    const whole = await testSkill(skill, 'go');
    for (let record = 1; record <= whole.records; record += 1) {
      const ended = await testSkill(skill, 'go', { crashAt: { record } });
      expect([record, ended.artifacts]).toEqual([record, whole.artifacts]);
    }
  });

  test('too late is heard by nobody', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const ended = await testSkill(
      skillThat(async (ctx) => {
        const tries = counter();
        await ctx.step(
          'try',
          async ({ signal }) => {
            const page = ctx.artifact({ artifactId: 'page' });
            if (tries.count() > 1) {
              await page.append('second');
              await delay(50);
              await page.finalize();
              return;
            }
            await page.append('first');
            await new Promise((resolve) => signal.addEventListener('abort', resolve));
            late = delay(20).then(() => page.append(' late'));
            await late;
          },
          { timeoutMs: 500, retry },
        );
        return completed();
      }),
      'go',
    );
    expect(ended.artifacts).toEqual({ page: 'second' });
    const isHeard = await Promise.race([late.then(() => true), delay(10).then(() => false)]);
    expect(isHeard).toBe(false);
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
