// Where to read a log: its newest run begins with all that it has come to; older ones are for those who resume.

import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from './grpc-failure';
import { RunPager, type RunPagerOptions, type RunStep } from './run-pager';
import type { HistorySource } from './history';

/** Between two looks for a log that its task has not started yet. */
const RETRY_MS = 50;

export interface LogPagerOptions {
  /** The task that the log is of. */
  readonly owner: string;
  /** Whoever reads has the events up to this one. */
  readonly after: number;
  readonly pages: RunPagerOptions;
}

/** A log is read up to its end; where the task that owns it is over, one that is not there never will be. */
export class LogPager {
  private readonly source: HistorySource;
  private readonly owner: string;
  private readonly after: number;
  private readonly pages: RunPagerOptions;
  private pager: RunPager | undefined;
  private first: readonly RunStep[] = [];
  /** When last looked for, it was not there yet. */
  private isMissing = false;

  constructor(source: HistorySource, { owner, after, pages }: LogPagerOptions) {
    this.source = source;
    this.owner = owner;
    this.after = after;
    this.pages = pages;
  }

  get isCaughtUp(): boolean {
    return this.pager?.isCaughtUp ?? this.isMissing;
  }

  /** See `RunPager.next`. */
  async next(waitNewEvent: boolean): Promise<readonly RunStep[]> {
    if (this.pager !== undefined) return this.pager.next(waitNewEvent);
    try {
      await this.open();
      return this.first;
    } catch (err) {
      if (!isNotFound(err)) throw err;
      if (!(await this.isOwnerOpen()))
        return [{ kind: 'record', recorded: { kind: 'log-closed' }, bytes: 0 }];
      this.isMissing = true;
      if (waitNewEvent) await delay(RETRY_MS);
      return [];
    }
  }

  /** The newest run that tells all of what is wanted, or the first that the server still has. */
  private async open(): Promise<void> {
    let pager = new RunPager(this.source, this.pages);
    this.first = await pager.next(false);
    while (sinceOf(this.first) > this.after && pager.previousRunId) {
      const before = new RunPager({ ...this.source, runId: pager.previousRunId }, this.pages);
      const first = await before.next(false).catch(undefinedIfGone);
      if (first === undefined) break;
      [pager, this.first] = [before, first];
    }
    this.pager = pager;
  }

  private async isOwnerOpen(): Promise<boolean> {
    const { client } = this.source;
    const { workflowExecutionInfo: info } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId: this.owner },
    });
    return !info?.closeTime;
  }
}

function undefinedIfGone(err: unknown): undefined {
  if (!isNotFound(err)) throw err;
}

/** Number of the last event before the run. */
function sinceOf([first]: readonly RunStep[]): number {
  if (first?.kind !== 'record' || first.recorded.kind !== 'resumed') return 0;
  return first.recorded.snapshot.task.seq;
}
