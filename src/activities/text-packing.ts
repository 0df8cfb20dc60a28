// Keeps the stored text of artifacts in few pieces: each batch of a long stream stores one, and a task that held a
// reference for each would be full some day (D9). Used by the emitter, beside what is said.

import { isStoreFault } from '../storage/store-fault';
import type { PartStore } from '../storage/part-store';
import { descriptionOf } from '../temporal/stored-parts';
import type { ArtifactEmission, Emission, PackedTextEmission } from '../workflows/emission';
import type { Part, StoredPart } from '../workflows/task';

/** So many pieces become one, and so many of those again: what is held grows with the logarithm of the stream. */
const PIECES = 32;

/** It is in memory while it is packed, and a piece of over half as much is not packed again. */
const PACKED_MAX_BYTES = 8_388_608;

interface Piece {
  readonly part: StoredPart;
  /** How many times its content was packed. */
  readonly tier: number;
}

/** The pieces at the end of one artifact, as the fold has them. */
interface Tail {
  readonly pieces: Piece[];
  /** How many of them were there at the last checkpoint: the fold keeps those apart from the later ones. */
  settled: number;
  isPacking: boolean;
}

export interface TextPackingOptions {
  readonly store: PartStore;
  /** Tries again after faults that pass. */
  untilDone<T>(act: () => Promise<T>, isPassing: (err: unknown) => boolean): Promise<T>;
  /** Takes it behind what was said. */
  record(emission: PackedTextEmission): void;
}

export class TextPacking {
  private readonly options: TextPackingOptions;
  private readonly tails = new Map<string, Tail>();

  constructor(options: TextPackingOptions) {
    this.options = options;
  }

  /** Takes note of what was recorded, and packs what has become too much. */
  note(emissions: readonly Emission[]): void {
    for (const emission of emissions) {
      if (emission.kind === 'artifact') this.add(emission);
      if (emission.kind === 'journal') this.settle();
    }
  }

  private add({ artifactId, parts, append, last }: ArtifactEmission): void {
    if (!append) this.tails.delete(artifactId);
    for (const part of parts) {
      if (isStoredText(part)) this.addPiece(artifactId, part);
      // An empty text leaves nothing behind.
      else if (!('text' in part) || part.text !== '') this.tails.delete(artifactId);
    }
    // What follows a last chunk is kept apart as well.
    if (last) this.tails.delete(artifactId);
    else void this.pack(artifactId);
  }

  private addPiece(artifactId: string, part: StoredPart): void {
    const tail = this.tails.get(artifactId) ?? { pieces: [], settled: 0, isPacking: false };
    this.tails.set(artifactId, tail);
    if (!isOfOneKind(tail.pieces.at(-1)?.part, part)) {
      tail.pieces.length = 0;
      tail.settled = 0;
    }
    tail.pieces.push({ part, tier: 0 });
  }

  private settle(): void {
    for (const tail of this.tails.values()) tail.settled = tail.pieces.length;
  }

  /** One run at a time; the stream goes on meanwhile. */
  private async pack(artifactId: string): Promise<void> {
    const tail = this.tails.get(artifactId);
    if (tail === undefined || tail.isPacking) return;
    const run =
      dueRun(tail.pieces.slice(0, tail.settled)) ?? dueRun(tail.pieces.slice(tail.settled));
    if (run === undefined) return;
    tail.isPacking = true;
    const part = await this.join(run.map((piece) => piece.part)).catch(() => undefined);
    // A piece that is gone is not what the stream should end for: its readers are told.
    if (part === undefined) this.tails.delete(artifactId);
    else if (this.tails.get(artifactId) === tail && put(tail, run, part)) {
      const replaces = run.map((piece) => piece.part);
      this.options.record({ kind: 'packed-text', artifactId, replaces, part });
    }
    tail.isPacking = false;
    await this.pack(artifactId);
  }

  private async join(parts: readonly StoredPart[]): Promise<StoredPart> {
    const { store } = this.options;
    const done = <T>(act: () => Promise<T>): Promise<T> =>
      this.options.untilDone(act, isStoreFault);
    const contents = await Promise.all(parts.map(({ ref }) => done(() => store.get(ref.digest))));
    const content = Buffer.concat(contents);
    const digest = await done(() => store.put(content));
    const ref = { digest, bytes: content.byteLength, content: 'text' as const };
    return { ...descriptionOf(parts[0] ?? {}), ref };
  }
}

/** False where what was packed is not there any more. */
function put(tail: Tail, run: readonly Piece[], part: StoredPart): boolean {
  const [first] = run;
  const at = first === undefined ? -1 : tail.pieces.indexOf(first);
  if (at < 0) return false;
  const tier = 1 + Math.max(...run.map((piece) => piece.tier));
  tail.pieces.splice(at, run.length, { part, tier });
  if (tail.settled > at) tail.settled -= run.length - 1;
  return true;
}

/** The pieces at the end that were packed no more than so many times, where they are enough; the rarest packed first. */
function dueRun(pieces: readonly Piece[]): readonly Piece[] | undefined {
  const tiers = Math.max(0, ...pieces.map(({ tier }) => tier));
  for (let tier = 0; tier <= tiers; tier += 1) {
    const from = 1 + pieces.findLastIndex((piece) => piece.tier > tier || isFull(piece));
    if (pieces.length - from >= PIECES) return within(pieces.slice(from), PACKED_MAX_BYTES);
  }
  return undefined;
}

/** The first ones; at least two, because none of them is full. */
function within(pieces: readonly Piece[], maxBytes: number): readonly Piece[] {
  let bytes = 0;
  const end = pieces.findIndex(({ part }) => (bytes += part.ref.bytes) > maxBytes);
  return end < 0 ? pieces : pieces.slice(0, end);
}

function isFull({ part }: Piece): boolean {
  return part.ref.bytes > PACKED_MAX_BYTES / 2;
}

function isStoredText(part: Part): part is StoredPart {
  return 'ref' in part && part.ref.content === 'text';
}

function isOfOneKind(a: StoredPart | undefined, b: StoredPart): boolean {
  return a === undefined || JSON.stringify(descriptionOf(a)) === JSON.stringify(descriptionOf(b));
}
