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

export async function logWorkflow(start: LogStart): Promise<FoldSnapshot> {
  let fold = fromSnapshot(start.snapshot);
  let isClosed = false;
  // One for both: what came before a run begins is given to each handler in turn, and not in the order of the history.
  setDefaultSignalHandler((name, batch) => {
    if (name === closeSignal.name) isClosed = true;
    if (name !== progressSignal.name || isClosed) return;
    fold = foldTask(fold, { kind: 'batch', batch: batch as Batch }).fold;
  });
  await condition(() => isClosed || workflowInfo().continueAsNewSuggested);
  if (isClosed) return toSnapshot(foldTask(fold, { kind: 'log-closed' }).fold);
  return continueAsNew<typeof logWorkflow>({ v: FORMAT, snapshot: toSnapshot(fold) });
}
