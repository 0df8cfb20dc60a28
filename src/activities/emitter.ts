// What a skill says, batched into signals: the first at once, then one in flight and one per interval (D5).

import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { isFault, isNotFound } from '../temporal/grpc-failure';
import { inlineSize, isStoreFault, storePlanned } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import { FORMAT, type Batch, type Emission, type PackedTextEmission } from '../workflows/emission';
import type { JournalRecord } from './journal';
import { jsonBytes } from '../workflows/json-bytes';
import { INLINE_PART_BYTES, PAYLOAD_MAX_BYTES, SIGNAL_BYTES } from '../workflows/limits';
import { joinParts } from '../workflows/parts';
import { Allowance } from './allowance';
import { TextPacking } from './text-packing';
import type { Spoken } from './spoken';

export type { Spoken };

/** Queued beyond this, `emit` makes the skill wait: memory is bounded, nothing is dropped. */
const QUEUE_BYTES = 524_288;

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/** Time between two signals in milliseconds, up to how many of them. */
export type Pace = readonly { readonly below: number; readonly ms: number }[];

/** Time between two signals. */
const FLUSH_INTERVALS: Pace = [{ below: Number.POSITIVE_INFINITY, ms: 100 }];

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
  /** As `EmitterOptions.send`. It is not there until the task has started it. */
  send(batch: Batch): Promise<void>;
  /** Has it continue as new, while nothing is sent. Where that fails, it does so by itself some day. */
  renew(): Promise<void>;
}

export interface EmitterOptions {
  readonly turn: number;
  readonly attempt: number;
  /** Number of the first batch. Default 0. */
  readonly firstBatch?: number;
  readonly store: PartStore;
  /** Default: `FLUSH_INTERVALS`. */
  readonly pace?: Pace;
  /** Bytes of the artifacts that the task had before; see `TurnInput`. */
  readonly inlineBytes: number;
  /** Batches that the run of the task holds of other attempts. Default 0. */
  readonly batchesBefore?: number;
  /** Where a long stream goes on. Absent: where it is. */
  readonly log?: LongLog;
  /** Records one batch; rejects with what the Temporal client throws. */
  send(batch: Batch): Promise<void>;
  /** Stops retries. */
  readonly signal: AbortSignal;
  /** Told once, when a batch can never be recorded. */
  onFailure(err: unknown): void;
}

type Recordable = Spoken | JournalRecord | PackedTextEmission;

interface Queued {
  readonly spoken: Recordable;
  /** As JSON before big parts are stored. */
  readonly bytes: number;
  /** Emissions that were joined to this one, itself included. */
  readonly count: number;
}

export class Emitter {
  private readonly options: EmitterOptions;
  private queue: Queued[] = [];
  private queuedBytes = 0;
  private readonly allowance: Allowance;
  private readonly packing: TextPacking;
  private n: number;
  /** Of the run of the task, or of the log. */
  private batchesInRun: number;
  private bytesInRun = 0;
  /** Emissions taken, and recorded, so far. */
  private taken = 0;
  private sent = 0;
  /** How many somebody waits for: they leave without a pause. */
  private wanted = 0;
  private readonly onBatch = new Set<() => void>();
  private lastSentAt = 0;
  private pumping: Promise<void> | undefined;
  private hurry = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  private isClosed = false;
  private log: LongLog | undefined;

  constructor(options: EmitterOptions) {
    this.options = options;
    this.n = options.firstBatch ?? 0;
    this.batchesInRun = this.n + (options.batchesBefore ?? 0);
    this.allowance = new Allowance(options.inlineBytes);
    this.packing = new TextPacking({
      store: options.store,
      untilDone: (act, isPassing) => this.untilDone(act, isPassing),
      isInlineScarce: () => this.allowance.isInlineScarce,
      record: (emission, replaced) => {
        if (this.isClosed || this.failure !== undefined) return;
        this.allowance.release(emission, replaced);
        this.enqueue(emission);
      },
    });
  }

  /**
   * Takes an emission; resolves when there is room for more.
   * @throws SkillError when the task can hold no more artifacts; what the Temporal client throws.
   */
  async emit(spoken: Spoken): Promise<void> {
    if (this.isClosed) return;
    this.throwFailure();
    if (spoken.kind === 'artifact') this.allowance.admit(spoken.artifactId);
    this.enqueue(spoken);
    while (this.queuedBytes > QUEUE_BYTES && this.pumping !== undefined) await this.pumping;
    this.throwFailure();
  }

  /** Takes an entry of the journal, behind what was said so far; resolves when both are recorded. */
  async record(emission: JournalRecord): Promise<void> {
    // What a leftover of a run that has ended has done counts for nothing, so it must not go on.
    if (this.isClosed) return new Promise(() => undefined);
    this.throwFailure();
    this.enqueue(emission);
    await this.flush();
  }

  /** Resolves when everything that was said so far is recorded. */
  async flush(): Promise<void> {
    const wanted = this.taken;
    this.wanted = wanted;
    this.hurry.abort();
    while (this.sent < wanted && this.failure === undefined) {
      await new Promise<void>((resolve) => this.onBatch.add(resolve));
    }
    this.throwFailure();
  }

  /** Takes nothing more; what a leftover of the skill says from now on is not heard. */
  close(): void {
    this.isClosed = true;
  }

