// Folds one task's history page by page, over all its runs and the logs of its long streams. Used by reads, by the
// feed and by resume.

import type { Recorded } from '../workflows/recorded';
import { foldTask } from '../workflows/task-state';
import type { TaskFold } from '../workflows/task-fold';
import { isTerminal, type Message, type Task, type TaskEvent } from '../workflows/task';
import type { HistorySource } from './history';
import { LogPager } from './log-pager';
import { RunPager, type RunPagerOptions, type RunStep } from './run-pager';

/** What one record of the history did to the task. */
export interface Increment {
  /** The task before the events; undefined before the first. */
  readonly before: Task | undefined;
  readonly events: readonly TaskEvent[];
  /** Size of the record in the history. */
  readonly bytes: number;
}

/** Is told of each record with the fold before it, if there is one, and after it. */
export type OnRecord = (recorded: Recorded, after: TaskFold, before: TaskFold | undefined) => void;

export interface TaskHistoryOptions {
  /** The events that are wanted begin behind this one. Default: only where the task has come to. */
  readonly after?: number;
  readonly onRecord?: OnRecord;
}

/**
 * Half a MiB, for those who resume: one that stalls holds the page that it is at, so that a hundred of them hold 50 MiB.
 * Larger pages are read no faster.
 */
const RESUMED = { pageBytes: 524_288 } as const;

export class TaskHistory {
  private readonly source: HistorySource;
  private readonly after: number;
  private readonly onRecord: OnRecord;
  private readonly pages: RunPagerOptions;
  private readonly own: RunPager;
  /** Read, and to be folded when the log has been. */
  private waiting: RunStep[] = [];
  private log: LogPager | undefined;
  private current: TaskFold | undefined;
  private hasEnded = false;
  /** Batches that its last run holds, without those in logs. */
  batches = 0;
  /** The last event before the run with which this history began; known after the first page. */
  since = 0;

  constructor(source: HistorySource, options: TaskHistoryOptions = {}) {
    this.source = source;
    this.after = options.after ?? Number.POSITIVE_INFINITY;
    this.onRecord = options.onRecord ?? ((): void => undefined);
    this.pages = options.after === undefined ? {} : RESUMED;
    this.own = new RunPager(source, this.pages);
  }

  /** The run with which this history began; known after the first page. */
  get startRunId(): string | undefined {
    return this.own.startRunId;
  }

  get previousRunId(): string | undefined {
    return this.own.previousRunId;
  }

  /** Nothing more was recorded when the last page was read. */
  get isCaughtUp(): boolean {
    return this.own.isCaughtUp && (this.log?.isCaughtUp ?? this.waiting.length === 0);
  }

  /** As of the last page. Throws before the first one. */
  get fold(): TaskFold {
    if (this.current === undefined) throw new Error('nothing was read yet');
    return this.current;
  }

  /** The task as of the last page. Throws before the first one. */
  get task(): Task {
    const { task } = this.fold;
    const messages = this.waiting.flatMap(messageOf);
    if (messages.length === 0) return task;
    // They come behind all that the log tells, and are there all the same.
    const { id: taskId, contextId, history } = task;
    const more = messages.map((message) => ({ ...message, taskId, contextId }));
    return { ...task, history: [...history, ...more] };
  }

  /** Batches that were dropped because their attempt or turn was over. */
  get staleBatches(): number {
    return this.current?.staleBatches ?? 0;
  }

  /** No event can follow. */
  get isOver(): boolean {
    return this.hasEnded || (this.current !== undefined && isTerminal(this.fold.task.status.state));
  }

  /** Reads one page. With `waitNewEvent` it waits up to 20 s for something new. */
  async next(waitNewEvent: boolean): Promise<readonly Increment[]> {
    if (this.log === undefined) {
      if (this.waiting.length === 0) this.waiting.push(...(await this.own.next(waitNewEvent)));
      return this.foldWaiting();
    }
    // A log is waited for, and what the task is told meanwhile is looked at.
    if (!waitNewEvent || !this.own.isCaughtUp) this.waiting.push(...(await this.own.next(false)));
    const increments: Increment[] = [];
    for (const step of await this.log.next(waitNewEvent)) increments.push(...this.takeOfLog(step));
    return this.log === undefined ? [...increments, ...this.foldWaiting()] : increments;
  }

  private foldWaiting(): readonly Increment[] {
    const increments: Increment[] = [];
    while (this.log === undefined) {
      const step = this.waiting.shift();
      if (step === undefined) break;
      if (step.kind === 'record') this.count(step.recorded);
      increments.push(...this.take(step));
    }
    return increments;
  }

  private count({ kind }: Recorded): void {
    if (kind === 'batch') this.batches += 1;
    if (kind === 'continued') this.batches = 0;
  }

  /** Nothing that comes behind its end counts. */
  private takeOfLog(step: RunStep): readonly Increment[] {
    if (this.log === undefined) return [];
    // A log that has been ended by the server is closed as well.
    const closes = step.kind === 'end' || ['log-closed', 'ended'].includes(step.recorded.kind);
    if (!closes) return this.take(step);
    this.log = undefined;
    this.current = foldTask(this.current, { kind: 'log-closed' }).fold;
    return [];
  }

  private take(step: RunStep): readonly Increment[] {
    if (step.kind === 'end') {
      this.hasEnded = true;
      return [];
    }
    const { recorded, bytes } = step;
    // A run that continues another starts from the snapshot which the fold already holds, or is behind.
    const before = this.current?.task;
    const isSnapshot = recorded.kind === 'continued' || recorded.kind === 'resumed';
    const { fold, events } = foldTask(isSnapshot ? undefined : this.current, recorded);
    this.onRecord(recorded, fold, this.current);
    this.current = fold;
    if (recorded.kind === 'continued' && before === undefined) this.since = fold.task.seq;
    if (fold.log !== undefined && this.log === undefined) this.openLog(fold.log);
    return events.length === 0 ? [] : [{ before, events, bytes }];
  }

  private openLog(workflowId: string): void {
    const { client, decode, workflowId: owner } = this.source;
    const { after, pages } = this;
    this.log = new LogPager({ client, decode, workflowId }, { owner, after, pages });
  }
}

function messageOf(step: RunStep): readonly Message[] {
  return step.kind === 'record' && step.recorded.kind === 'message' ? [step.recorded.message] : [];
}
