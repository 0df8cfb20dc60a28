// How an attempt takes over from one that may still be at work: from here on the older is not heard (D4), and
// all that it has recorded is known. Called by the worker where Temporal retries an activity by itself.

import type { Client } from '@temporalio/client';
import { FORMAT, type Batch } from '../workflows/emission';
import { closeSignal } from '../workflows/log-contract';
import { isTerminal } from '../workflows/task';
import type { TaskFold } from '../workflows/task-fold';
import { LONG_POLL_DEADLINE_MS } from './connection';
import { isNotFound } from './grpc-failure';
import { TaskError, TaskErrorReason } from './task-error';
import type { HistorySource } from './history';
import { TaskHistory } from './task-history';

type Speaker = Pick<Batch, 'turn' | 'attempt'>;

/** A batch that says nothing but who speaks now. The next one of this attempt is number 1. */
export function firstWord(speaker: Speaker): Batch {
  return { v: FORMAT, ...speaker, n: 0, emissions: [] };
}

export interface TakenOver {
  readonly fold: TaskFold;
  /** Signals that the run holds. */
  readonly batches: number;
}

/**
 * What the run had recorded when the first word of this attempt was; waits until it is.
 * @throws TaskError `over` when the run does not hear this attempt any more.
 */
export async function foldAtFirstWord(
  source: HistorySource & { readonly runId: string },
  { turn, attempt }: Speaker,
): Promise<TakenOver> {
  const history = new TaskHistory(source);
  const { client } = source;
  for (;;) {
    // A signal is buffered while a workflow task is under way, be it one of a worker that has died.
    await client.withDeadline(Date.now() + LONG_POLL_DEADLINE_MS, () => history.next(true));
    const { fold } = history;
    if (fold.turn === turn && fold.attempt === attempt) return { fold, batches: history.batches };
    const isLate = fold.turn > turn || (fold.turn === turn && fold.attempt > attempt);
    if (fold.log !== undefined) await closeLog(client, fold.log);
    if (isLate || history.isOver || isTerminal(fold.task.status.state)) {
      throw new TaskError(TaskErrorReason.over, 'the task has gone on without this attempt');
    }
  }
}

/** The log of an older attempt: what that one says there from now on does not count. */
async function closeLog(client: Client, log: string): Promise<void> {
  try {
    await client.workflow.getHandle(log).signal(closeSignal);
  } catch (err) {
    // It is over, or the task has not started it yet: the next look tells.
    if (!isNotFound(err)) throw err;
  }
}
