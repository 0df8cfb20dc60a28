// One task's life, told top to bottom. Started by the gateway, one run per task (more by continue-as-new).

import {
  CancellationScope,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
  workflowInfo,
  ContinueAsNew,
} from '@temporalio/workflow';
import { CancelledFailure } from '@temporalio/common';
import {
  messageUpdate,
  progressSignal,
  taskQuery,
  type FollowUp,
  type TaskStart,
  type TurnLimits,
} from './contract';
import { watchSignal } from './push-contract';
import { messageOf, runTurn } from './skill-turn';
import { TaskLife } from './task-life';
import type { Task } from './task';

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
  setHandler(watchSignal, (watch) => {
    life.watch(watch);
  });
  setHandler(taskQuery, () => (life.isBehind ? null : life.task));

  try {
    while (!life.isOver) {
      if (workflowInfo().continueAsNewSuggested) await leaveTo(life);
      const restMs = (life.sleepsUntil ?? 0) - Date.now();
      if (life.isWaiting) {
        await untilAnswered(life, start.limits);
      } else if (restMs > 0) {
        if (life.hears) await condition(() => life.sleepsUntil === undefined, restMs);
        else await sleep(restMs);
      } else {
        life.openTurn();
        const rest = await runTurn(inputsOf(life), start.limits, life.attemptsBefore);
        if (life.isBehind) await life.catchUp();
        life.closeTurn(rest);
      }
    }
  } catch (err) {
    if (err instanceof ContinueAsNew) throw err;
    if (life.isBehind) await life.catchUp();
    if (isCancellation(err)) life.end('canceled');
    // A workflow that throws would be retried for ever and look like work; a task must end.
    else life.end('failed', `internal error: ${messageOf(err)}`);
  }
  if (!isSettled(life)) await untilSettled(life);
  return life.task;
}

/** What each attempt is given; one that follows another's log has all of it. */
function inputsOf(life: TaskLife): Parameters<typeof runTurn>[0] {
  return (before) =>
    life.isBehind ? life.catchUp().then(() => life.turnInput(before)) : life.turnInput(before);
}

/** A follow-up that was accepted has been folded, so nothing is lost between the runs (D8). */
async function leaveTo(life: TaskLife): Promise<never> {
  if (!isSettled(life)) await untilSettled(life);
  // A cancel belongs to the run that it was sent to: the next one would not hear of it.
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('canceled');
  // A memo belongs to its run, and the next may wait for months before it decides: listings read it.
  const { memo = {} } = workflowInfo();
  return makeContinueAsNewFunc<typeof taskWorkflow>({ memo })(life.continued());
}

async function untilAnswered(life: TaskLife, limits: TurnLimits): Promise<void> {
  const isAnswered = await condition(() => !life.isWaiting, limits.answerTimeoutMs);
  if (!isAnswered) life.end('failed', 'no answer came in time');
}

/** Nobody waits for an answer of this run, nor to be told of its last decision. */
function isSettled(life: TaskLife): boolean {
  return allHandlersFinished() && life.areWatchersTold;
}

async function untilSettled(life: TaskLife): Promise<void> {
  await CancellationScope.nonCancellable(() => condition(() => isSettled(life)));
}
