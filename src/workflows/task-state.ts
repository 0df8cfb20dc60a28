// The one reducer (D2): folds what the history records into the task and its A2A events.
// It runs in the workflow (behind the query and the result) and in every reader of the history.

import { withMessage } from './apply-event';
import { fitTask } from './fit-task';
import { foldBatch, startAttempt } from './fold-batch';
import { jsonBytes } from './json-bytes';
import { TASK_MAX_BYTES } from './limits';
import { changeArtifact, setStatus, toTimestamp, type Folded } from './make-events';
import type { Decision, Recorded } from './recorded';
import { settle } from './repetition';
import { fromSnapshot, type Checkpoint, type TaskFold } from './task-fold';
import {
  NEXT,
  TaskState,
  isInterrupted,
  isTerminal,
  type Artifact,
  type Message,
  type Task,
  type TaskEvent,
} from './task';

/** Update ids kept; a client that lost the answer repeats an update within seconds, if at all. */
const UPDATE_IDS_KEPT = 100;

/** Folds one record. The first one of a run creates (or continues) the task. */
export function foldTask(fold: TaskFold | undefined, recorded: Recorded): Folded {
  if (recorded.kind === 'created') return create(recorded);
  if (recorded.kind === 'continued') return { fold: openTurn(recorded.checkpoint), events: [] };
  if (recorded.kind === 'resumed') return { fold: fromSnapshot(recorded.snapshot), events: [] };
  if (fold === undefined) throw new Error(`a task cannot begin with "${recorded.kind}"`);
  switch (recorded.kind) {
    case 'batch':
      return foldBatch(fold, recorded.batch);
    case 'log-closed': {
      const { log: _closed, ...rest } = fold;
      return { fold: rest, events: [] };
    }
    case 'message':
      return { fold: foldMessage(fold, recorded.message, recorded.updateId), events: [] };
    case 'decision':
      return foldDecision(fold, recorded.decision);
    case 'ended':
      return foldEnding(fold, recorded);
  }
}

/** Only between turns and while the skill sleeps: what a new run starts from. */
export function checkpointOf(fold: TaskFold): Checkpoint {
  const { task, turn, followUps, read, updateIds, journal } = fold;
  return { task, turn, followUps, read, updateIds, ...(journal && { journal }) };
}

/** The artifacts as a new attempt finds them: what older ones said since the checkpoint is not theirs. */
export function artifactsAtCheckpoint({ task, lanes }: TaskFold): readonly Artifact[] {
  return task.artifacts.map((artifact) => {
    const lane = lanes.get(artifact.artifactId);
    return lane === undefined ? artifact : { ...artifact, parts: lane.base };
  });
}

function openTurn(checkpoint: Checkpoint): TaskFold {
  return { ...checkpoint, attempt: 0, n: 0, lanes: new Map(), said: [], staleBatches: 0 };
}

function create(recorded: Extract<Recorded, { kind: 'created' }>): Folded {
  const { taskId, contextId, skillId, message, inherited } = recorded;
  const { history = [], artifacts = [], journal } = inherited ?? {};
  const followUps = history.filter(({ role }) => role === 'ROLE_USER').map((m) => m.messageId);
  const task: Task = {
    id: taskId,
    contextId,
    skillId,
    status: { state: TaskState.submitted, timestamp: toTimestamp(recorded.at) },
    history: [message, ...history],
    artifacts,
    seq: 1,
  };
  const read = followUps.length;
  const begun = { task, turn: 0, followUps, read, updateIds: [], ...(journal && { journal }) };
  const fold = openTurn(begun);
  return { fold, events: [{ kind: 'task', seq: 1, task }] };
}

function foldMessage(fold: TaskFold, said: Message, updateId: string): TaskFold {
  // The server dedupes an update within one run only.
  if (fold.updateIds.includes(updateId)) return fold;
  const { task } = fold;
  const message = { ...said, taskId: task.id, contextId: task.contextId };
  const history = [...withMessage(task.history, task.status.message), message];
  return {
    ...fold,
    task: { ...task, history },
    followUps: [...fold.followUps, message.messageId],
    updateIds: [...fold.updateIds, updateId].slice(-UPDATE_IDS_KEPT),
  };
}

function foldDecision(fold: TaskFold, decision: Decision): Folded {
  if (!NEXT[fold.task.status.state].includes(decision.state)) return { fold, events: [] };
  const settled = endsTurn(decision) ? settleTurn(fold, decision.attempt) : { fold, events: [] };
  // Between turns a task is published: whatever has come together, it has to be one that Temporal takes.
  const besides = jsonBytes([fold.followUps, decision.message ?? null]);
  const { task, events } = fitTask(settled.fold.task, TASK_MAX_BYTES - besides);
  const checkpoint: Checkpoint = {
    task: isTerminal(decision.state) ? nameUnread(task, fold.followUps.slice(decision.read)) : task,
    turn: decision.turn,
    followUps: fold.followUps,
    read: decision.read,
    updateIds: fold.updateIds,
    ...(fold.journal && { journal: fold.journal }),
  };
  const next = { ...openTurn(checkpoint), staleBatches: fold.staleBatches };
  const decided = setStatus(next, decision.at, decision);
  return { fold: decided.fold, events: [...settled.events, ...events, ...decided.events] };
}

/** A turn that came to its end has said all it had to say; a failed one is left as it is. */
function endsTurn(decision: Decision): boolean {
  return decision.state === TaskState.completed || isInterrupted(decision.state);
}

function settleTurn(fold: TaskFold, attempt: number): Folded {
  let current = startAttempt(fold, attempt);
  const events: TaskEvent[] = [];
  for (const [artifactId, lane] of current.lanes) {
    const held = current.task.artifacts.find((a) => a.artifactId === artifactId);
    const settled = settle(lane);
    const folded = changeArtifact(current, held ?? { artifactId }, settled.changes);
    current = folded.fold;
    events.push(...folded.events);
  }
  return { fold: current, events };
}

function nameUnread(task: Task, unread: readonly string[]): Task {
  return unread.length === 0 ? task : { ...task, unreadMessageIds: unread };
}

function foldEnding(fold: TaskFold, ended: Extract<Recorded, { kind: 'ended' }>): Folded {
  if (isTerminal(fold.task.status.state)) return { fold, events: [] };
  const message = { parts: [{ text: ended.reason }] };
  return setStatus(fold, ended.at, { state: ended.state, message });
}
