// Follows tasks: one history long poll per task and process, shared by all who follow it (D1).
// Followers pull, so a slow one holds no queue: what has left the feed it reads from the history.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { applyEvent } from '../workflows/apply-event';
import type { Task, TaskEvent } from '../workflows/task';
import { isFault, isInvalidArgument, isNotFound, unavailable, withinDeadline } from './connection';
import { createDecoder, type Decode } from './history';
import { TaskError, TaskErrorReason } from './task-error';
import { TaskHistory, type HistorySource, type Increment } from './task-history';

/** Events that a feed keeps for its followers; a newcomer needs none, a slow one reads again. */
const KEPT_BYTES = 262_144;
const KEPT_EVENTS = 1_000;

/** The server answers a long poll after 20 s; a call that takes longer has lost its server. */
const POLL_DEADLINE_MS = 30_000;

/** Wait after a failed poll: doubles up to the maximum, and is short because readers wait. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1_000;

/** A busy feed pauses between polls, so that watching costs no more calls than writing. */
const PAUSE_MS = 25;
const UNPACED_POLLS_PER_SECOND = 20;

export interface Following {
  /** The task as of the cursor, or as of now. Its `seq` is that of its last event. */
  readonly task: Task;
  /** The task as of now, with follow-up messages that no event tells of. */
  now(): Task;
  /** Every later event once, in order; ends after the last one, or when `signal` aborts. */
  readonly events: AsyncGenerator<TaskEvent, void, undefined>;
  /** Leaves the feed. Must be called, also after the end; more than once does no harm. */
  close(): void;
}

export interface FollowOptions {
  /** Resume after this event: `task` is as of it, with follow-ups that came before the next. */
  readonly cursor?: number;
  readonly signal: AbortSignal;
}

export class EventFeeds {
  private readonly client: Client;
  private readonly decode: Decode;
  private readonly open = new Map<string, Feed>();

  constructor(client: Client) {
    this.client = client;
    this.decode = createDecoder(client);
  }

  /** Tasks followed at the moment: one long poll each. */
  get openCount(): number {
    return this.open.size;
  }

  /** @throws TaskError `not-found`, `unavailable` or `cursor-beyond-end`. */
  async follow(workflowId: string, options: FollowOptions): Promise<Following> {
    const feed = this.join(workflowId);
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.leave(workflowId, feed);
    };
    try {
      await feed.ready;
      const { cursor, signal } = options;
      const task = cursor === undefined ? feed.task : await feed.taskAsOf(cursor);
      return { task, now: () => feed.task, events: feed.after(task.seq, signal), close };
    } catch (err) {
      close();
      throw err;
    }
  }

  /** Ends every feed; their followers' streams end. */
  close(): void {
    for (const feed of this.open.values()) feed.stop();
    this.open.clear();
  }

  private join(workflowId: string): Feed {
    let feed = this.open.get(workflowId);
    if (feed === undefined || feed.hasFailed) {
      const source = { client: this.client, decode: this.decode, workflowId };
      feed = new Feed(source);
      this.open.set(workflowId, feed);
    }
    feed.followers += 1;
    return feed;
  }

  private leave(workflowId: string, feed: Feed): void {
    feed.followers -= 1;
    if (feed.followers > 0) return;
    feed.stop();
    if (this.open.get(workflowId) === feed) this.open.delete(workflowId);
  }
}

class Feed {
  followers = 0;
  hasFailed = false;
  /** Resolves when the task is known; rejects when it cannot be. */
  readonly ready: Promise<void>;
  private readonly source: HistorySource;
  private history: TaskHistory;
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

  /** The task as it was before the event that follows `cursor`. */
  async taskAsOf(cursor: number): Promise<Task> {
    if (cursor === this.task.seq) return this.task;
    const first = this.kept.at(1);
    if (cursor <= 1 && first?.kind === 'task') return first.task;
    const upTo = Math.max(cursor, 1);
    const history = this.fromFirstRun();
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

  async *after(seq: number, signal: AbortSignal): AsyncGenerator<TaskEvent, void, undefined> {
    let next = seq + 1;
    while (!signal.aborted) {
      if (next < this.kept.firstSeq && next <= this.task.seq) {
        for await (const event of this.read(next)) {
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

  private async *read(from: number): AsyncGenerator<TaskEvent, void, undefined> {
    for await (const { events } of this.recorded(this.fromFirstRun())) {
      for (const event of events) if (event.seq >= from) yield event;
    }
  }

  private fromFirstRun(): TaskHistory {
    const { firstRunId } = this.history;
    return new TaskHistory({
      ...this.source,
      ...(firstRunId === undefined ? {} : { runId: firstRunId }),
    });
  }

  /** The whole task again, as far as it is recorded now. */
  private async *recorded(history: TaskHistory): AsyncGenerator<Increment, void, undefined> {
    while (!history.isCaughtUp) {
      yield* await withinDeadline(this.source.client, () => history.next(false));
    }
  }

  private async begin(): Promise<void> {
    const { client } = this.source;
    try {
      do {
        // A full page may be the last one, and waiting behind it would hold up the first frame.
        const waits = this.history.firstRunId === undefined;
        this.keep(await withinDeadline(client, () => this.history.next(waits)));
      } while (!this.history.isCaughtUp && !this.history.isOver);
    } catch (err) {
      if (!isNotFound(err)) throw err;
      throw new TaskError(TaskErrorReason.notFound, 'there is no such task', err);
    }
  }

  private async poll(): Promise<void> {
    const pace = createPace();
    let retryMs = RETRY_MIN_MS;
    while (!this.history.isOver && !this.isStopped) {
      try {
        this.keep(await this.nextPage());
        retryMs = RETRY_MIN_MS;
        await pace();
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
      client.withDeadline(Date.now() + POLL_DEADLINE_MS, () => this.history.next(true)),
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

/** The newest events of a feed, bounded by count and by size. */
class KeptEvents {
  private events: TaskEvent[] = [];
  private sizes: number[] = [];
  private bytes = 0;

  /** Number of the oldest event kept; infinite when there is none. */
  get firstSeq(): number {
    return this.events[0]?.seq ?? Number.POSITIVE_INFINITY;
  }

  at(seq: number): TaskEvent | undefined {
    return this.events[seq - this.firstSeq];
  }

  add({ events, bytes }: Increment): void {
    const newest = this.events.at(-1)?.seq ?? 0;
    for (const event of events) {
      if (event.seq <= newest) continue;
      const size = bytes / events.length;
      this.events.push(event);
      this.sizes.push(size);
      this.bytes += size;
    }
    let dropped = 0;
    let { length } = this.events;
    while (length > 1 && (length > KEPT_EVENTS || this.bytes > KEPT_BYTES)) {
      this.bytes -= this.sizes[dropped] ?? 0;
      dropped += 1;
      length -= 1;
    }
    if (dropped === 0) return;
    this.events = this.events.slice(dropped);
    this.sizes = this.sizes.slice(dropped);
  }
}

/** Lets the first polls of each second through at once and pauses after the others. */
function createPace(): () => Promise<void> {
  let windowStart = Date.now();
  let polls = 0;
  return async () => {
    const now = Date.now();
    if (now - windowStart >= 1_000) {
      windowStart = now;
      polls = 0;
    }
    polls += 1;
    if (polls > UNPACED_POLLS_PER_SECOND) await delay(PAUSE_MS);
  };
}
