// The batches of one attempt, one after the other: into the run of the task, and past so many of them into a log (D8).

import { isFault, isNotFound } from '../temporal/grpc-failure';
import { FORMAT, type Batch, type Emission } from '../workflows/emission';
import { jsonBytes } from '../workflows/json-bytes';
import { PAYLOAD_MAX_BYTES } from '../workflows/limits';
import type { KeepTrying } from '../temporal/keep-trying';

/**
 * Signals of one run of a task; the next ones go to a log (D8). Each makes four events of history, and
 * Temporal warns of a run from 10,240 on.
 */
export const BATCHES_IN_RUN = 2_000;

/** Signals of one run of a log, before it is renewed: a worker that takes it over has so much to read. */
const BATCHES_IN_LOG = 1_000;

/** The same of their bytes, for each attempt: Temporal ends a run at 50 MiB, and warns from 10 MiB on. */
const BYTES_IN_RUN = 4_194_304;

export interface LongLog {
  /** Its workflow id. */
  readonly id: string;
  /** Batches of the run of the task, after which it takes its place. Default: `BATCHES_IN_RUN`. */
  readonly after?: number;
  /** As `BatchStreamOptions.send`. It is not there until the task has started it. */
  send(batch: Batch): Promise<void>;
  /** Has it continue as new, while nothing is sent. Where that fails, it does so by itself some day. */
  renew(): Promise<void>;
}

export interface BatchStreamOptions {
  readonly turn: number;
  readonly attempt: number;
  /** Number of the first batch. Default 0. */
  readonly firstBatch?: number;
  /** Batches that the run of the task holds of other attempts. Default 0. */
  readonly batchesBefore?: number;
  /** Where a long stream goes on. Absent: where it is. */
  readonly log?: LongLog;
  /** Records one batch; rejects with what the Temporal client throws. */
  send(batch: Batch): Promise<void>;
}

export class BatchStream {
  private readonly options: BatchStreamOptions;
  private readonly keepTrying: KeepTrying;
  private n: number;
  /** Of the run of the task, or of the log. */
  private batchesInRun: number;
  private bytesInRun = 0;
  /** Where it goes by now; undefined while it is the task. */
  private log: LongLog | undefined;

  constructor(options: BatchStreamOptions, keepTrying: KeepTrying) {
    this.options = options;
    this.keepTrying = keepTrying;
    this.n = options.firstBatch ?? 0;
    this.batchesInRun = this.n + (options.batchesBefore ?? 0);
  }

  /** Number of the next batch. */
  get next(): number {
    return this.n;
  }

  /** Resolves when they are recorded, as one batch. Await it before the next one. */
  async send(emissions: readonly Emission[]): Promise<void> {
    if (this.isLong) await (this.log === undefined ? this.move(this.options) : this.renew());
    await this.record(emissions);
  }

  /** The run holds as much as it should. */
  private get isLong(): boolean {
    const most =
      this.log === undefined ? (this.options.log?.after ?? BATCHES_IN_RUN) : BATCHES_IN_LOG;
    return this.batchesInRun >= most || this.bytesInRun >= BYTES_IN_RUN;
  }

  private beginRun(): void {
    this.batchesInRun = 0;
    this.bytesInRun = 0;
  }

  private async move({ log }: BatchStreamOptions): Promise<void> {
    if (log === undefined) return;
    await this.record([{ kind: 'moved', log: log.id }]);
    this.log = log;
    this.beginRun();
  }

  /** A log that cannot be asked, or does not answer, takes batches all the same. */
  private async renew(): Promise<void> {
    await this.log?.renew().catch(() => undefined);
    this.beginRun();
  }

  private async record(emissions: readonly Emission[]): Promise<void> {
    const { turn, attempt } = this.options;
    const { log } = this;
    const batch: Batch = { v: FORMAT, turn, attempt, n: this.n, emissions };
    const bytes = jsonBytes(batch);
    // Temporal's client would call this a lack of resources, as if it would pass.
    if (bytes > PAYLOAD_MAX_BYTES) {
      throw new RangeError(`a batch of ${String(bytes)} bytes is more than Temporal takes`);
    }
    if (log === undefined) {
      await this.keepTrying(() => this.options.send(batch), isFault);
    } else {
      const isPassing = (err: unknown): boolean => isFault(err) || isNotFound(err);
      await this.keepTrying(() => log.send(batch), isPassing);
    }
    this.n += 1;
    this.batchesInRun += 1;
    this.bytesInRun += bytes;
  }
}
