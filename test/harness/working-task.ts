// A task as the fold has it when its first turn begins.

import { FORMAT, type Batch } from '../../src/workflows/emission';
import type { Decision } from '../../src/workflows/recorded';
import { TaskState } from '../../src/workflows/task';
import type { TaskFold } from '../../src/workflows/task-fold';
import { foldTask } from '../../src/workflows/task-state';
import { userMessage } from './task-caller';

export function workingTask(): TaskFold {
  const message = userMessage('go');
  const ids = { taskId: 'task', contextId: 'context', skillId: 'any' };
  const { fold } = foldTask(undefined, { kind: 'created', at: 0, ...ids, message });
  const state = TaskState.working;
  const decision: Decision = { v: FORMAT, state, turn: 1, attempt: 0, read: 0, at: 0 };
  return foldTask(fold, { kind: 'decision', decision }).fold;
}

/** What becomes of it with these batches. */
export function foldAll(batches: readonly Batch[], from: TaskFold = workingTask()): TaskFold {
  return batches.reduce((fold, batch) => foldTask(fold, { kind: 'batch', batch }).fold, from);
}