  private enqueue(spoken: Recordable): void {
    const queued = { spoken, bytes: sizeOf(spoken), count: 1 };
    const last = this.queue.at(-1);
    // What is stored in any case is stored in large pieces.
    const maxBytes = this.allowance.isInlineSpent ? SIGNAL_BYTES : INLINE_PART_BYTES;
    const joined = last === undefined ? undefined : joinChunks(last, queued, maxBytes);
    if (joined === undefined) this.queue.push(queued);
    else this.queue[this.queue.length - 1] = joined;
    this.queuedBytes += queued.bytes;
    this.taken += 1;
    this.pumping ??= this.pump();
  }

  private async pump(): Promise<void> {
    try {
      // What is said in one go leaves together.
      await setImmediate();
      while (this.queue.length > 0) {
        await this.untilDue();
        const taken = this.take();
        const storing = taken.map(({ spoken }) => this.toEmission(spoken));
        const emissions = await Promise.all(storing);
        this.lastSentAt = Date.now();
        if (this.isLong) await (this.log === undefined ? this.move(this.options) : this.renew());
        await this.send(emissions);
        this.packing.note(emissions);
        this.sent += taken.reduce((sum, { count }) => sum + count, 0);
        this.tellWaiting();
      }
    } catch (error) {
      this.failure = { error };
      this.queue = [];
      this.queuedBytes = 0;
      this.options.onFailure(error);
    } finally {
      this.pumping = undefined;
      this.tellWaiting();
    }
  }

  private tellWaiting(): void {
    for (const tell of this.onBatch) tell();
    this.onBatch.clear();
  }

  private async untilDue(): Promise<void> {
    const { pace = FLUSH_INTERVALS } = this.options;
    const interval = pace.find(({ below }) => this.n < below)?.ms ?? 0;
    const wait = this.lastSentAt + Math.max(interval, this.allowance.paceMs) - Date.now();
    if (wait <= 0 || this.queuedBytes >= SIGNAL_BYTES || this.sent < this.wanted) return;
    this.hurry = new AbortController();
    const signal = AbortSignal.any([this.hurry.signal, this.options.signal]);
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }

  private take(): readonly Queued[] {
    let bytes = 0;
    let count = 0;
    for (const queued of this.queue) {
      // What is bigger is stored, so that no emission weighs more than a batch.
      const weight = Math.min(queued.bytes, SIGNAL_BYTES);
      if (count > 0 && bytes + weight > SIGNAL_BYTES) break;
      bytes += weight;
      count += 1;
    }
    const taken = this.queue.splice(0, count);
    this.queuedBytes -= taken.reduce((sum, queued) => sum + queued.bytes, 0);
    return taken;
  }

  /** Counts it as said at once, and resolves when its big parts are stored. */
  private async toEmission(spoken: Queued['spoken']): Promise<Emission> {
    if (!('parts' in spoken)) return spoken;
    const { store } = this.options;
    const plan = this.allowance.take(spoken);
    const parts = await this.untilDone(() => storePlanned(store, plan), isStoreFault);
    return { ...spoken, parts };
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

  private async move({ log }: EmitterOptions): Promise<void> {
    if (log === undefined) return;
    await this.send([{ kind: 'moved', log: log.id }]);
    this.log = log;
    this.beginRun();
  }

  /** A log that cannot be asked, or does not answer, takes batches all the same. */
  private async renew(): Promise<void> {
    await this.log?.renew().catch(() => undefined);
    this.beginRun();
  }

  private async send(emissions: readonly Emission[]): Promise<void> {
    const { turn, attempt } = this.options;
    const { log } = this;
    const batch: Batch = { v: FORMAT, turn, attempt, n: this.n, emissions };
    const bytes = jsonBytes(batch);
    // Temporal's client would call this a lack of resources, as if it would pass.
    if (bytes > PAYLOAD_MAX_BYTES) {
      throw new RangeError(`a batch of ${String(bytes)} bytes is more than Temporal takes`);
    }
    if (log === undefined) {
      await this.untilDone(() => this.options.send(batch), isFault);
    } else {
      const isPassing = (err: unknown): boolean => isFault(err) || isNotFound(err);
      await this.untilDone(() => log.send(batch), isPassing);
    }
    this.n += 1;
    this.batchesInRun += 1;
    this.bytesInRun += bytes;
  }

  /** Tries again after each fault, until the run is stopped. */
  private async untilDone<T>(
    act: () => Promise<T>,
    isPassing: (err: unknown) => boolean,
  ): Promise<T> {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        return await act();
      } catch (err) {
        if (this.options.signal.aborted || !isPassing(err)) throw err;
        await delay(waitMs, undefined, { signal: this.options.signal }).catch(() => undefined);
      }
    }
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}

function sizeOf(spoken: Queued['spoken']): number {
  if (!('parts' in spoken)) return jsonBytes(spoken);
  const partsBytes = spoken.parts.reduce((sum, part) => sum + inlineSize(part), 0);
  return jsonBytes({ ...spoken, parts: [] }) + partsBytes;
}

/** Chunks of one artifact that wait together travel as one. */
function joinChunks(first: Queued, second: Queued, maxBytes: number): Queued | undefined {
  const { spoken: a } = first;
  const { spoken: b } = second;
  const bytes = first.bytes + second.bytes;
  if (a.kind !== 'artifact' || b.kind !== 'artifact' || bytes > maxBytes) return undefined;
  if (a.artifactId !== b.artifactId || !b.append || a.last) return undefined;
  const parts = joinParts(a.parts, b.parts);
  const count = first.count + second.count;
  return { spoken: { ...a, parts, last: b.last }, bytes, count };
}
