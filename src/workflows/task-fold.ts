// What the reducer holds of a task: between two turns, in the middle of one, and as JSON, in which form the log of a
// long stream begins with it, carries it on, and hands it back (D8).

import type { JournalItem } from './journal';
import { jsonBytes } from './json-bytes';
import { PAYLOAD_MAX_BYTES, TASK_BYTES } from './limits';
import type { Lane } from './repetition';
import type { Part, Task } from './task';

/** The fold between two turns, or while its skill sleeps: all that a next run needs to go on. */
export interface Checkpoint {
  readonly task: Task;
  readonly turn: number;
  /** Message ids of the follow-ups so far, in order; ids may repeat, callers choose them. */
  readonly followUps: readonly string[];
  /** How many of them skills have read. */
  readonly read: number;
  /** What the skill has done for good, in all its turns. Absent when it has done nothing. */
  readonly journal?: readonly JournalItem[];
  /** The newest update ids, so that an update repeated to the next run is recognised. */
  readonly updateIds: readonly string[];
}

export interface TaskFold extends Checkpoint {
  /** The newest attempt of the turn that was heard; 0 before the first. */
  readonly attempt: number;
  /** The next batch number of that attempt. */
  readonly n: number;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** Progress texts since the checkpoint, as JSON. */
  readonly said: readonly string[];
  /** How many of them the newest attempt has said again; absent when it speaks live. */
  readonly repeated?: number;
  /** Workflow id of the log in which the stream goes on; absent while it is in the task's own history. */
  readonly log?: string;
  /** Batches dropped because their attempt, turn or task was over. */
  readonly staleBatches: number;
}

/** A lane whose one version is what its artifact holds: by far the most, and twice that might not fit. */
interface LaneAsHeld {
  readonly lane: Lane;
  /** Of the only segment, which then has none. */
  readonly partsAreHeld: true;
}

type LaneSnapshot = LaneAsHeld | { readonly lane: Lane };

export interface FoldSnapshot extends Checkpoint {
  readonly attempt: number;
  readonly n: number;
  readonly lanes: readonly (readonly [string, LaneSnapshot])[];
  readonly said: readonly string[];
  readonly repeated?: number;
  readonly staleBatches: number;
  readonly log?: string;
}

/**
 * What would be more than Temporal takes goes without what was said: an attempt that follows a lost one then says it again,
 * and is heard again. Or without lanes that begin their artifact anew: it is what such an attempt says of it then. That takes
 * megabytes of progress, or artifacts that were replaced over and over in one turn. Lanes that add to an artifact stay as
 * long as there is room: without them words would be twice.
 */
export function toSnapshot(fold: TaskFold): FoldSnapshot {
  const adding = [...fold.lanes].filter(([, { segments }]) => segments[0]?.isStart === false);
  const silent = withoutSaid(fold);
  const choices: readonly (readonly [TaskFold, readonly HeldLane[]])[] = [
    [fold, [...fold.lanes]],
    [silent, [...fold.lanes]],
    [fold, adding],
    [silent, adding],
  ];
  for (const [kept, lanes] of choices) {
    const snapshot = withLanes(kept, lanes);
    if (fits(snapshot)) return snapshot;
  }
  return withLanes(silent, []);
}

type HeldLane = readonly [string, Lane];

function withLanes({ lanes: _all, ...rest }: TaskFold, lanes: readonly HeldLane[]): FoldSnapshot {
  const heldBy = new Map(rest.task.artifacts.map(({ artifactId, parts }) => [artifactId, parts]));
  return {
    ...rest,
    lanes: lanes.map(([id, lane]) => [id, toLaneSnapshot(lane, heldBy.get(id))] as const),
  };
}

function withoutSaid({ repeated: _none, ...rest }: TaskFold): TaskFold {
  return { ...rest, said: [] };
}

function fits(snapshot: FoldSnapshot): boolean {
  return jsonBytes(snapshot) <= PAYLOAD_MAX_BYTES - TASK_BYTES.frame;
}

export function fromSnapshot({ lanes, ...rest }: FoldSnapshot): TaskFold {
  const heldBy = new Map(rest.task.artifacts.map(({ artifactId, parts }) => [artifactId, parts]));
  return {
    ...rest,
    lanes: new Map(lanes.map(([id, snapshot]) => [id, fromLaneSnapshot(snapshot, heldBy.get(id))])),
  };
}

function toLaneSnapshot(lane: Lane, held: readonly Part[] | undefined): LaneSnapshot {
  const [only, ...others] = lane.segments;
  const isHeld =
    only?.isStart === true &&
    others.length === 0 &&
    JSON.stringify(only.parts) === JSON.stringify(held);
  if (!isHeld) return { lane };
  return { lane: { ...lane, segments: [{ ...only, parts: [] }] }, partsAreHeld: true };
}

function fromLaneSnapshot(snapshot: LaneSnapshot, held: readonly Part[] = []): Lane {
  const { lane } = snapshot;
  if (!('partsAreHeld' in snapshot)) return lane;
  return { ...lane, segments: lane.segments.map((segment) => ({ ...segment, parts: held })) };
}
