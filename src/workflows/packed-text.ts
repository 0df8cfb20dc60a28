// Stored texts of an artifact that have become one: what the fold holds gets shorter, and says the same. Pure; used
// by the reducer.

import type { PackedTextEmission } from './emission';
import { indexOfRun } from './parts';
import { packLane, type Lane } from './repetition';
import type { TaskFold } from './task-fold';

/** @param lanes those of the fold, to be changed. */
export function packText(
  fold: TaskFold,
  { artifactId, replaces, part }: PackedTextEmission,
  lanes: Map<string, Lane>,
): TaskFold {
  const lane = lanes.get(artifactId);
  if (lane !== undefined) lanes.set(artifactId, packLane(lane, replaces, part));
  const { task } = fold;
  const artifacts = task.artifacts.map((artifact) => {
    const at = artifact.artifactId === artifactId ? indexOfRun(artifact.parts, replaces) : -1;
    if (at < 0) return artifact;
    return { ...artifact, parts: artifact.parts.toSpliced(at, replaces.length, part) };
  });
  return { ...fold, task: { ...task, artifacts } };
}
