// One turn of a skill, from schedule to report: lost workers, the skill's own retries, cancel with grace.
// Called by the workflows of tasks and of replies.

import {
  ActivityCancellationType,
  type ActivityOptions,
  CancellationScope,
  isCancellation,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import {
  type TaskActivities,
  type TurnEnd,
  type TurnInput,
  type TurnLimits,
  type TurnOutcome,
} from './contract';
import { skillQueueOf } from './task-queues';

/** A skill that takes its worker down with it, over and over, must end some day. */
const MAX_LOST_WORKERS = 100;

/** Waits before a lost worker is replaced: one that takes its workers down comes ever more rarely. */
const REPLACEMENT_WAIT = { initialInterval: '100ms', maximumInterval: '1m' } as const;

/** First wait before a skill that threw runs again; doubles each time. */
const RETRY_WAIT_MS = 1_000;
const RETRY_WAIT_MAX_MS = 60_000;

/** The activity ends itself at its limit; the server's own timeout comes after that. */
const TIMEOUT_SLACK_MS = 5_000;

/** A running skill hears of a cancel with its next heartbeat (D13); its grace begins there. */
const CANCEL_NOTICE_MS = 500;

/** As long as a rolling deploy may make no progress in Kubernetes, by default. */
const LACKING_MS = 600_000;

/** How a turn ended, or why it rests. */
export type TurnRest = TurnEnd | Extract<TurnOutcome, { kind: 'sleeps' }>;

/**
 * Runs the skill until it ends, asks or sleeps; an error is final after `limits.maximumAttempts` in a row.
 * @param inputFor what the activity is given, by the number of attempts before it.
 * @param before attempts of this turn before it slept.
 * @throws CancelledFailure when a cancel comes while nothing runs.
 */
export async function runTurn(
  inputFor: (attemptsBefore: number) => TurnInput | Promise<TurnInput>,
  limits: TurnLimits,
  before = 0,
): Promise<TurnRest> {
  let attemptsBefore = before;
  let wasLacking = false;
  for (let errors = 1; ; errors += 1) {
    const made = inputFor(attemptsBefore);
    const input = made instanceof Promise ? await made : made;
    const outcome = await runAttempts(input, placeOf(input, wasLacking));
    if (outcome.kind !== 'threw') return outcome;
    if (outcome.lacksSkill && !wasLacking) {
      wasLacking = true;
      errors -= 1;
      // That attempt has said and done nothing.
      attemptsBefore = outcome.attempt - 1;
      continue;
    }
    if (errors >= limits.maximumAttempts) return failedWith(outcome.reason, outcome.failedSteps);
    attemptsBefore = outcome.attempt;
    await sleep(Math.min(RETRY_WAIT_MS * 2 ** (errors - 1), RETRY_WAIT_MAX_MS));
  }
}

type Place = Pick<ActivityOptions, 'taskQueue' | 'scheduleToStartTimeout'>;

/** Where the run waits for a worker; one that has met a worker without the skill goes past all of those. */
function placeOf({ skillId, limits }: TurnInput, wasLacking: boolean): Place {
  const { taskQueue, lackingMs = LACKING_MS } = limits;
  if (!wasLacking) return taskQueue === undefined ? {} : { taskQueue };
  return {
    taskQueue: skillQueueOf(skillId, workflowInfo().taskQueue),
    scheduleToStartTimeout: lackingMs,
  };
}

/**
 * Runs the skill until it reports; a lost worker is replaced without the skill's limits noticing.
 * Made of callbacks: each promise of a workflow costs the SDK a stack trace, and most tasks need none of these.
 */
function runAttempts(input: TurnInput, place: Place): Promise<TurnOutcome> {
  const { limits } = input;
  const { runSkill } = proxyActivities<TaskActivities>({
    startToCloseTimeout: limits.timeoutMs + limits.cancelGraceMs + TIMEOUT_SLACK_MS,
    heartbeatTimeout: limits.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: MAX_LOST_WORKERS, ...REPLACEMENT_WAIT },
    ...place,
  });
  return new Promise((resolve, reject) => {
    let isRunning = true;
    runSkill(input).then(
      (outcome) => {
        isRunning = false;
        resolve(outcome);
      },
      (err: unknown) => {
        isRunning = false;
        if (err instanceof ActivityFailure && !isCancellation(err))
          resolve(failedWith(why(err, input)));
        else reject(err instanceof Error ? err : new Error(String(err)));
      },
    );
    // A canceled skill that has had its time to clean up and still runs is abandoned (D13).
    CancellationScope.current().cancelRequested.catch(() => {
      if (!isRunning) return;
      const grace = CANCEL_NOTICE_MS + limits.cancelGraceMs;
      void CancellationScope.nonCancellable(() => sleep(grace)).then(() => {
        resolve({ kind: 'ended', state: 'canceled', attempt: 0 });
      });
    });
  });
}

function why(failure: ActivityFailure, { skillId, limits }: TurnInput): string {
  const { cause } = failure;
  if (!(cause instanceof TimeoutFailure)) return messageOf(cause ?? failure);
  if (cause.timeoutType === 'SCHEDULE_TO_START') {
    const seconds = String((limits.lackingMs ?? LACKING_MS) / 1_000);
    return `no worker has the skill "${skillId}": one without it took the task, and none with it did in ${seconds} s`;
  }
  return cause.timeoutType === 'HEARTBEAT'
    ? `the worker was lost ${String(MAX_LOST_WORKERS)} times while the skill ran`
    : 'the skill ran longer than its limit and did not stop';
}

/** An ending that no attempt reported. */
function failedWith(reason: string, failedSteps?: readonly string[]): TurnEnd {
  const message = { parts: [{ text: reason }] };
  const steps = failedSteps === undefined ? {} : { failedSteps };
  return { kind: 'ended', state: 'failed', attempt: 0, message, ...steps };
}

export function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
