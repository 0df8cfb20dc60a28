// Where runs wait for a place: on the queue that all skills share, or on one with places of its own. Named
// by the gateway when a task starts, polled by the workers.

import { availableParallelism } from 'node:os';
import { skillQueueOf } from '../workflows/task-queues';
import type { Skill } from './skill';

/** Skills wait for others most of their time; what computes is bounded by the cores anyway. */
export const MAX_RUNNING_SKILLS = 200;

/** A queue beside the one that all skills share, and how many of its runs one worker takes at once. */
export interface SkillQueue {
  readonly taskQueue: string;
  readonly places: number;
}

/**
 * The queue on which runs of the skill wait; undefined for the one of the workflows. A run that waits
 * in Temporal holds no place of another skill, uses up nothing of its time limit, and goes to whichever
 * worker has room first.
 */
export function queueOf({ id, limits }: Skill, taskQueue: string): string | undefined {
  if (limits?.concurrency !== undefined) return skillQueueOf(id, taskQueue);
  return limits?.thread === true ? threadQueueOf(taskQueue) : undefined;
}

/** What a worker with these skills polls besides the queue that all share. */
export function skillQueuesOf(skills: readonly Skill[], taskQueue: string): readonly SkillQueue[] {
  return [
    // More threads than cores would only take turns.
    { taskQueue: threadQueueOf(taskQueue), places: availableParallelism() },
    ...skills.map(({ id, limits }) => ({
      taskQueue: skillQueueOf(id, taskQueue),
      places: limits?.concurrency ?? MAX_RUNNING_SKILLS,
    })),
  ];
}

function threadQueueOf(taskQueue: string): string {
  return `${taskQueue}-threads`;
}
