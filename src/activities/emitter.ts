// What a skill says, batched into signals: the first at once, then one in flight and one per interval (D5).

import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { isFault } from '../temporal/connection';
import { INLINE_PART_BYTES, inlineSize, storeBigParts } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import { TASK_INLINE_BYTES } from '../workflows/contract';
import {
  FORMAT,
  type ArtifactEmission,
  type Batch,
  type Emission,
  type ProgressEmission,
} from '../workflows/emission';
import { joinParts } from '../workflows/parts';
import type { ContentPart } from '../workflows/task';

/** An emission before big parts are stored. */
export type Spoken = (Omit<ProgressEmission, 'parts'> | Omit<ArtifactEmission, 'parts'>) & {
  readonly parts: readonly ContentPart[];
};

/** One signal; Temporal warns from here on and a history is read whole. */
const BATCH_BYTES = 262_144;

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
  /** Bytes of the task that are inline already. */
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
  readonly bytes: number;
}

export class Emitter {
  private readonly options: EmitterOptions;
  private queue: Queued[] = [];
  private queuedBytes = 0;
  private inlineLeft: number;
  private n = 0;
  private lastSentAt = 0;
  private pumping: Promise<void> | undefined;
  private hurry = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  private isClosed = false;

  constructor(options: EmitterOptions) {
    this.options = options;
    this.inlineLeft = TASK_INLINE_BYTES - options.inlineBytes;
  }

  /** Takes an emission; resolves when there is room for more. */
  async emit(spoken: Spoken): Promise<void> {
    if (this.isClosed) return;
    this.throwFailure();
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
    const bytes = spoken.parts.reduce((sum, part) => sum + inlineSize(part), 0);
    const last = this.queue.at(-1);
    const joined = last === undefined ? undefined : joinChunks(last, { spoken, bytes });
    if (joined === undefined) this.queue.push({ spoken, bytes });
    else this.queue[this.queue.length - 1] = joined;
    this.queuedBytes += bytes;
  }

  private async pump(): Promise<void> {
    try {
      // What is said in one go leaves together.
      await setImmediate();
      while (this.queue.length > 0) {
        await this.untilDue();
        const emissions = await Promise.all(this.take().map((spoken) => this.store(spoken)));
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
    const wait = this.lastSentAt + interval - Date.now();
    if (wait <= 0 || this.queuedBytes >= BATCH_BYTES) return;
    const signal = AbortSignal.any([this.hurry.signal, this.options.signal]);
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }

  private take(): readonly Spoken[] {
    let bytes = 0;
    let count = 0;
    for (const queued of this.queue) {
      // What is bigger is stored, so that no emission weighs more than a batch.
      const weight = Math.min(queued.bytes, BATCH_BYTES);
      if (count > 0 && bytes + weight > BATCH_BYTES) break;
      bytes += weight;
      count += 1;
    }
    const taken = this.queue.splice(0, count);
    this.queuedBytes -= taken.reduce((sum, queued) => sum + queued.bytes, 0);
    return taken.map(({ spoken }) => spoken);
  }

  private async store(spoken: Spoken): Promise<Emission> {
    const isStream = spoken.kind === 'artifact';
    const parts = await storeBigParts(this.options.store, spoken.parts, {
      budget: Math.min(BATCH_BYTES, this.inlineLeft),
      // A stream of small chunks must not pass the budget; a progress text stays readable.
      ...(isStream && this.inlineLeft <= 0 ? { smallest: 1 } : {}),
    });
    const stays = spoken.parts.filter((_part, index) => !('ref' in (parts[index] ?? {})));
    this.inlineLeft -= stays.reduce((sum, part) => sum + inlineSize(part), 0);
    return { ...spoken, parts };
  }

  private async send(batch: Batch): Promise<void> {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.options.send(batch);
        return;
      } catch (err) {
        if (this.options.signal.aborted || !isFault(err)) throw err;
        await delay(waitMs, undefined, { signal: this.options.signal }).catch(() => undefined);
      }
    }
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}

/** Chunks of one artifact that wait together travel as one, as long as they stay inline. */
function joinChunks(first: Queued, second: Queued): Queued | undefined {
  const { spoken: a } = first;
  const { spoken: b } = second;
  const bytes = first.bytes + second.bytes;
  if (a.kind !== 'artifact' || b.kind !== 'artifact' || bytes > INLINE_PART_BYTES) return undefined;
  if (a.artifactId !== b.artifactId || !b.append || a.last) return undefined;
  const parts = joinParts(a.parts, b.parts) as readonly ContentPart[];
  return { spoken: { ...a, parts, last: b.last }, bytes };
}
