// Folds one task's history page by page, over all its runs. Used by reads, by the feed and by resume.

import type { Client } from '@temporalio/client';
import type { Recorded } from '../workflows/recorded';
import { foldTask, type TaskFold } from '../workflows/task-state';
import { isTerminal, type Task, type TaskEvent } from '../workflows/task';
import { PAGE_EVENTS, fromHistoryEvent, readPage, type Decode, type HistoryStep } from './history';

/** What one record of the history did to the task. */
export interface Increment {
  /** The task before the events; undefined before the first. */
  readonly before: Task | undefined;
  readonly events: readonly TaskEvent[];
  /** Size of the record in the history. */
  readonly bytes: number;
}

export interface HistorySource {
  readonly client: Client;
  readonly decode: Decode;
  readonly workflowId: string;
  /** Where to begin. Default: the newest run, which starts from a snapshot. */
  readonly runId?: string;
}

/** Is told of each record with the fold before it, if there is one, and after it. */
export type OnRecord = (recorded: Recorded, after: TaskFold, before: TaskFold | undefined) => void;

export class TaskHistory {
  private readonly source: HistorySource;
  private readonly onRecord: OnRecord;
  private runId: string | undefined;
  private pageToken: Uint8Array | undefined;
  private lastEventId = 0;
  private current: TaskFold | undefined;
  private hasEnded = false;
  /** The run with which this history began, the one before it, and the last event before it; known after the first page. */
  startRunId: string | undefined;
  previousRunId: string | undefined;
  since = 0;
  /** Nothing more was recorded when the last page was read. */
  isCaughtUp = false;

  constructor(source: HistorySource, onRecord: OnRecord = () => undefined) {
    this.source = source;
    this.onRecord = onRecord;
    this.runId = source.runId;
  }

  /** As of the last page. Throws before the first one. */
  get fold(): TaskFold {
    if (this.current === undefined) throw new Error('nothing was read yet');
    return this.current;
  }

  /** The task as of the last page. Throws before the first one. */
  get task(): Task {
    return this.fold.task;
  }

  /** Batches that were dropped because their attempt or turn was over. */
  get staleBatches(): number {
    return this.current?.staleBatches ?? 0;
  }

  /** No event can follow. */
  get isOver(): boolean {
    return this.hasEnded || (this.current !== undefined && isTerminal(this.task.status.state));
  }

  /** Reads one page. With `waitNewEvent` it waits up to 20 s for something new. */
  async next(waitNewEvent: boolean): Promise<readonly Increment[]> {
    const { client, workflowId } = this.source;
    const page = await readPage(client, {
      workflowId,
      waitNewEvent,
      ...(this.runId === undefined ? {} : { runId: this.runId }),
      ...(this.pageToken === undefined ? {} : { pageToken: this.pageToken }),
    });
    // Without waiting, the end of an open run has no token: the old one stays, and what it brings
    // again is skipped by its event id.
    // Copied, because it is a view of a whole network read, which it would keep alive.
    if (page.nextPageToken.length > 0) this.pageToken = Uint8Array.from(page.nextPageToken);
    const isShort = waitNewEvent && page.events.length < PAGE_EVENTS;
    this.isCaughtUp = page.nextPageToken.length === 0 || isShort;
    const increments: Increment[] = [];
    for (const event of page.events) {
      const eventId = Number(event.eventId);
      if (eventId <= this.lastEventId) continue;
      this.lastEventId = eventId;
      const started = event.workflowExecutionStartedEventAttributes;
      if (started && this.startRunId === undefined) {
        this.startRunId = started.originalExecutionRunId ?? undefined;
        this.previousRunId = started.continuedExecutionRunId ?? undefined;
      }
      const step = await fromHistoryEvent(event, this.source.decode);
      if (step !== undefined) increments.push(...this.take(step));
    }
    return increments;
  }

  private take(step: HistoryStep): readonly Increment[] {
    switch (step.kind) {
      case 'next-run':
        this.runId = step.runId;
        this.pageToken = undefined;
        this.lastEventId = 0;
        this.isCaughtUp = false;
        return [];
      case 'end':
        this.hasEnded = true;
        return [];
      case 'record': {
        // A run that continues another starts from the snapshot which the fold already holds.
        if (step.recorded.kind === 'continued' && this.current !== undefined) {
          this.current = foldTask(undefined, step.recorded).fold;
          return [];
        }
        const before = this.current?.task;
        const { fold, events } = foldTask(this.current, step.recorded);
        this.onRecord(step.recorded, fold, this.current);
        this.current = fold;
        if (step.recorded.kind === 'continued') this.since = fold.task.seq;
        return events.length === 0 ? [] : [{ before, events, bytes: step.bytes }];
      }
    }
  }
}
