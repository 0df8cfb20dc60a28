// The stream of a task while it is in a log (D8): the log is a child of the task, and what it has folded comes back
// with its result. What the task itself is told meanwhile waits, because every reader reads the log first.

import {
  CancellationScope,
  ParentClosePolicy,
  condition,
  startChild,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { FORMAT } from './emission';
import type { FoldSnapshot } from './task-fold';
import { LOG_WORKFLOW, closeSignal, type LogStart } from './log-contract';
import type { logWorkflow } from './log-workflow';
import type { Recorded } from './recorded';
import type { Message } from './task';

/** As of the task itself: a worker that dies in a workflow task keeps every signal from being recorded for so long. */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000;

/** A run of a log that has all the signals that it takes continues as new as soon as a worker has it. */
const CLOSE_RETRY_MS = 5_000;

type Log = ChildWorkflowHandle<typeof logWorkflow>;

export interface LongStreamOptions {
  /** Takes over what a log has folded. */
  resume(snapshot: FoldSnapshot): void;
  /** Takes what has waited. */
  take(recorded: Recorded): void;
}

export class LongStream {
  private readonly options: LongStreamOptions;
  private waiting: Recorded[] = [];
  private log: Promise<Log> | undefined;

  constructor(options: LongStreamOptions) {
    this.options = options;
  }

  get isInLog(): boolean {
    return this.log !== undefined;
  }

  /** Follow-ups that wait. */
  get messages(): readonly Message[] {
    return this.waiting.flatMap((recorded) =>
      recorded.kind === 'message' ? [recorded.message] : [],
    );
  }

  /** Whether it has to wait; then it is kept. */
  defers(recorded: Recorded): boolean {
    if (!this.isInLog) return false;
    this.waiting.push(recorded);
    return true;
  }

  moveTo(workflowId: string, snapshot: FoldSnapshot): void {
    // A cancel of the task is the skill's to hear of; what it says then belongs here, too.
    const log = CancellationScope.nonCancellable(() => openLog(workflowId, snapshot));
    this.log = log;
    void CancellationScope.nonCancellable(() => this.untilClosed(log, snapshot));
  }

  /** Closes the log, and one that follows it. */
  async catchUp(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      while (this.log !== undefined) {
        const opening = this.log;
        const log = await opening.catch(() => undefined);
        const hasClosed = (): boolean => this.log !== opening;
        // What the server has taken in reaches the log, also where that continues as new just then. What it refuses
        // is over, closed by the attempt that took over, or has as many signals as a run may have.
        const asked = log?.signal(closeSignal).then(() => true);
        const isAsked = await asked?.catch(() => false);
        if (isAsked) await condition(hasClosed);
        else await condition(hasClosed, CLOSE_RETRY_MS);
      }
    });
  }

  private async untilClosed(opening: Promise<Log>, snapshot: FoldSnapshot): Promise<void> {
    // One that was terminated has taken what it held with it.
    const closed = await opening.then((log) => log.result()).catch(() => withoutLog(snapshot));
    this.log = undefined;
    this.options.resume(closed);
    for (const recorded of this.waiting.splice(0)) {
      // One of them may be the move to another log.
      if (!this.defers(recorded)) this.options.take(recorded);
    }
  }
}

function openLog(workflowId: string, snapshot: FoldSnapshot): Promise<Log> {
  const start: LogStart = { v: FORMAT, snapshot };
  return startChild<typeof logWorkflow>(LOG_WORKFLOW, {
    workflowId,
    args: [start],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
  });
}

function withoutLog({ log: _gone, ...rest }: FoldSnapshot): FoldSnapshot {
  return rest;
}
