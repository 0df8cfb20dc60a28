// A skill as a Temporal activity: heartbeat, limits, cancel, and the outcome that the workflow is told.

import { Context } from '@temporalio/activity';
import type { ContinuationTokens } from '../temporal/continuations';
import type { PartStore } from '../storage/part-store';
import type { TaskActivities, TurnInput, TurnOutcome } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import type { Scope, Task } from '../workflows/task';
import type { TaskFold } from '../workflows/task-state';
import { runAttempt } from './attempt';
import type { FollowUpSource } from './messages';
import { SkillError, type Skill, type SkillLog } from './skill';
import { watchForStop } from './stop-watch';

/** The run of the workflow that an activity belongs to. */
export interface RunRef {
  readonly scope: Scope;
  readonly taskId: string;
  readonly runId: string;
}

export interface SkillRuntime {
  readonly skills: ReadonlyMap<string, Skill>;
  readonly store: PartStore;
  readonly continuations: ContinuationTokens;
  /** Records a batch. */
  signal(run: RunRef, batch: Batch): Promise<void>;
  /** See `Tasks.takeOver`. */
  takeOver(run: RunRef, speaker: Pick<Batch, 'turn' | 'attempt'>): Promise<TaskFold>;
  /** See `Tasks.followUps`. */
  followUps(run: RunRef): FollowUpSource;
  /** See `Tasks.read`. */
  read(ref: Pick<RunRef, 'scope' | 'taskId'>): Promise<Task>;
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
    return { kind: 'threw', attempt, reason: `no worker has the skill "${skillId}"` };
  }
  const run = { scope, taskId, runId: info.workflowExecution?.runId ?? '' };
  const stop = watchForStop(given.limits.timeoutMs);
  try {
    return await runAttempt({
      ...{ given, attempt, skill, stop },
      store: runtime.store,
      log: runtime.log(taskId, skillId),
      continueUrl: (question) => continueUrlOf(runtime, given, question),
      clock: Date,
      send: (batch) => runtime.signal(run, batch),
      takeOver: (speaker) => runtime.takeOver(run, speaker),
      followUps: () => runtime.followUps(run),
      readTask: (referenced) => runtime.read({ scope, taskId: referenced }),
    });
  } finally {
    stop.close();
  }
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
