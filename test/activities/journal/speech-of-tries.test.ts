// What a try of a step says that fails: the next one says it again, or something else in its place.

import { setTimeout as delay } from 'node:timers/promises';
import {
  completed,
  type ArtifactStream,
  type Skill,
  type SkillContext,
} from '../../../src/activities/skill';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';
import type { Part } from '../../../src/workflows/task';
import { counter, skillThat } from './tested';

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
