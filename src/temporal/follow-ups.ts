// Follows what callers say to one run of a task, for the skill that it runs (`ctx.messages`).
// Lighter than a feed: it folds messages alone, and asks only while somebody waits for one.

import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../workflows/task';
import type { TaskFold } from '../workflows/task-fold';
import { foldTask } from '../workflows/task-state';
import { LONG_POLL_DEADLINE_MS } from './connection';
import { isFault, isInvalidArgument } from './grpc-failure';
import {
  fromHistoryEvent,
  readPage,
  type HistoryEvent,
  type HistorySource,
  type HistoryStep,
} from './history';

/** Wait after a poll that failed; short, because a skill waits. */
const RETRY_MS = 500;

/** Pause after a page: what the skill says comes with it, and is to leave before the next poll. */
const PAUSE_MS = 20;

export class FollowUps {
  private readonly source: HistorySource & { readonly runId: string };
  private pageToken: Uint8Array | undefined;
  private lastEventId = 0;
  private fold: TaskFold | undefined;
  private isOver = false;
  private restsUntil = 0;

  constructor(source: HistorySource & { readonly runId: string }) {
    this.source = source;
  }

  /**
   * The follow-up of this number, counted from 0, when it has come. One call at a time.
   * Rejects with the reason of `signal` when that aborts, and with what the client throws.
   */
  async at(followUp: number, signal: AbortSignal): Promise<Message> {
    for (;;) {
      signal.throwIfAborted();
      const message = this.known[followUp];
      if (message !== undefined) return message;
      if (this.isOver) await aborted(signal);
      else await this.readOn(signal);
    }
  }

  private get known(): readonly Message[] {
    const history = this.fold?.task.history ?? [];
    return history.filter(({ role }) => role === 'ROLE_USER').slice(1);
  }

  private async readOn(signal: AbortSignal): Promise<void> {
    const { client } = this.source;
    // One for each call, because the client leaves a listener on it.
    const call = new AbortController();
    const stop = (): void => {
      call.abort();
    };
    signal.addEventListener('abort', stop);
    try {
      await delay(this.restsUntil - Date.now(), undefined, { signal: call.signal });
      await client.withAbortSignal(call.signal, () =>
        client.withDeadline(Date.now() + LONG_POLL_DEADLINE_MS, () => this.readPage()),
      );
    } catch (err) {
      if (signal.aborted) return;
      if (!isFault(err) && !isInvalidArgument(err)) throw err;
      // A page token may not survive a restart of the server; what is known is skipped by its number.
      if (isInvalidArgument(err)) this.pageToken = undefined;
      this.restsUntil = Date.now() + RETRY_MS;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  private async readPage(): Promise<void> {
    const { client, workflowId, runId, decode } = this.source;
    const token = this.pageToken === undefined ? {} : { pageToken: this.pageToken };
    const page = await readPage(client, { workflowId, runId, waitNewEvent: true, ...token });
    // A view of a whole network read, which it would keep alive.
    if (page.nextPageToken.length > 0) this.pageToken = Uint8Array.from(page.nextPageToken);
    else this.isOver = true;
    for (const event of page.events) {
      const eventId = Number(event.eventId);
      if (eventId <= this.lastEventId) continue;
      this.lastEventId = eventId;
      if (tellsOfMessages(event)) this.take(await fromHistoryEvent(event, decode));
    }
    if (page.events.length > 0) this.restsUntil = Date.now() + PAUSE_MS;
  }

  private take(step: HistoryStep | undefined): void {
    if (step?.kind === 'record') this.fold = foldTask(this.fold, step.recorded).fold;
  }
}

/** What a skill says may be much, and is not even decoded. */
function tellsOfMessages(event: HistoryEvent): boolean {
  const isStart = Boolean(event.workflowExecutionStartedEventAttributes);
  return isStart || Boolean(event.workflowExecutionUpdateAcceptedEventAttributes);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      resolve();
    };
    signal.addEventListener('abort', wake, { once: true });
  });
}
