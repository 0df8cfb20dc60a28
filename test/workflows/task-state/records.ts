// Records of a history in one word each, and what the reducer makes of a row of them.

import {
  FORMAT,
  type ArtifactEmission,
  type Emission,
  type SpokenEmission,
} from '../../../src/workflows/emission';
import type { Decision, Recorded } from '../../../src/workflows/recorded';
import { foldTask } from '../../../src/workflows/task-state';
import type { TaskFold } from '../../../src/workflows/task-fold';
import { TaskState, type Message, type Task, type TaskEvent } from '../../../src/workflows/task';

export const T0 = Date.UTC(2026, 0, 1);
export const STATES = Object.values(TaskState);

export const userMessage = (messageId: string, text = messageId): Message => ({
  messageId,
  role: 'ROLE_USER',
  parts: [{ text }],
});

const created: Recorded = {
  kind: 'created',
  at: T0,
  taskId: 'task-1',
  contextId: 'context-1',
  skillId: 'skill-1',
  message: userMessage('m1'),
};

export function decided(state: Decision['state'], more: Partial<Decision> = {}): Recorded {
  const decision = { v: FORMAT, state, at: T0 + 1, turn: 1, attempt: 1, read: 0, ...more } as const;
  return { kind: 'decision', decision };
}

export const working = (turn = 1, more: Partial<Decision> = {}): Recorded =>
  decided('working', { turn, attempt: 0, ...more });

export const progress = (text: string, at = T0 + 2): SpokenEmission => ({
  kind: 'progress',
  at,
  parts: [{ text }],
});

export function artifact(text: string, more: Partial<ArtifactEmission> = {}): SpokenEmission {
  const id = { kind: 'artifact', at: T0 + 2, artifactId: 'a' } as const;
  return { ...id, parts: [{ text }], append: false, last: false, ...more };
}

export function batch(emissions: readonly Emission[], from: Partial<Batch> = {}): Recorded {
  return { kind: 'batch', batch: { v: FORMAT, turn: 1, attempt: 1, n: 0, ...from, emissions } };
}
type Batch = Extract<Recorded, { kind: 'batch' }>['batch'];

export const followUp = (messageId: string, updateId = messageId): Recorded => ({
  kind: 'message',
  message: userMessage(messageId),
  updateId,
});

interface Folded {
  readonly fold: TaskFold;
  readonly task: Task;
  readonly events: readonly TaskEvent[];
}

/** Folds a history, its creation first. */
export function fold(...records: readonly Recorded[]): Folded {
  let current = foldTask(undefined, created);
  const events = [...current.events];
  for (const recorded of records) {
    current = foldTask(current.fold, recorded);
    events.push(...current.events);
  }
  return { fold: current.fold, task: current.fold.task, events };
}

export const progressTexts = ({ events }: Folded): readonly string[] =>
  events.flatMap((event) =>
    event.kind === 'status' && event.status.state === 'working'
      ? (event.status.message?.parts ?? []).map((part) => ('text' in part ? part.text : ''))
      : [],
  );

export const artifactEvents = ({ events }: Folded): readonly (readonly [boolean, string])[] =>
  events.flatMap((event) => {
    if (event.kind !== 'artifact') return [];
    const [part] = event.artifact.parts;
    return [[event.append, part !== undefined && 'text' in part ? part.text : ''] as const];
  });

/** A shortest way into each state. */
export const INTO: Readonly<Record<TaskState, readonly Recorded[]>> = {
  submitted: [],
  working: [working()],
  'input-required': [working(), decided('input-required')],
  'auth-required': [working(), decided('auth-required')],
  completed: [working(), decided('completed')],
  failed: [working(), decided('failed')],
  canceled: [working(), decided('canceled')],
  rejected: [working(), decided('rejected')],
};
