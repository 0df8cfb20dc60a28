// Brings a task of a skill to its end; what that takes differs by skill.

import type { TaskRef } from '../../../src/temporal/tasks';
import type { Caller } from '../../harness/task-caller';
import { isOver, isState, isStatusText } from '../../harness/task-events';

export async function toTheEnd(caller: Caller, skillId: string): Promise<TaskRef> {
  const ref = await caller.begin(skillId);
  await DRIVES[skillId]?.(caller, ref);
  await caller.eventsUntil(ref, isOver);
  return ref;
}

type Drive = (caller: Caller, ref: TaskRef) => Promise<void>;

const cancelWhenRunning: Drive = async ({ eventsUntil, tasks }, ref) => {
  await eventsUntil(ref, isStatusText('running'));
  await tasks.cancel(ref);
};

const DRIVES: Readonly<Record<string, Drive>> = {
  deaf: cancelWhenRunning,
  obeys: cancelWhenRunning,
  async asks({ eventsUntil, say }, ref) {
    await eventsUntil(ref, isState('input-required'));
    await say(ref, 'Ada');
    await say(ref, '36');
  },
  async auth({ eventsUntil, say }, ref) {
    await eventsUntil(ref, isState('auth-required'));
    await say(ref, 'done');
  },
};
