// Where a run of a skill takes place: here, or in a thread of its own.

import type { Skill, SkillContext, SkillResult } from './skill';
import type { ToolPort } from './tools/task-tools';

export interface Place {
  run(ctx: SkillContext & Pick<ToolPort, 'end'>): Promise<SkillResult>;
  /** Nothing of the run goes on in a thread after this. */
  close(): void;
}

export function here(skill: Skill): Place {
  return { run: (ctx) => skill.run(ctx), close: () => undefined };
}
