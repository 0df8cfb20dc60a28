// What a skill says, batched into signals: the first at once, then one in flight and one per interval (D5).

import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { inlineSize, isStoreFault, storePlanned } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { Emission, PackedTextEmission } from '../workflows/emission';
import { jsonBytes } from '../workflows/json-bytes';
import { INLINE_PART_BYTES, SIGNAL_BYTES } from '../workflows/limits';
import { joinParts } from '../workflows/parts';
import type { StoredPart } from '../workflows/task';
import type { TaskFold } from '../workflows/task-fold';
import { Allowance } from './allowance';
import { BatchStream, type BatchStreamOptions } from './batch-stream';
import type { JournalRecord } from './journal';
import { keepTryingUntil, type KeepTrying } from '../temporal/keep-trying';
import { RecordedText } from './recorded-text';
import { TextPacking } from './text-packing';
import type { Spoken } from './spoken';

export type { Spoken };

/** Queued beyond this, `emit` makes the skill wait: memory is bounded, nothing is dropped. */
const QUEUE_BYTES = 524_288;

/** Time between two signals in milliseconds, up to how many of them. */
export type Pace = readonly { readonly below: number; readonly ms: number }[];

/** Time between two signals. */
const FLUSH_INTERVALS: Pace = [{ below: Number.POSITIVE_INFINITY, ms: 100 }];

/** A wait below this is not worth a timer: who speaks once an interval is not to be late by its rounding. */
const SHORT_WAIT_MS = 3;

export interface EmitterOptions extends BatchStreamOptions {
  readonly store: PartStore;
  /** Default: `FLUSH_INTERVALS`. */
  readonly pace?: Pace;
  /** Bytes of the artifacts that the task had before; see `TurnInput`. */
  readonly inlineBytes: number;
  /** What earlier attempts of the turn have said since the checkpoint. Default: nothing. */
  readonly lanes?: TaskFold['lanes'];
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
  /** It was recorded before, as it is. */
  readonly isKnown: boolean;
  /** Emissions that were joined to this one, itself included. */
  readonly count: number;
}

export class Emitter {
  private readonly options: EmitterOptions;
  private queue: Queued[] = [];
  private queuedBytes = 0;
  private readonly allowance: Allowance;
  private readonly packing: TextPacking;
  private readonly stream: BatchStream;
  private readonly keepTrying: KeepTrying;
  private readonly recorded: RecordedText | undefined;
  /** What is compared with what was recorded, one after the other. */
  private comparing: Promise<void> = Promise.resolve();
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

  constructor(options: EmitterOptions) {
    this.options = options;
    this.keepTrying = keepTryingUntil(options.signal);
    this.stream = new BatchStream(options, this.keepTrying);
    this.recorded = RecordedText.of(options.lanes ?? new Map(), (part) => this.textOf(part));
    this.allowance = new Allowance(options.inlineBytes);
    this.packing = new TextPacking({
      store: options.store,
      keepTrying: this.keepTrying,
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
    if (this.recorded === undefined) this.enqueue(spoken);
    else await this.compare(this.recorded, spoken);
    while (this.queuedBytes > QUEUE_BYTES && this.pumping !== undefined) await this.pumping;
    this.throwFailure();
  }

  /** Takes an entry of the journal, behind what was said so far; resolves when both are recorded. */
  async record(emission: JournalRecord): Promise<void> {
    // What a leftover of a run that has ended has done counts for nothing, so it must not go on.
    if (this.isClosed) return new Promise(() => undefined);
    this.throwFailure();
    if (this.recorded === undefined) this.enqueue(emission);
    else await this.release(this.recorded, emission);
    await this.untilSent();
  }

  /** Resolves when everything that was said so far is recorded. */
  async flush(): Promise<void> {
    if (this.recorded !== undefined) await this.release(this.recorded);
    await this.untilSent();
  }

  private async untilSent(): Promise<void> {
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

  private async compare(recorded: RecordedText, spoken: Spoken): Promise<void> {
    await this.inTurn(async () => {
      const { known, rest } = await recorded.hear(spoken);
      for (const said of known) this.enqueue(said, { isKnown: true });
      if (rest !== undefined) this.enqueue(rest);
    });
  }

  /** What waits for the rest of a recorded text goes now, and `emission` behind it. */
  private async release(recorded: RecordedText, emission?: JournalRecord): Promise<void> {
    await this.inTurn(() => {
      for (const said of recorded.release()) this.enqueue(said);
      if (emission !== undefined) this.enqueue(emission);
    });
  }

  private async inTurn(act: () => void | Promise<void>): Promise<void> {
    this.comparing = this.comparing.then(act);
    await this.comparing;
  }

  private async textOf({ ref }: StoredPart): Promise<string | undefined> {
    try {
      const content = await this.keepTrying(() => this.options.store.get(ref.digest), isStoreFault);
      return content.toString('utf8');
    } catch {
      // It is said again, then, as if nobody had said it.
      return undefined;
    }
  }

  private enqueue(spoken: Recordable, { isKnown = false } = {}): void {
    const queued = { spoken, isKnown, bytes: sizeOf(spoken), count: 1 };
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
        const storing = taken.map((queued) => this.toEmission(queued));
        const emissions = await Promise.all(storing);
        this.lastSentAt = Date.now();
        await this.stream.send(emissions);
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
    const interval = pace.find(({ below }) => this.stream.next < below)?.ms ?? 0;
    const wait = this.lastSentAt + Math.max(interval, this.allowance.paceMs) - Date.now();
    if (wait < SHORT_WAIT_MS || this.queuedBytes >= SIGNAL_BYTES || this.sent < this.wanted) return;
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
  private async toEmission({ spoken, isKnown }: Queued): Promise<Emission> {
    if (!('parts' in spoken)) return spoken;
    const { store } = this.options;
    if (isKnown) {
      this.allowance.keep(spoken);
      return spoken;
    }
    const plan = this.allowance.take(spoken);
    const parts = await this.keepTrying(() => storePlanned(store, plan), isStoreFault);
    return { ...spoken, parts };
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
  if (first.isKnown || second.isKnown) return undefined;
  if (a.kind !== 'artifact' || b.kind !== 'artifact' || bytes > maxBytes) return undefined;
  if (a.artifactId !== b.artifactId || !b.append || a.last) return undefined;
  const parts = joinParts(a.parts, b.parts);
  const count = first.count + second.count;
  return { spoken: { ...a, parts, last: b.last }, isKnown: false, bytes, count };
}
