// Where a run of a skill takes place: here, or in a thread of its own.

import type { Skill, SkillContext, SkillResult } from './skill';

export interface Place {
  run(ctx: SkillContext): Promise<SkillResult>;
  /** Nothing of the run goes on in a thread after this. */
  close(): void;
}

export function here(skill: Skill): Place {
  return { run: (ctx) => skill.run(ctx), close: () => undefined };
}
