// A fake context with a journal: what a run does again when another one has finished some of its steps.

import type { SkillContext } from '../../src/activities/skill';

/** What steps came to, as JSON, by name and order. */
export type Journal = Map<string, string>;

/** A context whose steps are read from the journal, as JSON, where it has them. */
export function journaling(ctx: SkillContext, journal: Journal): SkillContext {
  let steps = 0;
  return {
    ...ctx,
    async step(name, run) {
      steps += 1;
      const key = `${name} ${String(steps)}`;
      const result = journal.has(key) ? undefined : await run({ key, signal: ctx.signal });
      if (result !== undefined) journal.set(key, JSON.stringify(result));
      return JSON.parse(journal.get(key)!) as never;
    },
  };
}
