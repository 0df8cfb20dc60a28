// Folds what a skill says, batch by batch: fences its attempts (D4) and recognises what a later one repeats.

import type { ArtifactEmission, Batch, Emission, ProgressEmission } from './emission';
import { addEntries, packEntries } from './fold-journal';
import { changeArtifact, setStatus, type Folded } from './make-events';
import { packText } from './packed-text';
import { hear, newLane, passCheckpoint, rewind, type Lane } from './repetition';
import type { TaskFold } from './task-fold';
import { TaskState, type Part, type Task, type TaskEvent } from './task';

/** What the fold holds while a batch is folded, to be changed until its end. */
interface Copies {
  readonly lanes: Map<string, Lane>;
  readonly said: string[];
}

export function foldBatch(fold: TaskFold, batch: Batch): Folded {
  const isStale =
    // Outside `working` no turn runs, so whoever speaks is a leftover.
    fold.task.status.state !== TaskState.working ||
    batch.turn !== fold.turn ||
    batch.attempt < fold.attempt ||
    // The same batch twice: the signal was recorded, but its acknowledgement was lost.
    (batch.attempt === fold.attempt && batch.n < fold.n);
  if (isStale) return { fold: { ...fold, staleBatches: fold.staleBatches + 1 }, events: [] };
  const started = startAttempt(fold, batch.attempt);
  // One copy for all of the batch: there may be thousands of artifacts, and of texts.
  const copies: Copies = { lanes: new Map(started.lanes), said: [...started.said] };
  let current: TaskFold = { ...started, n: batch.n + 1, ...copies };
  const events: TaskEvent[] = [];
  for (const emission of batch.emissions) {
    const folded = foldEmission(current, emission, copies);
    current = folded.fold;
    events.push(...folded.events);
  }
  return { fold: current, events };
}

/** A newer attempt begins: it is read against what older ones said since the checkpoint. */
export function startAttempt(fold: TaskFold, attempt: number): TaskFold {
  if (attempt <= fold.attempt) return fold;
  const lanes = new Map([...fold.lanes].map(([id, lane]) => [id, rewind(lane)]));
  return { ...fold, attempt, n: 0, lanes, repeated: 0 };
}

function foldEmission(fold: TaskFold, emission: Emission, copies: Copies): Folded {
  switch (emission.kind) {
    case 'progress':
      return foldProgress(fold, emission, copies.said);
    case 'artifact':
      return foldArtifact(fold, emission, copies.lanes);
    case 'journal': {
      const added = addEntries(fold, emission.entries);
      return { fold: { ...atCheckpoint(fold, copies), ...added }, events: [] };
    }
    case 'packed-journal':
      return { fold: { ...fold, ...packEntries(fold, emission) }, events: [] };
    case 'moved':
      return { fold: { ...fold, log: emission.log }, events: [] };
    case 'packed-text':
      return { fold: packText(fold, emission, copies.lanes), events: [] };
  }
}

/** What the newest attempt has said, or said again, counts from here on; what it has not yet may still come. */
function atCheckpoint(fold: TaskFold, { lanes, said }: Copies): TaskFold {
  for (const [artifactId, lane] of lanes) {
    const passed = passCheckpoint(lane);
    if (passed === undefined) lanes.delete(artifactId);
    else lanes.set(artifactId, passed);
  }
  const { repeated, ...rest } = fold;
  said.splice(0, repeated ?? said.length);
  return said.length === 0 ? rest : { ...rest, repeated: 0 };
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

function foldProgress(fold: TaskFold, emission: ProgressEmission, said: string[]): Folded {
  const text = JSON.stringify([emission.parts, emission.metadata]);
  const repeated = fold.repeated ?? said.length;
  if (said[repeated] === text) {
    return { fold: { ...fold, repeated: repeated + 1 }, events: [] };
  }
  said.splice(repeated, Number.POSITIVE_INFINITY, text);
  const next = { ...fold, repeated: said.length };
  return setStatus(next, emission.at, { state: TaskState.working, message: emission });
}
