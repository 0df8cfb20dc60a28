// A skill as a Temporal activity: heartbeat, limits, cancel, and the outcome that the workflow is told.

import { Context } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from '../temporal/connection';
import type { ContinuationTokens } from '../temporal/continuations';
import type { PartStores } from '../storage/part-store';
import { patiently } from '../storage/patient-store';
import type { TaskActivities, TurnInput, TurnOutcome } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import type { Scope } from '../workflows/task';
import { conclude, type Ended, type Turn } from './conclude';
import { Emitter } from './emitter';
import { SkillError, type Skill, type SkillLog } from './skill';
import { SkillRun, type Question } from './skill-run';
import { watchForStop } from './stop-watch';
import { owningStrayErrors } from './stray-errors';

export interface SkillRuntime {
  readonly skills: ReadonlyMap<string, Skill>;
  readonly stores: PartStores;
  readonly continuations: ContinuationTokens;
  /** Records a batch in the run that the activity belongs to. */
  signal(
    task: { readonly scope: Scope; readonly taskId: string; readonly runId: string },
    batch: Batch,
  ): Promise<void>;
  log(taskId: string, skillId: string): SkillLog;
}

export function createTaskActivities(runtime: SkillRuntime): TaskActivities {
  return { runSkill: (input) => runSkill(runtime, input) };
}

async function runSkill(runtime: SkillRuntime, input: TurnInput): Promise<TurnOutcome> {
  const { info } = Context.current();
  const attempt = input.attemptsBefore + info.attempt;
  const skill = runtime.skills.get(input.skillId);
  if (skill === undefined) {
    return { kind: 'threw', attempt, reason: `no worker has the skill "${input.skillId}"` };
  }
  const stop = watchForStop(input.limits.timeoutMs);
  const { runId, workflowId } = info.workflowExecution ?? { runId: '', workflowId: '' };
  const store = patiently(runtime.stores.of(workflowId), stop.now);
  const emitter = new Emitter({
    turn: input.turn,
    attempt,
    store,
    inlineBytes: input.inlineBytes,
    send: (batch) => runtime.signal({ scope: input.scope, taskId: input.taskId, runId }, batch),
    signal: stop.now,
    onFailure: (err) => {
      stop.because(isNotFound(err) ? 'task-gone' : 'unrecordable');
    },
  });
  try {
    const log = runtime.log(input.taskId, input.skillId);
    const turn = { input, attempt, emitter, store, stop };
    const continueUrl = (question: number): string => continueUrlOf(runtime, input, question);
    const ended = await perform({ ...turn, skill, log, continueUrl });
    // Branches of the function that still run have nobody to speak to.
    if (ended.kind === 'asks') emitter.close();
    if (ended.kind === 'threw') log.error('the skill threw', { err: ended.error, attempt });
    return await conclude(ended, turn);
  } finally {
    emitter.close();
    stop.close();
  }
}

interface Performance extends Turn {
  readonly skill: Skill;
  readonly log: SkillLog;
  readonly continueUrl: (question: number) => string;
}

function continueUrlOf(
  { continuations }: SkillRuntime,
  { publicUrl, scope, taskId, replies }: TurnInput,
  question: number,
): string {
  if (publicUrl !== undefined) return continuations.urlOf(publicUrl, { scope, taskId, question });
  const why = replies
    ? 'a skill that replies has no task to continue'
    : 'the gateway that started this task has not said where it is';
  throw new SkillError(`there is no continueUrl: ${why}`, { retryable: false });
}

/** Runs the author's function until it ends, asks, or outlives its grace after a stop. */
async function perform(performance: Performance): Promise<Ended> {
  const { skill, stop, input, log } = performance;
  return new Promise<Ended>((resolve) => {
    const suspend = (question: Question): void => {
      resolve({ kind: 'asks', question });
    };
    const fail = (error: unknown): void => {
      resolve({ kind: 'threw', error });
    };
    const onStray = (error: unknown): void => {
      log.error('the skill left an error that nobody caught', { err: error });
      fail(error);
    };
    owningStrayErrors(onStray, () => {
      SkillRun.open({ ...performance, signal: stop.now, suspend })
        .then((ctx) => skill.run(ctx))
        .then((result) => {
          resolve({ kind: 'result', result });
        }, fail);
    });
    stop.now.addEventListener('abort', () => {
      void delay(input.limits.cancelGraceMs).then(() => {
        resolve({ kind: 'abandoned' });
      });
    });
  });
}
