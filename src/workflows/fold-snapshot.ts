// A fold in the middle of a turn as JSON: what a log of a long stream begins with, carries on, and hands back (D8).

import type { Checkpoint } from './recorded';
import type { Lane } from './repetition';
import type { TaskFold } from './task-state';
import type { Part } from './task';

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

export function toSnapshot({ lanes, ...rest }: TaskFold): FoldSnapshot {
  const heldBy = new Map(rest.task.artifacts.map(({ artifactId, parts }) => [artifactId, parts]));
  return {
    ...rest,
    lanes: [...lanes].map(([id, lane]) => [id, toLaneSnapshot(lane, heldBy.get(id))]),
  };
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
