// Why and when a run of a skill has to stop: cancel, time limit and shutdown as one abort signal.

import { Context } from '@temporalio/activity';

/** Well below every heartbeat timeout; the SDK passes on what its throttle lets through (D13). */
const HEARTBEAT_MS = 400;

/** Why a run is stopped from outside. */
type Stop = 'cancel' | 'time-limit' | 'worker-shutdown' | 'task-gone' | 'unrecordable';

export interface StopWatch {
  /** Aborts when the run has to stop. */
  readonly now: AbortSignal;
  readonly reason: Stop | undefined;
  because(reason: Stop): void;
  close(): void;
}

/** Heartbeats, and watches the activity that is running. */
export function watchForStop(timeoutMs: number): StopWatch {
  const context = Context.current();
  const controller = new AbortController();
  let reason: Stop | undefined;
  const because = (why: Stop): void => {
    reason ??= why;
    controller.abort(new Error(`the run was stopped: ${why}`));
  };
  const onCancel = (): void => {
    const details = context.cancellationDetails;
    if (details?.cancelRequested) because('cancel');
    else because(details?.workerShutdown ? 'worker-shutdown' : 'task-gone');
  };
  context.cancellationSignal.addEventListener('abort', onCancel);
  const heartbeat = setInterval(() => {
    context.heartbeat();
  }, HEARTBEAT_MS);
  const limit = setTimeout(() => {
    because('time-limit');
  }, timeoutMs);
  return {
    now: controller.signal,
    get reason() {
      return reason;
    },
    because,
    close() {
      clearInterval(heartbeat);
      clearTimeout(limit);
      context.cancellationSignal.removeEventListener('abort', onCancel);
    },
  };
}
