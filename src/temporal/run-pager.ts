// Reads the history of one workflow page by page, over all its runs from a given one on.

import {
  PAGE_EVENTS,
  fromHistoryEvent,
  readPage,
  type HistoryEvent,
  type HistorySource,
  type HistoryStep,
} from './history';

/** What the history says, without the seams between runs. */
export type RunStep = Exclude<HistoryStep, { kind: 'next-run' }>;

export interface RunPagerOptions {
  /** What a page should come to, in bytes of what it tells. Default: as much as the server gives at once. */
  readonly pageBytes?: number;
}

/** Asked for at first where `pageBytes` is given, and the size of the events is not known yet. */
const FIRST_PAGE_EVENTS = 32;

export class RunPager {
  private readonly source: HistorySource;
  private readonly pageBytes: number;
  private pageEvents: number;
  private runId: string | undefined;
  private pageToken: Uint8Array | undefined;
  private lastEventId = 0;
  /** The run with which it began, the one before that; known after the first page. */
  startRunId: string | undefined;
  previousRunId: string | undefined;
  /** Nothing more was recorded when the last page was read. */
  isCaughtUp = false;

  constructor(source: HistorySource, { pageBytes }: RunPagerOptions = {}) {
    this.source = source;
    this.pageBytes = pageBytes ?? Number.POSITIVE_INFINITY;
    this.pageEvents = pageBytes === undefined ? PAGE_EVENTS : FIRST_PAGE_EVENTS;
    this.runId = source.runId;
  }

  /** Reads one page. With `waitNewEvent` it waits up to 20 s for something new. */
  async next(waitNewEvent: boolean): Promise<readonly RunStep[]> {
    const { client, workflowId } = this.source;
    const { runId } = this;
    const page = await readPage(client, {
      workflowId,
      waitNewEvent,
      maximumEvents: this.pageEvents,
      ...(runId === undefined ? {} : { runId }),
      ...(this.pageToken === undefined ? {} : { pageToken: this.pageToken }),
    });
    const before = this.pageToken;
    // Without waiting, the end of an open run has no token: the old one stays, and what it brings
    // again is skipped by its event id.
    // Copied, because it is a view of a whole network read, which it would keep alive.
    if (page.nextPageToken.length > 0) this.pageToken = Uint8Array.from(page.nextPageToken);
    const isShort = waitNewEvent && page.events.length < this.pageEvents;
    this.isCaughtUp = page.nextPageToken.length === 0 || isShort;
    const steps: RunStep[] = [];
    const fresh = page.events.filter(({ eventId }) => Number(eventId) > this.lastEventId);
    let [taken, bytes] = [0, 0];
    for (const event of fresh) {
      if (bytes > this.pageBytes) break;
      const step = await this.take(event);
      taken += 1;
      if (step?.kind === 'record') bytes += step.bytes;
      if (step !== undefined) steps.push(step);
    }
    if (taken < fresh.length) this.readAgainFrom(before);
    if (taken > 0) this.fitPage((bytes / taken) * page.events.length);
    return steps;
  }

  private async take(event: HistoryEvent): Promise<RunStep | undefined> {
    this.lastEventId = Number(event.eventId);
    const started = event.workflowExecutionStartedEventAttributes;
    if (started && this.startRunId === undefined) {
      this.startRunId = started.originalExecutionRunId ?? undefined;
      this.previousRunId = started.continuedExecutionRunId ?? undefined;
      // Without a token the next page would be one of whichever run is the newest by then.
      if (this.pageToken === undefined) this.runId = this.startRunId;
    }
    const step = await fromHistoryEvent(event, this.source.decode);
    if (step?.kind !== 'next-run') return step;
    this.goTo(step.runId);
    return undefined;
  }

  /** More has come than a page should be: the rest comes once more, in smaller pages. */
  private readAgainFrom(pageToken: Uint8Array | undefined): void {
    this.pageToken = pageToken;
    this.runId ??= this.startRunId;
    this.isCaughtUp = false;
  }

  /**
   * The next page is taken to be like the last one, of so many bytes. The server counts what was written together as
   * one, so that what comes for `n` events are `n` or several times as many.
   */
  private fitPage(bytes: number): void {
    const fitting = Math.floor((this.pageEvents * this.pageBytes) / Math.max(bytes, 1));
    this.pageEvents = Math.min(Math.max(fitting, 1), 4 * this.pageEvents, PAGE_EVENTS);
  }

  private goTo(runId: string): void {
    this.runId = runId;
    this.pageToken = undefined;
    this.lastEventId = 0;
    this.isCaughtUp = false;
  }
}
