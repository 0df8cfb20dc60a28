// Where a worker runs a skill, by the limits that were recorded with the task (D8).

import type { TurnLimits } from '../../workflows/contract';
import { fileOf } from '../load-skills';
import { here, type Place } from '../place';
import { SkillError, type Skill } from '../skill';
import { openThread, type SkillThread } from './open-thread';

export function placeOf(skill: Skill, { thread, memoryMb }: TurnLimits): Place {
  return thread === true ? inThread(skill, memoryMb) : here(skill);
}

function inThread(skill: Skill, memoryMb: number | undefined): Place {
  let opened: SkillThread | undefined;
  let isClosed = false;
  return {
    async run(ctx) {
      // The conversation was read for longer than the run had left.
      if (isClosed) throw new Error('the run was over before it began');
      const file = fileOf(skill);
      if (file === undefined) throw notLoaded(skill);
      opened = openThread(ctx, { skillId: skill.id, file, memoryMb });
      return opened.result;
    },
    close() {
      isClosed = true;
      opened?.close();
    },
  };
}

function notLoaded({ id }: Skill): SkillError {
  const text = `a thread cannot load the skill "${id}" again: limits.thread is for skills that were loaded from a file`;
  return new SkillError(text, { retryable: false });
}
