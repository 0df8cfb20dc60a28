// The end of a long stream: folds batches as the task would, continues as new as often as it takes, and hands the
// fold back when it is closed. Started by the task whose stream it is.

import {
  condition,
  continueAsNew,
  setDefaultSignalHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { progressSignal } from './contract';
import { FORMAT, type Batch } from './emission';
import { fromSnapshot, toSnapshot, type FoldSnapshot } from './task-fold';
import { closeSignal, type LogStart } from './log-contract';
import { foldTask } from './task-state';

/**
 * Events of a run, four to a batch. A batch that comes as it continues as new makes Temporal refuse that, and a worker
 * read all of the run again; a run of 4,000 took a busy one more than the 5 s that it has, over and over.
 */
const RUN_EVENTS = 1_000;

export async function logWorkflow(start: LogStart): Promise<FoldSnapshot> {
  let fold = fromSnapshot(start.snapshot);
  let isClosed = false;
  // One for both: what came before a run begins is given to each handler in turn, and not in the order of the history.
  setDefaultSignalHandler((name, batch) => {
    if (name === closeSignal.name) isClosed = true;
    if (name !== progressSignal.name || isClosed) return;
    fold = foldTask(fold, { kind: 'batch', batch: batch as Batch }).fold;
  });
  const isLong = (): boolean =>
    workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= RUN_EVENTS;
  await condition(() => isClosed || isLong());
  if (isClosed) return toSnapshot(foldTask(fold, { kind: 'log-closed' }).fold);
  return continueAsNew<typeof logWorkflow>({ v: FORMAT, snapshot: toSnapshot(fold) });
}
