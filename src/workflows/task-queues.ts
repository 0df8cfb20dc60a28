// Names of queues, for the workflow and the workers.

/** Where only workers that have the skill look for work; `taskQueue` is that of the workflows. */
export function skillQueueOf(skillId: string, taskQueue: string): string {
  return `${taskQueue}-skill-${skillId}`;
}
