// Skills under test, and runs of them that end with what a test wants to know.

import { completed, type Skill, type SkillContext } from '../../../src/activities/skill';
import { testSkill, type TestedSkill } from '../../../src/testing/test-skill';

export function skillThat(run: Skill['run'], more: Partial<Skill> = {}): Skill {
  const said = { id: 'tested', name: 'tested', description: 'a tested skill', tags: ['test'] };
  return { ...said, ...more, run };
}

type Give = (ctx: SkillContext) => Promise<unknown>;

/** Calls it in a first run, and in a second one that has it all from the journal: what each got. */
export async function givenTwice(give: Give): Promise<readonly unknown[]> {
  const got: unknown[] = [];
  const told = await testSkill(
    skillThat(async (ctx) => {
      got.push(await give(ctx));
      await ctx.uuid();
      await ctx.progress('there');
      return completed();
    }),
    'go',
    { crashAt: 3 },
  );
  if (told.state !== 'completed') throw new Error(told.message);
  return got;
}

/** What the task ends with when the skill's function does this. */
export async function endOf(give: Give, more: Partial<Skill> = {}): Promise<TestedSkill> {
  return testSkill(
    skillThat(async (ctx) => completed(String(await give(ctx))), more),
    'go',
  );
}

/** A count of calls, and a function that counts one. */
export function counter(): { readonly calls: number; count(): number } {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    count: () => (calls += 1),
  };
}
