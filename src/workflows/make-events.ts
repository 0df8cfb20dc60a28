// Makes A2A events of what was folded, gives each its number and applies them to the task.

import { applyEvent, headingOf } from './apply-event';
import { fitSaid } from './fit-task';
import type { ArtifactChange } from './repetition';
import type { TaskFold } from './task-fold';
import type { Artifact, JsonObject, Message, Part, TaskEvent, TaskState } from './task';

/** The task after a record, and the events that the record has made. */
export interface Folded {
  readonly fold: TaskFold;
  readonly events: readonly TaskEvent[];
}

export function changeArtifact(
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

interface NewStatus {
  readonly state: TaskState;
  readonly message?:
    { readonly parts: readonly Part[]; readonly metadata?: JsonObject } | undefined;
  readonly cancelMetadata?: JsonObject | undefined;
}

/** @param at when it was said or decided, in epoch milliseconds. */
export function setStatus(
  fold: TaskFold,
  at: number,
  { state, message: says, cancelMetadata }: NewStatus,
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

export function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
