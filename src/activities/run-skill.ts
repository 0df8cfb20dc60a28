// A skill as a Temporal activity: heartbeat, limits, cancel, and the outcome that the workflow is told.

import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ContinuationTokens } from '../temporal/continuations';
import { handParts, referencesOfTask } from '../temporal/stored-hand-over';
import type { TakenOver } from '../temporal/takeover';
import { workflowIdOf } from '../temporal/tasks';
import type { PartStores } from '../storage/part-store';
import { patiently } from '../storage/patient-store';
import { keepTryingUntil } from '../temporal/keep-trying';
import type { TaskActivities, TurnInput, TurnOutcome } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import type { Scope, Task } from '../workflows/task';
import { runAttempt } from './attempt';
import { RunStopped } from './conclude';
import type { LongLog } from './batch-stream';
import type { Pace } from './emitter';
import type { FollowUpSource } from './messages';
import { SkillError, type Skill, type SkillLog } from './skill';
import { watchForStop } from './stop-watch';
import { placeOf } from './thread/place';

/** The run of the workflow that an activity belongs to. */
export interface RunRef {
  readonly scope: Scope;
  readonly taskId: string;
  readonly runId: string;
}

export interface SkillRuntime {
  readonly skills: ReadonlyMap<string, Skill>;
  readonly stores: PartStores;
  readonly continuations: ContinuationTokens;
  /** Records a batch. */
  signal(run: RunRef, batch: Batch): Promise<void>;
  /** See `Tasks.takeOver`. */
  takeOver(run: RunRef, speaker: Pick<Batch, 'turn' | 'attempt'>): Promise<TakenOver>;
  /** Where the long stream of this attempt goes on. */
  longLog(run: RunRef, speaker: Pick<Batch, 'turn' | 'attempt'>): LongLog;
  /** Default: see `Emitter`. */
  readonly pace?: Pace;
  /** See `Tasks.followUps`. */
  followUps(run: RunRef): FollowUpSource;
  /** See `Tasks.read`. */
  readTask(ref: Pick<RunRef, 'scope' | 'taskId'>): Promise<Task>;
  log(taskId: string, skillId: string): SkillLog;
}

export function createTaskActivities(runtime: SkillRuntime): TaskActivities {
  return { runSkill: (input) => runSkill(runtime, input) };
}

async function runSkill(runtime: SkillRuntime, given: TurnInput): Promise<TurnOutcome> {
  const { info } = Context.current();
  const { scope, taskId, skillId } = given;
  const attempt = given.attemptsBefore + info.attempt;
  const skill = runtime.skills.get(skillId);
  if (skill === undefined) {
    const text =
      'this worker does not have the skill: the task waits for one that has it; see SKILLS';
    runtime.log(taskId, skillId).warn(text, { attempt });
    const reason = `no worker has the skill "${skillId}"`;
    return { kind: 'threw', attempt, reason, lacksSkill: true };
  }
  const { runId, workflowId } = info.workflowExecution ?? { runId: '', workflowId: '' };
  const run = { scope, taskId, runId };
  const stop = watchForStop(given.limits.timeoutMs);
  try {
    return await runAttempt({
      ...{ given, attempt, skill, stop },
      place: placeOf(skill, given.limits),
      store: patiently(runtime.stores.of(workflowId), keepTryingUntil(stop.now)),
      log: runtime.log(taskId, skillId),
      continueUrl: (question) => continueUrlOf(runtime, given, question),
      clock: Date,
      ...(runtime.pace && { pace: runtime.pace }),
      send: (batch) => runtime.signal(run, batch),
      longLog: runtime.longLog(run, { turn: given.turn, attempt }),
      takeOver: (speaker) => runtime.takeOver(run, speaker),
      followUps: () => runtime.followUps(run),
      readTask: (referenced) => readTask(runtime, { scope, taskId: referenced }, workflowId),
    });
  } catch (err) {
    if (err instanceof RunStopped) throw ApplicationFailure.retryable(err.message, err.reason);
    throw err;
  } finally {
    stop.close();
  }
}

/** With its stored parts, which go with it: as long as this task is there, so are they. */
async function readTask(
  runtime: SkillRuntime,
  ref: Pick<RunRef, 'scope' | 'taskId'>,
  reader: string,
): Promise<Task> {
  const task = await runtime.readTask(ref);
  const owners = { from: workflowIdOf(ref), to: reader };
  await handParts(runtime.stores, referencesOfTask(task), owners);
  return task;
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
