// Which skill takes a message: the one that it names, or the first that accepts it.

import { limitsOf } from '../activities/check-skill';
import type { Skill } from '../activities/skill';
import { queueOf } from '../activities/skill-queue';
import type { ContentPart, Message } from '../workflows/task';
import type { SkillCatalog } from './intake';

/**
 * The skills as the gateway needs them: in their order, each with its bounds.
 * @param taskQueue of the workers; see `queueOf`.
 */
export function createSkillCatalog(skills: readonly Skill[], taskQueue: string): SkillCatalog {
  return {
    ids: skills.filter(({ extended = false }) => !extended).map(({ id }) => id),
    choose(message) {
      const wanted = message.metadata?.['skillId'];
      const skill =
        wanted === undefined
          ? skills.find((skill) => accepts(skill, message))
          : skills.find(({ id }) => id === wanted);
      if (skill === undefined) return undefined;
      const { id: skillId, replies = false, inputModes } = skill;
      const modes = inputModes === undefined ? {} : { inputModes };
      const queue = queueOf(skill, taskQueue);
      const limits = { ...limitsOf(skill.limits), ...(queue && { taskQueue: queue }) };
      return { skillId, replies, limits, ...modes };
    },
  };
}

/** A skill whose `accepts` throws does not take the message; another one may. */
function accepts(skill: Skill, message: Message<ContentPart>): boolean {
  try {
    return skill.accepts?.(message) === true;
  } catch {
    return false;
  }
}
