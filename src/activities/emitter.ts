// What a skill says, batched into signals: the first at once, then one in flight and one per interval (D5).

import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { isFault } from '../temporal/connection';
import { inlineSize, isStoreFault, storePlanned, type PartsPlan } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import { FORMAT, type Batch, type Emission } from '../workflows/emission';
import { jsonBytes } from '../workflows/json-bytes';
import { INLINE_PART_BYTES, PAYLOAD_MAX_BYTES, SIGNAL_BYTES } from '../workflows/limits';
import { joinParts } from '../workflows/parts';
import { Allowance } from './allowance';
import type { Spoken } from './spoken';

export type { Spoken };

/** Queued beyond this, `emit` makes the skill wait: memory is bounded, nothing is dropped. */
const QUEUE_BYTES = 524_288;

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/**
 * Time between two signals. A run takes 10,000 signals and no more, so a stream that lasts slows
 * down in steps instead of being cut off.
 */
const FLUSH_INTERVALS: readonly { readonly below: number; readonly ms: number }[] = [
  { below: 2_000, ms: 100 },
  { below: 4_000, ms: 500 },
  { below: 8_000, ms: 2_000 },
  { below: Number.POSITIVE_INFINITY, ms: 30_000 },
];

export interface EmitterOptions {
  readonly turn: number;
  readonly attempt: number;
  readonly store: PartStore;
  /** Bytes of the artifacts that the task had before; see `TurnInput`. */
  readonly inlineBytes: number;
  /** Records one batch; rejects with what the Temporal client throws. */
  send(batch: Batch): Promise<void>;
  /** Stops retries. */
  readonly signal: AbortSignal;
  /** Told once, when a batch can never be recorded. */
  onFailure(err: unknown): void;
}

interface Queued {
  readonly spoken: Spoken;
  /** As JSON before big parts are stored. */
  readonly bytes: number;
}

interface Planned {
  readonly spoken: Spoken;
  readonly plan: PartsPlan;
}

export class Emitter {
  private readonly options: EmitterOptions;
  private queue: Queued[] = [];
  private queuedBytes = 0;
  private readonly allowance: Allowance;
  private n = 0;
  private lastSentAt = 0;
  private pumping: Promise<void> | undefined;
  private hurry = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  private isClosed = false;

  constructor(options: EmitterOptions) {
    this.options = options;
    this.allowance = new Allowance(options.inlineBytes);
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
    this.pumping ??= this.pump();
    while (this.queuedBytes > QUEUE_BYTES && this.pumping !== undefined) await this.pumping;
    this.throwFailure();
  }

  /** Resolves when everything that was said is recorded. */
  async flush(): Promise<void> {
    this.hurry.abort();
    while (this.pumping !== undefined) await this.pumping;
    this.hurry = new AbortController();
    this.throwFailure();
  }

  /** Takes nothing more; what a leftover of the skill says from now on is not heard. */
  close(): void {
    this.isClosed = true;
  }

  private enqueue(spoken: Spoken): void {
    const queued = { spoken, bytes: sizeOf(spoken) };
    const last = this.queue.at(-1);
    // What is stored in any case is stored in large pieces.
    const maxBytes = this.allowance.isInlineSpent ? SIGNAL_BYTES : INLINE_PART_BYTES;
    const joined = last === undefined ? undefined : joinChunks(last, queued, maxBytes);
    if (joined === undefined) this.queue.push(queued);
    else this.queue[this.queue.length - 1] = joined;
    this.queuedBytes += queued.bytes;
  }

  private async pump(): Promise<void> {
    try {
      // What is said in one go leaves together.
      await setImmediate();
      while (this.queue.length > 0) {
        await this.untilDue();
        const planned = this.take().map((spoken) => ({
          spoken,
          plan: this.allowance.take(spoken),
        }));
        const emissions = await Promise.all(planned.map((one) => this.store(one)));
        const { turn, attempt } = this.options;
        this.lastSentAt = Date.now();
        await this.send({ v: FORMAT, turn, attempt, n: this.n, emissions });
        this.n += 1;
      }
    } catch (error) {
      this.failure = { error };
      this.queue = [];
      this.queuedBytes = 0;
      this.options.onFailure(error);
    } finally {
      this.pumping = undefined;
    }
  }

  private async untilDue(): Promise<void> {
    const interval = FLUSH_INTERVALS.find(({ below }) => this.n < below)?.ms ?? 0;
    const wait = this.lastSentAt + Math.max(interval, this.allowance.paceMs) - Date.now();
    if (wait <= 0 || this.queuedBytes >= SIGNAL_BYTES) return;
    const signal = AbortSignal.any([this.hurry.signal, this.options.signal]);
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }

  private take(): readonly Spoken[] {
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
    return taken.map(({ spoken }) => spoken);
  }

  private async store({ spoken, plan }: Planned): Promise<Emission> {
    const { store } = this.options;
    const parts = await this.untilDone(() => storePlanned(store, plan), isStoreFault);
    return { ...spoken, parts };
  }

  private async send(batch: Batch): Promise<void> {
    const bytes = jsonBytes(batch);
    // Temporal's client would call this a lack of resources, as if it would pass.
    if (bytes > PAYLOAD_MAX_BYTES) {
      throw new RangeError(`a batch of ${String(bytes)} bytes is more than Temporal takes`);
    }
    await this.untilDone(() => this.options.send(batch), isFault);
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

function sizeOf(spoken: Spoken): number {
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
  return { spoken: { ...a, parts, last: b.last }, bytes };
}
