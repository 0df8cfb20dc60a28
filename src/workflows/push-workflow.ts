// One webhook's delivery, from its first event to its last: events in order, failed ones again on a schedule.

import {
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import {
  PushMemo,
  wakeSignal,
  type DeliveryOutcome,
  type PushActivities,
  type PushProgress,
  type PushStart,
} from './push-contract';

/** A run of the activity sends what comes for so long; then the next one goes on at its cursor. */
const RUN_MS = 86_400_000;

/** The activity beats every second; a lost worker's events are sent again by another one. */
const HEARTBEAT_TIMEOUT_MS = 5_000;

/**
 * A task that the server ends wakes nobody. Rare, so it is looked for ever less often: each look is four
 * events in the history of a task that may wait for a month, with ten webhooks.
 */
const LOOK_MIN_MS = 60_000;
const LOOK_MAX_MS = 21_600_000;

/** No receiver may put a notification off for longer than the schedule's own longest wait. */
const RETRY_AFTER_MAX_MS = 86_400_000;

export async function pushWorkflow(start: PushStart): Promise<PushProgress> {
  const { v, task, config, publicUrl } = start;
  let progress: PushProgress = start.continued ?? {
    state: 'delivering',
    cursor: start.cursor,
    failures: 0,
  };
  // A memo belongs to its run.
  if (start.continued) upsertMemo({ [PushMemo.config]: config, [PushMemo.progress]: progress });
  let isAwake = false;
  setHandler(wakeSignal, () => {
    isAwake = true;
  });
  const { deliver } = proxyActivities<PushActivities>({
    taskQueue: start.taskQueue,
    startToCloseTimeout: RUN_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    retry: { initialInterval: '100ms', maximumInterval: '1m' },
  });
  const { workflowId } = workflowInfo();
  for (let lookMs = LOOK_MIN_MS; ;) {
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof pushWorkflow>({ ...start, continued: progress });
    }
    isAwake = false;
    const { cursor } = progress;
    const outcome = await deliver({ v, task, config, publicUrl, workflowId, cursor });
    progress = after(progress, outcome, start.scheduleMs);
    upsertMemo({ [PushMemo.progress]: progress });
    if (progress.state === 'retrying') {
      await sleep(Math.max((progress.nextAttemptAt ?? 0) - Date.now(), 0));
    } else if (outcome.kind === 'waiting') {
      const wasWoken = await condition(() => isAwake, lookMs);
      lookMs = wasWoken ? LOOK_MIN_MS : Math.min(lookMs * 2, LOOK_MAX_MS);
    } else if (outcome.kind !== 'stopped') {
      return progress;
    }
  }
}

/** Where the delivery stands after a run of the activity. */
function after(
  before: PushProgress,
  outcome: DeliveryOutcome,
  scheduleMs: readonly number[],
): PushProgress {
  const { cursor, kind } = outcome;
  switch (kind) {
    case 'stopped':
      // The attempt that was broken off is none, and those before it are not forgotten.
      if (cursor === before.cursor) return { ...before, state: 'delivering' };
      return { state: 'delivering', cursor, failures: 0 };
    case 'waiting':
      return { state: 'delivering', cursor, failures: 0 };
    case 'delivered':
      return { state: 'delivered', cursor, failures: 0 };
    case 'gone':
    case 'lost':
      return { state: kind, cursor, failures: before.failures, lastError: outcome.reason };
    case 'refused': {
      // An event that came through in between has had its own attempts.
      const failures = cursor > before.cursor ? 1 : before.failures + 1;
      const known = { cursor, failures, lastError: outcome.reason };
      const wait = scheduleMs[failures];
      if (wait === undefined) return { state: 'exhausted', ...known };
      const asked = Math.min(outcome.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
      return { state: 'retrying', ...known, nextAttemptAt: Date.now() + Math.max(wait, asked) };
    }
  }
}
