// A skill as a Temporal activity: heartbeat, limits, cancel, and the outcome that the workflow is told.

import { ApplicationFailure, Context } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from '../temporal/connection';
import { storeBigParts } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TaskActivities, TurnInput, TurnOutcome } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import type { Scope } from '../workflows/task';
import { Emitter } from './emitter';
import {
  SkillError,
  type Skill,
  type SkillLog,
  type SkillMessage,
  type SkillResult,
} from './skill';
import { SkillRun, toSkillMessage, type Question } from './skill-run';

/** Well below every heartbeat timeout; the SDK passes on what its throttle lets through (D13). */
const HEARTBEAT_MS = 400;

export interface SkillRuntime {
  readonly skills: ReadonlyMap<string, Skill>;
  readonly store: PartStore;
  /** Records a batch in the run that the activity belongs to. */
  signal(
    task: { readonly scope: Scope; readonly taskId: string; readonly runId: string },
    batch: Batch,
  ): Promise<void>;
  log(taskId: string, skillId: string): SkillLog;
}

/** Why a run is stopped from outside. */
type Stop = 'cancel' | 'time-limit' | 'worker-shutdown' | 'task-gone' | 'unrecordable';

type Ended =
  | { readonly kind: 'result'; readonly result: SkillResult }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'asks'; readonly question: Question }
  | { readonly kind: 'abandoned' };

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
  const { runId } = info.workflowExecution ?? { runId: '' };
  const emitter = new Emitter({
    turn: input.turn,
    attempt,
    store: runtime.store,
    inlineBytes: input.inlineBytes,
    send: (batch) => runtime.signal({ scope: input.scope, taskId: input.taskId, runId }, batch),
    signal: stop.now,
    onFailure: (err) => {
      stop.because(isNotFound(err) ? 'task-gone' : 'unrecordable');
    },
  });
  try {
    const log = runtime.log(input.taskId, input.skillId);
    const ended = await perform({
      skill,
      input,
      attempt,
      emitter,
      store: runtime.store,
      stop,
      log,
    });
    // Branches of the function that still run have nobody to speak to.
    if (ended.kind === 'asks') emitter.close();
    if (ended.kind === 'threw') log.error('the skill threw', { err: ended.error, attempt });
    return await concludeAnyhow(ended, { input, attempt, emitter, store: runtime.store, stop });
  } finally {
    emitter.close();
    stop.close();
  }
}

interface Performance {
  readonly skill: Skill;
  readonly input: TurnInput;
  readonly attempt: number;
  readonly emitter: Emitter;
  readonly store: PartStore;
  readonly stop: StopWatch;
  readonly log: SkillLog;
}

/** Runs the author's function until it ends, asks, or outlives its grace after a stop. */
async function perform(performance: Performance): Promise<Ended> {
  const { skill, stop, input } = performance;
  return new Promise<Ended>((resolve) => {
    const suspend = (question: Question): void => {
      resolve({ kind: 'asks', question });
    };
    SkillRun.open({ ...performance, signal: stop.now, suspend })
      .then((ctx) => skill.run(ctx))
      .then(
        (result) => {
          resolve({ kind: 'result', result });
        },
        (error: unknown) => {
          resolve({ kind: 'threw', error });
        },
      );
    stop.now.addEventListener('abort', () => {
      void delay(input.limits.cancelGraceMs).then(() => {
        resolve({ kind: 'abandoned' });
      });
    });
  });
}

type Conclusion = Omit<Performance, 'skill' | 'log'>;

/** What was said last may turn out to be impossible to record only while it is concluded. */
async function concludeAnyhow(ended: Ended, turn: Conclusion): Promise<TurnOutcome> {
  try {
    return await conclude(ended, turn);
  } catch (err) {
    if (turn.stop.reason === undefined) throw err;
    return conclude({ kind: 'abandoned' }, turn);
  }
}

