// One followed task: its history long poll, and what its followers read of it.
// Followers pull, so a slow one holds no queue: what has left the feed it reads from the history.

import { setTimeout as delay } from 'node:timers/promises';
import { applyEvent } from '../workflows/apply-event';
import type { Task, TaskEvent } from '../workflows/task';
import { LONG_POLL_DEADLINE_MS, unavailable, withinDeadline } from './connection';
import { isFault, isInvalidArgument, isNotFound } from './grpc-failure';
import { keepTryingUntil, type KeepTrying } from './keep-trying';
import { KeptEvents } from './kept-events';
import { TaskError, TaskErrorReason, noSuchTask } from './task-error';
import type { HistorySource } from './history';
import { TaskHistory, type Increment } from './task-history';

/** Wait after a failed poll: doubles up to the maximum, and is short because readers wait. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;

/**
 * Pause after a page that told something. A batch is followed by the records of the workflow task
 * that took it in, which tell nothing: so they come with one poll instead of two or three, and the
 * work of writing a batch is not shared with polls for them.
 */
const PAUSE_MS = 15;

export class TaskFeed {
  followers = 0;
  hasFailed = false;
  /** Resolves when the task is known; rejects when it cannot be. */
  readonly ready: Promise<void>;
  private readonly source: HistorySource;
  private history: TaskHistory;
  /** The first one: another takes its place when its page token is refused. */
  private readonly begun: TaskHistory;
  private isStopped = false;
  /** Of the poll under way. A new one each time, because the client leaves a listener on it. */
  private call = new AbortController();
  private readonly kept = new KeptEvents();
  private readonly waiting = new Set<() => void>();
  private known: Task | undefined;
  private failure: unknown;

  constructor(source: HistorySource) {
    this.source = source;
    this.history = new TaskHistory(source);
    this.begun = this.history;
    this.ready = this.begin();
    this.ready.then(
      () => void this.poll(),
      () => {
        this.hasFailed = true;
      },
    );
  }

  /** As of the last page; unlike the history's own it never runs ahead of what is kept. */
  get task(): Task {
    if (this.known === undefined) throw new Error('the feed is not ready');
    return this.known;
  }

  stop(): void {
    this.isStopped = true;
    this.call.abort();
    this.announce();
  }

  /**
   * The task as it was before the event that follows `cursor`; or before the first event that the server still has,
   * where it has dropped that one.
   */
  async taskAsOf(cursor: number, isFresh: boolean): Promise<Task> {
    if (!isFresh) {
      if (cursor === this.task.seq) return this.task;
      const known = this.keptAsOf(cursor);
      if (known !== undefined) return known;
    }
    const upTo = Math.max(cursor, 1);
    const history = await this.historyAfter(upTo);
    for await (const { before, events } of this.recorded(history)) {
      if ((events.at(-1)?.seq ?? 0) <= upTo) continue;
      const [created] = events;
      const start = before ?? (created?.kind === 'task' ? created.task : this.task);
      return events.filter((e) => e.seq <= upTo).reduce(applyEvent, start);
    }
    // The cursor may be newer than the last page of this feed: another gateway was quicker.
    if (upTo <= history.task.seq) return history.task;
    throw new TaskError(
      TaskErrorReason.cursorBeyondEnd,
      `event ${String(cursor)} was not sent: the task has ${String(history.task.seq)} so far`,
    );
  }

  /** From what is kept, when that is all there is: a history that is read again is one more call for each who resumes. */
  private keptAsOf(cursor: number): Task | undefined {
    const first = this.kept.at(1);
    if (first?.kind !== 'task') return undefined;
    if (cursor <= 1) return first.task;
    // No event tells of a follow-up, so where there was one the history has to say when.
    if (cursor > this.task.seq || saidByCaller(this.task) > saidByCaller(first.task))
      return undefined;
    let task: Task = first.task;
    for (let seq = 2; seq <= cursor; seq += 1) {
      const event = this.kept.at(seq);
      if (event === undefined) return undefined;
      task = applyEvent(task, event);
    }
    return task;
  }

