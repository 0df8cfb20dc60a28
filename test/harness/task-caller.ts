// One who starts tasks without a gateway, sends them messages, and follows them to their end.

import { randomUUID } from 'node:crypto';
import { limitsOf } from '../../src/activities/check-skill';
import { createSkillCatalog } from '../../src/api/skill-catalog';
import type { Skill } from '../../src/activities/skill';
import type { TaskRef, Tasks } from '../../src/temporal/tasks';
import type { TaskStart } from '../../src/workflows/contract';
import { FORMAT } from '../../src/workflows/emission';
import type { ContentPart, Message, Scope, Task, TaskEvent } from '../../src/workflows/task';
import { isOver } from './task-events';

/** Longer than anything here takes; a task that is not there by then hangs. */
const PATIENCE_MS = 20_000;

export const SCOPE: Scope = { tenant: 'test', principal: 'me' };

type Calls = Pick<
  Tasks,
  | 'start'
  | 'message'
  | 'cancel'
  | 'read'
  | 'follow'
  | 'signal'
  | 'takeOver'
  | 'longLog'
  | 'followUps'
>;

/** Its functions need no `this`, and are there before the server is. */
export interface Caller {
  readonly tasks: Calls;
  /** What a gateway would start the skill with, under a new task id. */
  startOf(skillId: string, more?: Partial<TaskStart>): TaskStart;
  begin(skillId: string, more?: Partial<TaskStart>): Promise<TaskRef>;
  /** Resolves with the id of the message once the task has taken it in. */
  say(ref: TaskRef, text: string): Promise<string>;
  /**
   * Every event after `cursor` until the first that satisfies, which is the last one.
   * @throws Error when the task ends without it, or it does not come in time.
   */
  eventsUntil(
    ref: TaskRef,
    isLast: (event: TaskEvent) => boolean,
    cursor?: number,
  ): Promise<readonly TaskEvent[]>;
  /** The task when it is over. */
  ended(ref: TaskRef): Promise<Task>;
  close(): void;
}

/** Opens `Tasks` with the first call. */
export function createCaller(
  openTasks: () => Tasks,
  skills: readonly Skill[],
  taskQueue: string,
): Caller {
  const catalog = createSkillCatalog(skills, taskQueue);
  let opened: Tasks | undefined;
  const tasks = callsOf(() => (opened ??= openTasks()));
  const startOf: Caller['startOf'] = (skillId, more = {}) => {
    const taskId = randomUUID();
    return {
      v: FORMAT,
      taskId,
      contextId: `context-of-${taskId}`,
      scope: SCOPE,
      skillId,
      limits: catalog.choose(messageTo(skillId))?.limits ?? limitsOf({}),
      message: userMessage(`do ${skillId}`),
      ...more,
    };
  };
  const eventsUntil: Caller['eventsUntil'] = (ref, isLast, cursor = 1) =>
    followUntil(tasks, ref, { isLast, cursor });
  return {
    tasks,
    startOf,
    async begin(skillId, more) {
      const start = startOf(skillId, more);
      await tasks.start(start);
      return { scope: start.scope, taskId: start.taskId };
    },
    async say(ref, text) {
      const message = userMessage(text);
      await tasks.message(ref, { v: FORMAT, message }, randomUUID());
      return message.messageId;
    },
    eventsUntil,
    async ended(ref) {
      await eventsUntil(ref, isOver);
      return tasks.read(ref);
    },
    close: () => opened?.feeds.close(),
  };
}

function callsOf(tasks: () => Tasks): Calls {
  return {
    start: (start) => tasks().start(start),
    message: (ref, followUp, updateId) => tasks().message(ref, followUp, updateId),
    cancel: (ref, metadata) => tasks().cancel(ref, metadata),
    read: (ref) => tasks().read(ref),
    follow: (ref, options) => tasks().follow(ref, options),
    signal: (task, batch) => tasks().signal(task, batch),
    longLog: (run, speaker) => tasks().longLog(run, speaker),
    takeOver: (run, speaker) => tasks().takeOver(run, speaker),
    followUps: (run) => tasks().followUps(run),
  };
}

function messageTo(skillId: string): Message<ContentPart> {
  return { messageId: 'any', role: 'ROLE_USER', parts: [], metadata: { skillId } };
}

export function userMessage(text: string, more: Partial<Message> = {}): Message {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text }], ...more };
}

interface FollowUntil {
  readonly isLast: (event: TaskEvent) => boolean;
  readonly cursor: number;
}

async function followUntil(
  tasks: Calls,
  ref: TaskRef,
  { isLast, cursor }: FollowUntil,
): Promise<readonly TaskEvent[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const following = await tasks.follow(ref, { cursor, signal });
  const events: TaskEvent[] = [];
  try {
    for await (const event of following.events) {
      events.push(event);
      if (isLast(event)) return events;
    }
  } finally {
    following.close();
  }
  const why = signal.aborted ? 'no such event came' : 'the task ended without such an event';
  throw new Error(`${why}; the task is ${JSON.stringify(following.now().status)}`);
}
