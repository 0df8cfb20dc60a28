// Reads the history of one workflow page by page, over all its runs from a given one on.

import {
  PAGE_EVENTS,
  fromHistoryEvent,
  readPage,
  type HistorySource,
  type HistoryStep,
} from './history';

/** What the history says, without the seams between runs. */
export type RunStep = Exclude<HistoryStep, { kind: 'next-run' }>;

/**
 * What a page should come to. A reader that stalls holds the page that it is at, so that a hundred of them hold
 * 50 MiB; more at once reads no faster.
 */
const PAGE_BYTES = 524_288;

export interface RunPagerOptions {
  /** How many events to ask for at first, while their size is not known. Default: `PAGE_EVENTS`. */
  readonly firstPageEvents?: number;
}

export class RunPager {
  private readonly source: HistorySource;
  private pageEvents: number;
  private runId: string | undefined;
  private pageToken: Uint8Array | undefined;
  private lastEventId = 0;
  /** The run with which it began, the one before that; known after the first page. */
  startRunId: string | undefined;
  previousRunId: string | undefined;
  /** Nothing more was recorded when the last page was read. */
  isCaughtUp = false;

  constructor(source: HistorySource, { firstPageEvents = PAGE_EVENTS }: RunPagerOptions = {}) {
    this.source = source;
    this.pageEvents = firstPageEvents;
    this.runId = source.runId;
  }

  /** Reads one page. With `waitNewEvent` it waits up to 20 s for something new. */
  async next(waitNewEvent: boolean): Promise<readonly RunStep[]> {
    const { client, workflowId, decode } = this.source;
    const { runId } = this;
    const page = await readPage(client, {
      workflowId,
      waitNewEvent,
      maximumEvents: this.pageEvents,
      ...(runId === undefined ? {} : { runId }),
      ...(this.pageToken === undefined ? {} : { pageToken: this.pageToken }),
    });
    // Without waiting, the end of an open run has no token: the old one stays, and what it brings
    // again is skipped by its event id.
    // Copied, because it is a view of a whole network read, which it would keep alive.
    if (page.nextPageToken.length > 0) this.pageToken = Uint8Array.from(page.nextPageToken);
    const isShort = waitNewEvent && page.events.length < this.pageEvents;
    this.isCaughtUp = page.nextPageToken.length === 0 || isShort;
    const steps: RunStep[] = [];
    let bytes = 0;
    for (const event of page.events) {
      const eventId = Number(event.eventId);
      if (eventId <= this.lastEventId) continue;
      this.lastEventId = eventId;
      const started = event.workflowExecutionStartedEventAttributes;
      if (started && this.startRunId === undefined) {
        this.startRunId = started.originalExecutionRunId ?? undefined;
        this.previousRunId = started.continuedExecutionRunId ?? undefined;
        // Without a token the next page would be one of whichever run is the newest by then.
        if (this.pageToken === undefined) this.runId = this.startRunId;
      }
      const step = await fromHistoryEvent(event, decode);
      if (step?.kind === 'next-run') this.goTo(step.runId);
      else if (step !== undefined) steps.push(step);
      if (step?.kind === 'record') bytes += step.bytes;
    }
    this.fitPage(bytes);
    return steps;
  }

  /**
   * The next page is taken to be like the last one. The server counts what was written together as one, so that
   * what comes for `n` events are `n` or several times as many.
   */
  private fitPage(bytes: number): void {
    const fitting = Math.floor((this.pageEvents * PAGE_BYTES) / Math.max(bytes, 1));
    this.pageEvents = Math.min(Math.max(fitting, 1), PAGE_EVENTS);
  }

  private goTo(runId: string): void {
    this.runId = runId;
    this.pageToken = undefined;
    this.lastEventId = 0;
    this.isCaughtUp = false;
  }
}