  async *after(seq: number, signal: AbortSignal): AsyncGenerator<TaskEvent, void, undefined> {
    let next = seq + 1;
    while (!signal.aborted) {
      if (next < this.kept.firstSeq && next <= this.task.seq) {
        for await (const event of this.read(next, signal)) {
          yield event;
          next = event.seq + 1;
        }
        continue;
      }
      const event = this.kept.at(next);
      if (event !== undefined) {
        yield event;
        next += 1;
        continue;
      }
      if (this.failure !== undefined) throw unavailable(this.failure);
      if (this.history.isOver || this.isStopped) return;
      await this.changed(signal);
    }
  }

  private async *read(
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<TaskEvent, void, undefined> {
    let next = from;
    const history = await this.historyAfter(from - 1);
    for await (const { events } of this.recorded(history, keepTryingUntil(signal))) {
      for (const event of events) {
        if (event.seq < next) continue;
        // Who comes back begins with what there is.
        if (event.seq > next) throw unavailable(new Error(`event ${String(next)} is not kept`));
        yield event;
        next += 1;
      }
    }
  }

  /**
   * What follows event `seq`, from the newest run that tells all of it: those before are long, and the
   * server drops each of them some days after its own end. Then from the first that there is.
   */
  private async historyAfter(seq: number): Promise<TaskHistory> {
    let start = this.begun;
    while (start.since > seq && start.previousRunId) {
      const before = new TaskHistory({ ...this.source, runId: start.previousRunId });
      try {
        await withinDeadline(this.source.client, () => before.next(false));
      } catch (err) {
        if (isNotFound(err)) break;
        throw err;
      }
      start = before;
    }
    const { startRunId: runId } = start;
    const source = { ...this.source, ...(runId === undefined ? {} : { runId }) };
    return new TaskHistory(source, { after: seq });
  }

  /** All that `history` tells, as far as it is recorded now. */
  private async *recorded(
    history: TaskHistory,
    keepTrying: KeepTrying = (act) => act(),
  ): AsyncGenerator<Increment, void, undefined> {
    const next = (): Promise<readonly Increment[]> =>
      withinDeadline(this.source.client, () => history.next(false));
    while (!history.isCaughtUp) yield* await keepTrying(next, isFault);
  }

  private async begin(): Promise<void> {
    const { client } = this.source;
    try {
      do {
        // A full page may be the last one, and waiting behind it would hold up the first frame.
        const waits = this.history.startRunId === undefined;
        this.keep(await withinDeadline(client, () => this.history.next(waits)));
      } while (!this.history.isCaughtUp && !this.history.isOver);
    } catch (err) {
      if (!isNotFound(err)) throw err;
      throw noSuchTask(err);
    }
  }

  private async poll(): Promise<void> {
    let retryMs = RETRY_MIN_MS;
    while (!this.history.isOver && !this.isStopped) {
      try {
        const told = await this.nextPage();
        this.keep(told);
        retryMs = RETRY_MIN_MS;
        if (told.length > 0) await delay(PAUSE_MS);
      } catch (err) {
        if (this.isStopped) return;
        if (!isFault(err) && !isInvalidArgument(err)) {
          this.fail(err);
          return;
        }
        // A page token may not survive a restart of the server; what was told is not told again.
        if (isInvalidArgument(err)) this.history = new TaskHistory(this.source);
        await delay(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
      }
    }
  }

  private nextPage(): Promise<readonly Increment[]> {
    const { client } = this.source;
    this.call = new AbortController();
    return client.withAbortSignal(this.call.signal, () =>
      client.withDeadline(Date.now() + LONG_POLL_DEADLINE_MS, () => this.history.next(true)),
    );
  }

  private keep(increments: readonly Increment[]): void {
    for (const increment of increments) this.kept.add(increment);
    const { task } = this.history;
    // A follow-up changes the task without an event, and a history read anew is behind at first.
    if (this.known === undefined || task.seq >= this.known.seq) this.known = task;
    if (increments.length > 0 || this.history.isOver) this.announce();
  }

  private fail(err: unknown): void {
    this.failure = err;
    this.hasFailed = true;
    this.announce();
  }

  private announce(): void {
    for (const wake of this.waiting) wake();
  }

  private async changed(signal: AbortSignal): Promise<void> {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await woken;
    this.waiting.delete(wake);
    signal.removeEventListener('abort', wake);
  }
}

function saidByCaller({ history }: Task): number {
  return history.filter(({ role }) => role === 'ROLE_USER').length;
}
