// The contract of a log, to which a stream moves that is too long for the run of its task (D8).

import { defineSignal } from '@temporalio/workflow';
import type { FORMAT } from './emission';
import type { FoldSnapshot } from './task-fold';

export const LOG_WORKFLOW = 'logWorkflow';

/** The one argument of a log; its result is a `FoldSnapshot`. Batches come by `progressSignal`. */
export interface LogStart {
  readonly v: typeof FORMAT;
  readonly snapshot: FoldSnapshot;
}

/** What comes after it counts no more. */
export const closeSignal = defineSignal('close');

/** Whoever speaks is silent until the next run has begun. */
export const renewSignal = defineSignal('renew');

/** One log for each attempt at most: the task goes back to itself when a log is closed. */
export function logWorkflowId(
  taskWorkflowId: string,
  { turn, attempt }: { readonly turn: number; readonly attempt: number },
): string {
  return `${taskWorkflowId}/log/${String(turn)}/${String(attempt)}`;
}
