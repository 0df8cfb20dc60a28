// The key that the function of a step is given for effects outside the task.

import fc from 'fast-check';
import { completed, type Skill } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { skillThat } from './tested';

/** The keys of steps of these names, in the order in which they ran. */
async function keysOf(
  names: readonly string[],
  crashAt: readonly string[] = [],
): Promise<string[]> {
  const keys: string[] = [];
  const skill: Skill = skillThat(async (ctx) => {
    for (const name of names) await ctx.step(name, ({ key }) => keys.push(key));
    return completed();
  });
  const told = await testSkill(skill, 'go', { crashAt });
  expect(told.state).toBe('completed');
  return keys;
}

describe('a key', () => {
  test('is the same when a step that was cut in the middle runs again', async () => {
    const keys = await keysOf(['pay'], ['pay', 'pay', 'pay']);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
  });

  test('is the same in every try of a step, and in every run of the skill', async () => {
    const keys: string[] = [];
    const fails = skillThat(
      async (ctx) => {
        await ctx.step(
          'pay',
          ({ key }) => {
            if (keys.push(key) < 4) throw new Error('not yet');
          },
          { retry: { maximumAttempts: 2, initialIntervalMs: 1 } },
        );
        return completed();
      },
      { limits: { maximumAttempts: 2 } },
    );
    expect((await testSkill(fails, 'go')).runs).toBe(2);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
  });

  test('is another for each call, and in each task', async () => {
    const keys = [...(await keysOf(['a', 'a', 'a#2', 'b'])), ...(await keysOf(['a']))];
    expect(new Set(keys).size).toBe(5);
  });

  test("is 1 to 255 printable characters of ASCII, and a name's own, whatever the name", async () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), async (names) => {
        const keys = await keysOf(names);
        expect(new Set(keys).size).toBe(names.length);
        for (const key of keys) expect(key).toMatch(/^[\x21-\x7e]{1,255}$/);
      }),
      {
        numRuns: 50,
        examples: [[['漢'.repeat(200), '漢'.repeat(201)]], [['a b', 'a%20b', 'a+b']]],
      },
    );
  });
});
