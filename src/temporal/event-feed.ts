// Follows tasks: one history long poll per task and process, shared by all who follow it (D1).
// The gateway's streams and blocking sends come here; a feed is closed when its last follower leaves.

import type { Client } from '@temporalio/client';
import type { Task, TaskEvent } from '../workflows/task';
import { createDecoder, type Decode } from './history';
import { TaskFeed } from './task-feed';

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
  /**
   * Resume after this event: `task` is as of it, with follow-ups that came before the next. Where the server has dropped
   * what follows it, `task` is as of the first later event from which on it has all.
   */
  readonly cursor?: number;
  /** `task` holds every follow-up that was taken in before this call. Default: those of the last page. */
  readonly isFresh?: boolean;
  readonly signal: AbortSignal;
}

export class EventFeeds {
  private readonly client: Client;
  private readonly decode: Decode;
  private readonly open = new Map<string, TaskFeed>();

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
      const { cursor, isFresh = false, signal } = options;
      const task = cursor === undefined ? feed.task : await feed.taskAsOf(cursor, isFresh);
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

  private join(workflowId: string): TaskFeed {
    let feed = this.open.get(workflowId);
    if (feed === undefined || feed.hasFailed) {
      const source = { client: this.client, decode: this.decode, workflowId };
      feed = new TaskFeed(source);
      this.open.set(workflowId, feed);
    }
    feed.followers += 1;
    return feed;
  }

  private leave(workflowId: string, feed: TaskFeed): void {
    feed.followers -= 1;
    if (feed.followers > 0) return;
    feed.stop();
    if (this.open.get(workflowId) === feed) this.open.delete(workflowId);
  }
}
