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
import { closeSignal, renewSignal, type LogStart } from './log-contract';
import { foldTask } from './task-state';

/** Of a run that was not asked to continue as new in time: Temporal warns of a longer one from 10,240 on. */
const RUN_EVENTS = 8_000;

export async function logWorkflow(start: LogStart): Promise<FoldSnapshot> {
  let fold = fromSnapshot(start.snapshot);
  let isClosed = false;
  let isRenewed = false;
  // One for both: what came before a run begins is given to each handler in turn, and not in the order of the history.
  setDefaultSignalHandler((name, batch) => {
    if (name === closeSignal.name) isClosed = true;
    if (name === renewSignal.name) isRenewed = true;
    if (name !== progressSignal.name || isClosed) return;
    fold = foldTask(fold, { kind: 'batch', batch: batch as Batch }).fold;
  });
  const isLong = (): boolean =>
    isRenewed ||
    workflowInfo().continueAsNewSuggested ||
    workflowInfo().historyLength >= RUN_EVENTS;
  await condition(() => isClosed || isLong());
  if (isClosed) return toSnapshot(foldTask(fold, { kind: 'log-closed' }).fold);
  return continueAsNew<typeof logWorkflow>({ v: FORMAT, snapshot: toSnapshot(fold) });
}
