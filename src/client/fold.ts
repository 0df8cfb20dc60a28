// What events make of a task: the fold that A2A leaves to clients. Equal to what GetTask gives.

import {
  TaskState,
  type Artifact,
  type Message,
  type Part,
  type StreamResponse,
  type Task,
  type TaskArtifactUpdateEvent,
} from '@a2a-js/sdk';

const EXTENSION_PREFIX = 'urn:longhaul:a2a:';

/** No further event can follow (A2A §4.1.3). */
export function isTerminal(task: Task): boolean {
  switch (task.status?.state) {
    case TaskState.TASK_STATE_COMPLETED:
    case TaskState.TASK_STATE_FAILED:
    case TaskState.TASK_STATE_CANCELED:
    case TaskState.TASK_STATE_REJECTED:
      return true;
    case TaskState.TASK_STATE_UNSPECIFIED:
    case TaskState.TASK_STATE_SUBMITTED:
    case TaskState.TASK_STATE_WORKING:
    case TaskState.TASK_STATE_INPUT_REQUIRED:
    case TaskState.TASK_STATE_AUTH_REQUIRED:
    case TaskState.UNRECOGNIZED:
    case undefined:
      return false;
  }
}

/**
 * The task after `event`. A Task replaces everything; a status moves the message of the one before
 * it into the history; an artifact is replaced, or grows where it says `append`.
 * @param task undefined: nothing is known yet; some agents begin with an update.
 * @returns `task` itself for what says nothing about a task.
 */
export function foldEvent(task: Task | undefined, { payload }: StreamResponse): Task | undefined {
  switch (payload?.$case) {
    case 'task':
      return payload.value;
    case 'statusUpdate': {
      const { status, metadata } = payload.value;
      const held = task ?? emptyTask(payload.value);
      const history = withMessage(held.history, held.status?.message);
      return { ...held, status, history, metadata: withMetadata(held.metadata, metadata) };
    }
    case 'artifactUpdate': {
      const { metadata } = payload.value;
      const held = task ?? emptyTask(payload.value);
      const artifacts = withArtifact(held.artifacts, payload.value);
      return { ...held, artifacts, metadata: withMetadata(held.metadata, metadata) };
    }
    case 'message':
    case undefined:
      return task;
  }
}

function emptyTask({ taskId, contextId }: { taskId: string; contextId: string }): Task {
  return {
    ...{ id: taskId, contextId, status: undefined },
    ...{ artifacts: [], history: [], metadata: undefined },
  };
}

type Metadata = Task['metadata'];

/** What our extensions say of an event holds for the task; anything else is the event's own. */
function withMetadata(held: Metadata, said: Metadata): Metadata {
  const ours = Object.entries(said ?? {}).filter(([key]) => key.startsWith(EXTENSION_PREFIX));
  return ours.length === 0 ? held : { ...held, ...Object.fromEntries(ours) };
}

function withMessage(history: Message[], message: Message | undefined): Message[] {
  const isKnown = history.some(({ messageId }) => messageId === message?.messageId);
  return message === undefined || isKnown ? history : [...history, message];
}

/** `artifacts` after an update; one that is not known yet comes last. */
export function withArtifact(
  artifacts: readonly Artifact[],
  { artifact, append }: TaskArtifactUpdateEvent,
): Artifact[] {
  if (artifact === undefined) return [...artifacts];
  const held = artifacts.find(({ artifactId }) => artifactId === artifact.artifactId);
  if (held === undefined) return [...artifacts, { ...artifact, parts: joined([], artifact.parts) }];
  const changed = append
    ? { ...held, parts: joined(held.parts, artifact.parts) }
    : { ...artifact, parts: joined([], artifact.parts) };
  return artifacts.map((given) => (given === held ? changed : given));
}

/** `parts` with `more` after them; text that follows text of the same kind is joined to it. */
export function joined(parts: readonly Part[], more: readonly Part[]): Part[] {
  const all = [...parts];
  for (const part of more) {
    const last = all.at(-1);
    if (part.content?.$case !== 'text') {
      all.push(part);
    } else if (last?.content?.$case === 'text' && isSameKind(last, part)) {
      const value = last.content.value + part.content.value;
      all[all.length - 1] = { ...last, content: { $case: 'text', value } };
    } else if (part.content.value !== '' || all.length === 0) {
      all.push(part);
    }
  }
  return all;
}

function isSameKind(a: Part, b: Part): boolean {
  return (
    a.mediaType === b.mediaType &&
    a.filename === b.filename &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata)
  );
}

/** Whether two states of a task differ in nothing that a stream would tell: status and artifacts. */
export function isSameState(a: Task, b: Task): boolean {
  return stateOf(a) === stateOf(b);
}

function stateOf({ status, artifacts }: Task): string {
  return JSON.stringify([
    status,
    artifacts.map(({ artifactId, parts }) => [artifactId, joined([], parts)]),
  ]);
}
