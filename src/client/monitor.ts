// Waiting for the end of a task, with a limit that holds although nothing happens.

import type { StreamResponse, Task } from '@a2a-js/sdk';
import type { Agent } from './agent';
import { ProtocolError, TaskFailedError, TaskTimeoutError } from './errors';
import { failureText, hasFailed, stateName } from './messages';
import { Pace, untilAnswered } from './pace';
import { TaskEvents, type TaskEventsOptions } from './task-events';

export interface MonitorOptions {
  /** From the call on. Default: none. */
  readonly timeoutMs?: number;
  /** What becomes of a task that is not over in time. Default: `leave`, it goes on. */
  readonly onTimeout?: 'leave' | 'cancel';
  /** Ends the waiting with its reason; the task goes on. */
  readonly signal?: AbortSignal;
  /** Called with each event, and with the task as it then is. What it throws ends the waiting. */
  readonly onEvent?: (event: StreamResponse, task: Task | undefined) => void | Promise<void>;
}

/** What `setTimeout` takes: 24.8 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** A gateway that restarts is back by then; whoever waits has waited long enough. */
const CANCEL_PACE = { giveUpAfterMs: 30_000 };

/**
 * Resolves with the task when it is completed or canceled, or asks its caller (`input-required`).
 * @throws TaskFailedError for a task that failed or was rejected, TaskTimeoutError, RangeError.
 */
export async function monitor(
  agent: Agent,
  events: TaskEventsOptions,
  { timeoutMs, onTimeout = 'leave', signal, onEvent }: MonitorOptions,
): Promise<Task> {
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs is ${timeoutMs}: it must be 0 to ${MAX_TIMEOUT_MS}`);
  }
  const late = new AbortController();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => late.abort(), timeoutMs);
  const either = AbortSignal.any([late.signal, ...(signal === undefined ? [] : [signal])]);
  const following = new TaskEvents(agent, { ...events, endsAtQuestion: true, signal: either });
  try {
    for await (const event of following) await onEvent?.(event, following.task);
  } catch (err) {
    if (timeoutMs === undefined || err !== late.signal.reason) throw err;
    throw await timedOut(agent, following.task, { timeoutMs, onTimeout });
  } finally {
    clearTimeout(timer);
  }
  return finished(following.task);
}

function finished(task: Task | undefined): Task {
  if (task === undefined) throw new ProtocolError('the agent replied with a message, not a task');
  if (hasFailed(task)) throw new TaskFailedError(task, stateName(task), failureText(task));
  return task;
}

async function timedOut(
  agent: Agent,
  task: Task | undefined,
  { timeoutMs, onTimeout }: { timeoutMs: number; onTimeout: 'leave' | 'cancel' },
): Promise<TaskTimeoutError> {
  if (onTimeout === 'leave' || task === undefined) return new TaskTimeoutError(task, timeoutMs);
  try {
    const canceled = await untilAnswered(() => agent.cancel(task.id), new Pace(CANCEL_PACE));
    return new TaskTimeoutError(canceled, timeoutMs);
  } catch (err) {
    return new TaskTimeoutError(task, timeoutMs, { cause: err });
  }
}
