// The end of a long stream: folds batches as the task would, continues as new as often as it takes, and hands the
// fold back when it is closed. Started by the task whose stream it is.

import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { progressSignal } from './contract';
import { FORMAT } from './emission';
import { fromSnapshot, toSnapshot, type FoldSnapshot } from './task-fold';
import { closeSignal, type LogStart } from './log-contract';
import { foldTask } from './task-state';

export async function logWorkflow(start: LogStart): Promise<FoldSnapshot> {
  let fold = fromSnapshot(start.snapshot);
  let isClosed = false;
  setHandler(progressSignal, (batch) => {
    if (!isClosed) fold = foldTask(fold, { kind: 'batch', batch }).fold;
  });
  setHandler(closeSignal, () => {
    isClosed = true;
  });
  await condition(() => isClosed || workflowInfo().continueAsNewSuggested);
  if (isClosed) return toSnapshot(foldTask(fold, { kind: 'log-closed' }).fold);
  return continueAsNew<typeof logWorkflow>({ v: FORMAT, snapshot: toSnapshot(fold) });
}
