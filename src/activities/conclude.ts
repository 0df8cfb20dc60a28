// What the workflow is told of a run, from how the author's function ended and why it was stopped.

import { storeBigParts } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TurnInput, TurnOutcome } from '../workflows/contract';
import { AGENT_PARTS_BYTES } from '../workflows/limits';
import type { Emitter } from './emitter';
import { isFinal, textOf } from './error-text';
import type { PartIntake } from './part-intake';
import type { RunArtifacts } from './run-artifacts';
import { toSkillMessage } from './say';
import type { Say, SkillMessage, SkillResult } from './skill';
import type { Question } from './questions';
import type { Sleep } from './skill-run';
import type { StopWatch } from './stop-watch';

/** How the author's function ended. */
export type Ended =
  | { readonly kind: 'result'; readonly result: SkillResult; readonly failedSteps?: FailedSteps }
  /** `ctx.tools` ended the task: also as canceled, which a skill may not say of itself. */
  | { readonly kind: 'told'; readonly result: SkillResult; readonly failedSteps?: FailedSteps }
  | {
      readonly kind: 'threw';
      readonly error: unknown;
      readonly failedSteps?: FailedSteps;
      /** It came from beside the function, which did not catch it. */
      readonly isStray?: boolean;
    }
  | { readonly kind: 'asks'; readonly question: Question }
  | { readonly kind: 'sleeps'; readonly sleep: Sleep }
  | { readonly kind: 'abandoned' };

type Delivery = Extract<Ended, { readonly result: SkillResult }>;

/** See `Decision`. */
type FailedSteps = readonly string[];

export interface Turn {
  readonly input: TurnInput;
  readonly attempt: number;
  readonly emitter: Emitter;
  readonly store: PartStore;
  readonly intake: PartIntake;
  readonly artifacts: RunArtifacts;
  readonly stop: StopWatch;
}

type EndedTurn = Extract<TurnOutcome, { kind: 'ended' }>;
type Ending = EndedTurn['state'];

/** Nothing came of a run: it was stopped from outside, and another attempt may follow. */
export class RunStopped extends Error {
  readonly reason: 'worker-shutdown' | 'task-gone';
  constructor(reason: RunStopped['reason']) {
    super('the run was stopped');
    this.name = 'RunStopped';
    this.reason = reason;
  }
}

/** @throws RunStopped when another attempt has to follow. */
export async function conclude(ended: Ended, turn: Turn): Promise<TurnOutcome> {
  try {
    return await concludeOnce(ended, turn);
  } catch (err) {
    // What was said last may turn out to be impossible to record only here.
    const ended: Ended =
      turn.stop.reason === undefined ? { kind: 'threw', error: err } : { kind: 'abandoned' };
    return concludeOnce(ended, turn);
  }
}

async function concludeOnce(ended: Ended, turn: Turn): Promise<TurnOutcome> {
  const { stop, input } = turn;
  switch (stop.reason) {
    case 'worker-shutdown':
    case 'task-gone':
      // Another worker takes over at once; for a task that is gone nobody listens. Not even a result
      // counts: a loop that the abort has cut short returns one like a loop that has come to its end.
      throw new RunStopped(stop.reason);
    case 'unrecordable':
      return endedAs('failed', turn, 'what the skill said could not be recorded');
    case 'time-limit': {
      const seconds = String(input.limits.timeoutMs / 1_000);
      return endedAs('failed', turn, `the skill ran longer than its limit of ${seconds} s`);
    }
    case 'cancel':
      // A cancel that meets a finished skill changes nothing; anything else is a cancel.
      if (ended.kind === 'result') return concludeResult(ended, turn);
      if (ended.kind === 'told') return deliver(ended, turn);
      return endedAs('canceled', turn);
    case undefined:
      return concludeFree(ended, turn);
  }
}

async function concludeFree(ended: Ended, turn: Turn): Promise<TurnOutcome> {
  const { attempt, emitter } = turn;
  switch (ended.kind) {
    case 'result':
      return concludeResult(ended, turn);
    case 'told':
      return deliver(ended, turn);
    case 'asks': {
      await emitter.flush();
      const { state, message } = ended.question;
      return { kind: 'asks', state, attempt, message: await stored(message, turn) };
    }
    case 'sleeps': {
      await emitter.flush();
      const { until, hears } = ended.sleep;
      return { kind: 'sleeps', attempt, until, ...(hears && { hears }) };
    }
    case 'threw': {
      await emitter.flush();
      const { error, failedSteps = [] } = ended;
      const steps = failedSteps.length === 0 ? {} : { failedSteps };
      if (isFinal(error)) return { ...(await endedAs('failed', turn, textOf(error))), ...steps };
      return { kind: 'threw', attempt, reason: textOf(error), ...steps };
    }
    case 'abandoned':
      throw new Error('a run is abandoned only after a stop');
  }
}

async function concludeResult(done: Delivery, turn: Turn): Promise<TurnOutcome> {
  const problem = problemOf(done.result, turn);
  return problem === undefined ? deliver(done, turn) : breach(problem, turn);
}

async function deliver({ result, failedSteps = [] }: Delivery, turn: Turn): Promise<TurnOutcome> {
  if ('reply' in result) return endedAs('completed', turn, result.reply);
  if (result.state === 'completed') {
    for (const said of turn.artifacts.result(result.artifacts ?? [])) {
      await turn.emitter.emit(await turn.intake.emission(said));
    }
  }
  await turn.emitter.flush();
  const ending = await endedAs(result.state, turn, result.message);
  return result.state === 'failed' && failedSteps.length > 0 ? { ...ending, failedSteps } : ending;
}

/** A message as it is recorded: its files first, then what is too big beside Temporal. */
async function stored(
  message: SkillMessage,
  { store, intake }: Turn,
): Promise<NonNullable<EndedTurn['message']>> {
  const { parts } = await intake.message(message);
  return { ...message, parts: await storeBigParts(store, parts, AGENT_PARTS_BYTES) };
}

/** Skills may be written without types, so what they return is looked at. */
function problemOf(result: unknown, { input, stop }: Turn): string | undefined {
  const { state, reply } = (result ?? {}) as { readonly state?: unknown; readonly reply?: unknown };
  if (reply !== undefined) {
    if (input.replies) return problemOfReply(reply);
    return 'the skill returned reply(…), which only a skill with `replies: true` may';
  }
  switch (state) {
    case 'completed':
      return input.replies ? 'a skill with `replies: true` must return reply(…)' : undefined;
    case 'failed':
    case 'rejected':
      return undefined;
    case 'canceled':
      if (stop.reason === 'cancel') return undefined;
      return 'the skill said "canceled", but nobody canceled it';
    case undefined:
      return 'the skill returned no result; it must return completed(…), failed(…) or rejected(…)';
    default:
      return `the skill returned the state ${JSON.stringify(state)}, which is not an ending`;
  }
}

function problemOfReply(reply: unknown): string | undefined {
  try {
    toSkillMessage(reply as Say);
    return undefined;
  } catch (err) {
    return textOf(err);
  }
}

/** To the skill's task a failure like others; to a caller who waits for a reply an error of its own. */
async function breach(problem: string, turn: Turn): Promise<TurnOutcome> {
  const ended = await endedAs('failed', turn, problem);
  return { ...ended, isBreach: true };
}

async function endedAs(state: Ending, turn: Turn, say?: Say): Promise<EndedTurn> {
  const { attempt } = turn;
  if (say === undefined) return { kind: 'ended', state, attempt };
  return { kind: 'ended', state, attempt, message: await stored(toSkillMessage(say), turn) };
}
