// The one reducer (D2): folds what the history records into the task and its A2A events.
// It runs in the workflow (behind the query and the result) and in every reader of the history.

import type { ArtifactEmission, Batch, Emission, ProgressEmission } from './emission';
import {
  hear,
  newLane,
  passCheckpoint,
  rewind,
  settle,
  type ArtifactChange,
  type Lane,
} from './repetition';
import { applyEvent, headingOf, withMessage } from './apply-event';
import { fitSaid, fitTask } from './fit-task';
import { addEntries, packEntries } from './fold-journal';
import { jsonBytes } from './json-bytes';
import { TASK_MAX_BYTES } from './limits';
import { packText } from './packed-text';
import type { Decision, Recorded } from './recorded';
import { fromSnapshot, type Checkpoint, type TaskFold } from './task-fold';
import {
  NEXT,
  TaskState,
  isInterrupted,
  isTerminal,
  type Artifact,
  type JsonObject,
  type Message,
  type Part,
  type Task,
  type TaskEvent,
} from './task';

/** Update ids kept; a client that lost the answer repeats an update within seconds, if at all. */
const UPDATE_IDS_KEPT = 100;

export interface Folded {
  readonly fold: TaskFold;
  readonly events: readonly TaskEvent[];
}

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

function foldBatch(fold: TaskFold, batch: Batch): Folded {
  const isStale =
    // Outside `working` no turn runs, so whoever speaks is a leftover.
    fold.task.status.state !== TaskState.working ||
    batch.turn !== fold.turn ||
    batch.attempt < fold.attempt ||
    // The same batch twice: the signal was recorded, but its acknowledgement was lost.
    (batch.attempt === fold.attempt && batch.n < fold.n);
  if (isStale) return { fold: { ...fold, staleBatches: fold.staleBatches + 1 }, events: [] };
  const started = startAttempt(fold, batch.attempt);
  // One copy for all of the batch: there may be thousands of artifacts.
  const lanes = new Map(started.lanes);
  let current: TaskFold = { ...started, n: batch.n + 1, lanes };
  const events: TaskEvent[] = [];
  for (const emission of batch.emissions) {
    const folded = foldEmission(current, emission, lanes);
    current = folded.fold;
    events.push(...folded.events);
  }
  return { fold: current, events };
}

/** A newer attempt begins: it is read against what older ones said since the checkpoint. */
function startAttempt(fold: TaskFold, attempt: number): TaskFold {
  if (attempt <= fold.attempt) return fold;
  const lanes = new Map([...fold.lanes].map(([id, lane]) => [id, rewind(lane)]));
  return { ...fold, attempt, n: 0, lanes, repeated: 0 };
}

/** @param lanes those of the fold, to be changed. */
function foldEmission(fold: TaskFold, emission: Emission, lanes: Map<string, Lane>): Folded {
  switch (emission.kind) {
    case 'progress':
      return foldProgress(fold, emission);
    case 'artifact':
      return foldArtifact(fold, emission, lanes);
    case 'journal': {
      const added = addEntries(fold, emission.entries);
      return { fold: { ...atCheckpoint(fold, lanes), ...added }, events: [] };
    }
    case 'packed-journal':
      return { fold: { ...fold, ...packEntries(fold, emission) }, events: [] };
    case 'moved':
      return { fold: { ...fold, log: emission.log }, events: [] };
    case 'packed-text':
      return { fold: packText(fold, emission, lanes), events: [] };
  }
}

/** What the newest attempt has said, or said again, counts from here on; what it has not yet may still come. */
function atCheckpoint(fold: TaskFold, lanes: Map<string, Lane>): TaskFold {
  for (const [artifactId, lane] of lanes) {
    const passed = passCheckpoint(lane);
    if (passed === undefined) lanes.delete(artifactId);
    else lanes.set(artifactId, passed);
  }
  const { repeated, ...rest } = fold;
  if (repeated === undefined) return { ...rest, said: [] };
  const said = fold.said.slice(repeated);
  return said.length === 0 ? { ...rest, said } : { ...rest, said, repeated: 0 };
}

function foldArtifact(
  fold: TaskFold,
  emission: ArtifactEmission,
  lanes: Map<string, Lane>,
): Folded {
  const { artifactId } = emission;
  const lane = lanes.get(artifactId) ?? newLane(partsOf(fold.task, artifactId));
  const heard = hear(lane, emission);
  lanes.set(artifactId, heard.lane);
  return changeArtifact(fold, emission, heard.changes);
}

function partsOf({ artifacts }: Task, artifactId: string): readonly Part[] {
  return artifacts.find((a) => a.artifactId === artifactId)?.parts ?? [];
}

function foldProgress(fold: TaskFold, emission: ProgressEmission): Folded {
  const text = JSON.stringify([emission.parts, emission.metadata]);
  const repeated = fold.repeated ?? fold.said.length;
  if (fold.said[repeated] === text) {
    return { fold: { ...fold, repeated: repeated + 1 }, events: [] };
  }
  const said = [...fold.said.slice(0, repeated), text];
  const next = { ...fold, said, repeated: said.length };
  return setStatus(next, TaskState.working, emission.at, { message: emission });
}

function changeArtifact(
  fold: TaskFold,
  heading: Omit<Artifact, 'parts'>,
  changes: readonly ArtifactChange[],
): Folded {
  return emit(
    fold,
    changes.map((change, index) => ({
      kind: 'artifact',
      seq: fold.task.seq + 1 + index,
      artifact: { ...headingOf(heading), parts: change.parts },
      append: change.append,
      lastChunk: change.last,
    })),
  );
}

/** The task is what its events make of it: whoever folds the stream holds what `GetTask` holds. */
function emit(fold: TaskFold, events: readonly TaskEvent[]): Folded {
  return { fold: { ...fold, task: events.reduce(applyEvent, fold.task) }, events };
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
  const decided = setStatus(next, decision.state, decision.at, {
    message: decision.message,
    cancelMetadata: decision.cancelMetadata,
  });
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
  return setStatus(fold, ended.state, ended.at, { message });
}

interface Saying {
  readonly message?:
    { readonly parts: readonly Part[]; readonly metadata?: JsonObject } | undefined;
  readonly cancelMetadata?: JsonObject | undefined;
}

function setStatus(
  fold: TaskFold,
  state: TaskState,
  at: number,
  { message: says, cancelMetadata }: Saying,
): Folded {
  const { task } = fold;
  const seq = task.seq + 1;
  const timestamp = laterOf(task.status.timestamp, toTimestamp(at));
  const said = says && fitSaid(says);
  const message: Message | undefined = said && {
    // The same in every reader and after every retry, because seq is.
    messageId: `${task.id}:${String(seq)}`,
    role: 'ROLE_AGENT',
    parts: said.parts,
    contextId: task.contextId,
    taskId: task.id,
    ...(said.metadata === undefined ? {} : { metadata: said.metadata }),
  };
  const status = {
    state,
    timestamp,
    ...(message === undefined ? {} : { message }),
    ...(cancelMetadata === undefined ? {} : { cancelMetadata }),
  };
  return emit(fold, [{ kind: 'status', seq, status }]);
}

/** Clocks of workers differ; a task's time does not run backwards. */
function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}

function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
