// One task's life, told top to bottom. Started by the gateway, one run per task (more by continue-as-new).

import {
  ActivityCancellationType,
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  currentUpdateInfo,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
  ContinueAsNew,
} from '@temporalio/workflow';
import { ActivityFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import {
  messageUpdate,
  progressSignal,
  taskQuery,
  type FollowUp,
  type TaskActivities,
  type TaskStart,
  type TurnLimits,
  type TurnOutcome,
} from './contract';
import { TaskLife } from './task-life';
import type { Task } from './task';

/** A skill that takes its worker down with it, over and over, must end some day. */
const MAX_LOST_WORKERS = 100;

/** First wait before a skill that threw runs again; doubles each time. */
const RETRY_WAIT_MS = 1_000;
const RETRY_WAIT_MAX_MS = 60_000;

/** The activity ends itself at its limit; the server's own timeout comes after that. */
const TIMEOUT_SLACK_MS = 5_000;

export async function taskWorkflow(start: TaskStart): Promise<Task> {
  const life = new TaskLife(start, workflowInfo().startTime.getTime());
  setHandler(progressSignal, (batch) => {
    life.hear(batch);
  });
  setHandler(messageUpdate, (followUp) => life.accept(followUp, currentUpdateInfo()?.id ?? ''), {
    validator: (followUp: FollowUp) => {
      life.assertAccepts(followUp);
    },
  });
  setHandler(taskQuery, () => life.task);

  try {
    while (!life.isOver) {
      if (workflowInfo().continueAsNewSuggested) await leaveTo(life);
      if (life.isWaiting) await untilAnswered(life, start.limits);
      else await takeTurn(life, start.limits);
    }
  } catch (err) {
    if (err instanceof ContinueAsNew) throw err;
    if (isCancellation(err)) life.end('canceled');
    // A workflow that throws would be retried for ever and look like work; a task must end.
    else life.end('failed', `internal error: ${messageOf(err)}`);
  }
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return life.task;
}

/** A follow-up that was accepted has been folded, so nothing is lost between the runs (D8). */
async function leaveTo(life: TaskLife): Promise<never> {
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  // A cancel belongs to the run that it was sent to: the next one would not hear of it.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('canceled');
  return continueAsNew<typeof taskWorkflow>(life.continued());
}

async function untilAnswered(life: TaskLife, limits: TurnLimits): Promise<void> {
  const isAnswered = await condition(() => !life.isWaiting, limits.answerTimeoutMs);
  if (!isAnswered) life.end('failed', 'no answer came in time');
}

async function takeTurn(life: TaskLife, limits: TurnLimits): Promise<void> {
  life.openTurn();
  let attemptsBefore = 0;
  for (let errors = 1; ; errors += 1) {
    const outcome = await runAttempts(life, limits, attemptsBefore);
    if (outcome.kind !== 'threw') {
      life.closeTurn(outcome);
      return;
    }
    if (errors >= limits.maximumAttempts) {
      life.end('failed', outcome.reason);
      return;
    }
    attemptsBefore = outcome.attempt;
    await sleep(Math.min(RETRY_WAIT_MS * 2 ** (errors - 1), RETRY_WAIT_MAX_MS));
  }
}

/** Runs the skill until it reports; a lost worker is replaced without the skill's limits noticing. */
async function runAttempts(
  life: TaskLife,
  limits: TurnLimits,
  attemptsBefore: number,
): Promise<TurnOutcome> {
  const { runSkill } = proxyActivities<TaskActivities>({
    startToCloseTimeout: limits.timeoutMs + limits.cancelGraceMs + TIMEOUT_SLACK_MS,
    heartbeatTimeout: limits.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: MAX_LOST_WORKERS, initialInterval: '100ms', maximumInterval: '5s' },
  });
  let isRunning = true;
  const abandoned = cancelGraceOver(limits, () => isRunning);
  try {
    return await Promise.race([runSkill(life.turnInput(attemptsBefore)), abandoned]);
  } catch (err) {
    if (isCancellation(err) || !(err instanceof ActivityFailure)) throw err;
    return { kind: 'ended', state: 'failed', attempt: 0, message: { parts: [{ text: why(err) }] } };
  } finally {
    isRunning = false;
  }
}

/** Resolves when a canceled skill has had its time to clean up and is still running (D13). */
async function cancelGraceOver(limits: TurnLimits, isRunning: () => boolean): Promise<TurnOutcome> {
  const { cancelRequested } = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    await cancelRequested.catch(() => undefined);
    if (isRunning()) await sleep(limits.cancelGraceMs);
    return { kind: 'ended', state: 'canceled', attempt: 0 };
  });
}

function why(failure: ActivityFailure): string {
  const { cause } = failure;
  if (!(cause instanceof TimeoutFailure)) return messageOf(cause ?? failure);
  return cause.timeoutType === 'HEARTBEAT'
    ? `the worker was lost ${String(MAX_LOST_WORKERS)} times while the skill ran`
    : 'the skill ran longer than its limit and did not stop';
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
