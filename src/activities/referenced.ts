// `ctx.referenced`: the tasks that a message refers to, read once and the same in every run of the skill.

import { setTimeout as delay } from 'node:timers/promises';
import { restoreParts } from '../temporal/stored-parts';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { PartStore } from '../storage/part-store';
import { retriedTaskOf } from '../workflows/retried-task';
import type { ContentPart, Message, Part, Task } from '../workflows/task';
import type { ReferencedTask } from './skill';

/** More than a conversation is built on; each may be 2 MiB beside its stored parts. */
const TASKS_MAX = 10;

/** Stored content that is put back, over all of them, in bytes: a worker runs many skills. */
const CONTENT_MAX_BYTES = 33_554_432;

/** Between two tries to read one while Temporal does not answer. */
const RETRY_MS = 500;

const PASSING: readonly TaskErrorReason[] = [TaskErrorReason.unavailable, TaskErrorReason.busy];

export interface ReferencedOptions {
  readonly store: PartStore;
  /** Ends the waiting for Temporal. */
  readonly signal: AbortSignal;
  /** @throws TaskError */
  readonly readTask: (taskId: string) => Promise<Task>;
  /** A step. */
  once<T>(name: string, read: () => Promise<T>): Promise<T>;
}

/** Of the tasks that there are. Rejects with `MissingPartError` when a part of one is gone. */
export async function readReferenced(
  { taskId, referenceTaskIds = [], metadata }: Message,
  options: ReferencedOptions,
): Promise<readonly ReferencedTask[]> {
  // The task that is tried again is this one, as far as the skill can tell.
  const self = [taskId, retriedTaskOf(metadata)];
  const ids = [...new Set(referenceTaskIds)].filter((id) => !self.includes(id));
  if (ids.length === 0) return [];
  // Parts by reference: the journal keeps what was read for as long as it keeps itself.
  const tasks = await options.once('ctx.referenced', async () => {
    const found = await Promise.all(ids.slice(0, TASKS_MAX).map((id) => readTask(id, options)));
    return found.filter((task) => task !== undefined);
  });
  const restore = restorerOf(options.store);
  const restored: ReferencedTask[] = [];
  for (const task of tasks) restored.push(await restoreTask(task, restore));
  return restored;
}

/** Undefined where the caller has no such task. */
async function readTask(
  taskId: string,
  { readTask: read, signal }: ReferencedOptions,
): Promise<Task | undefined> {
  for (;;) {
    try {
      return await read(taskId);
    } catch (err) {
      if (!(err instanceof TaskError)) throw err;
      if (err.reason === TaskErrorReason.notFound) return undefined;
      if (!PASSING.includes(err.reason) || signal.aborted) throw err;
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}

type Restore = (parts: readonly Part[]) => Promise<readonly ContentPart[]>;

function restorerOf(store: PartStore): Restore {
  let left = CONTENT_MAX_BYTES;
  return async (parts) => {
    const restored: ContentPart[] = [];
    for (const part of parts) {
      const bytes = 'ref' in part ? part.ref.bytes : 0;
      if (bytes <= left) {
        left -= bytes;
        restored.push(...(await restoreParts(store, [part])));
      } else {
        restored.push({ text: `[left out: ${String(bytes)} bytes are more than is read at once]` });
      }
    }
    return restored;
  };
}

async function restoreTask(task: Task, restore: Restore): Promise<ReferencedTask> {
  const { id, contextId, skillId, status } = task;
  const artifacts: ReferencedTask['artifacts'][number][] = [];
  for (const artifact of task.artifacts) {
    artifacts.push({ ...artifact, parts: await restore(artifact.parts) });
  }
  const { message, ...rest } = status;
  const said = message && { ...message, parts: await restore(message.parts) };
  const history: ReferencedTask['history'][number][] = [];
  for (const one of task.history) history.push({ ...one, parts: await restore(one.parts) });
  return {
    id,
    contextId,
    skillId,
    artifacts,
    history,
    status: { ...rest, ...(said && { message: said }) },
  };
}