async function conclude(ended: Ended, turn: Conclusion): Promise<TurnOutcome> {
  const { attempt, stop, input } = turn;
  switch (stop.reason) {
    case 'worker-shutdown':
    case 'task-gone':
      // Another worker takes over at once; for a task that is gone nobody listens.
      throw ApplicationFailure.retryable('the run was stopped', stop.reason);
    case 'unrecordable':
      return failedWith(attempt, 'what the skill said could not be recorded');
    case 'time-limit': {
      const seconds = String(input.limits.timeoutMs / 1_000);
      return failedWith(attempt, `the skill ran longer than its limit of ${seconds} s`);
    }
    case 'cancel':
      return concludeCanceled(ended, turn);
    case undefined:
      return concludeFree(ended, turn);
  }
}

/** A cancel that meets a finished skill changes nothing; anything else is a cancel. */
async function concludeCanceled(ended: Ended, turn: Conclusion): Promise<TurnOutcome> {
  if (ended.kind === 'result') return concludeResult(ended.result, turn);
  return { kind: 'ended', state: 'canceled', attempt: turn.attempt };
}

async function concludeFree(ended: Ended, turn: Conclusion): Promise<TurnOutcome> {
  const { attempt } = turn;
  switch (ended.kind) {
    case 'result':
      return concludeResult(ended.result, turn);
    case 'asks': {
      await turn.emitter.flush();
      const { state, message } = ended.question;
      return { kind: 'asks', state, attempt, message: await stored(turn, message) };
    }
    case 'threw': {
      await turn.emitter.flush();
      const { error } = ended;
      if (error instanceof SkillError && !error.retryable)
        return failedWith(attempt, error.message);
      return { kind: 'threw', attempt, reason: textOf(error) };
    }
    case 'abandoned':
      throw new Error('a run is abandoned only after a stop');
  }
}

async function concludeResult(result: SkillResult, turn: Conclusion): Promise<TurnOutcome> {
  const { attempt, emitter, stop } = turn;
  const problem = problemOf(result, stop.reason === 'cancel');
  if (problem !== undefined) return failedWith(attempt, problem);
  if (result.state === 'completed') {
    for (const [index, artifact] of (result.artifacts ?? []).entries()) {
      const artifactId = artifact.artifactId ?? `result-${String(index + 1)}`;
      const at = Date.now();
      await emitter.emit({
        kind: 'artifact',
        at,
        ...artifact,
        artifactId,
        append: false,
        last: true,
      });
    }
  }
  await emitter.flush();
  const message =
    result.message === undefined
      ? {}
      : { message: await stored(turn, toSkillMessage(result.message)) };
  return { kind: 'ended', state: result.state, attempt, ...message };
}

/** Skills may be written without types, so what they return is looked at. */
function problemOf(result: unknown, isCanceled: boolean): string | undefined {
  const state = (result as Partial<SkillResult> | null | undefined)?.state;
  switch (state) {
    case 'completed':
    case 'failed':
    case 'rejected':
      return undefined;
    case 'canceled':
      return isCanceled ? undefined : 'the skill said "canceled", but nobody canceled it';
    case undefined:
      return 'the skill returned no result; it must return completed(…), failed(…) or rejected(…)';
  }
}

async function stored(
  { store }: Conclusion,
  message: SkillMessage,
): Promise<{ parts: Awaited<ReturnType<typeof storeBigParts>> }> {
  return { ...message, parts: await storeBigParts(store, message.parts) };
}

function failedWith(attempt: number, reason: string): TurnOutcome {
  return { kind: 'ended', state: 'failed', attempt, message: { parts: [{ text: reason }] } };
}

/** The text of an error, never its stack. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

interface StopWatch {
  /** Aborts when the run has to stop. */
  readonly now: AbortSignal;
  readonly reason: Stop | undefined;
  because(reason: Stop): void;
  close(): void;
}

/** Heartbeats, and turns cancel, time limit and shutdown into one abort signal. */
function watchForStop(timeoutMs: number): StopWatch {
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
