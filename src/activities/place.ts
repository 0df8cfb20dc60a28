// Where a run of a skill takes place: on the worker's main thread, or in a thread of its own (D8).

import type { TurnLimits } from '../workflows/contract';
import { fileOf } from './load-skills';
import { SkillError, type Skill, type SkillContext, type SkillResult } from './skill';
import { openThread, type SkillThread } from './thread/open-thread';

export interface Place {
  run(ctx: SkillContext): Promise<SkillResult>;
  /** Nothing of the run goes on in a thread after this. */
  close(): void;
}

/** By the limits that were recorded with the task. */
export function placeOf(skill: Skill, { thread, memoryMb }: TurnLimits): Place {
  if (thread !== true) return { run: (ctx) => skill.run(ctx), close: () => undefined };
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
