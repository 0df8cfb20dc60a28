// The text at the end of one artifact as its task holds it: which pieces are stored, which are inline, and which of
// them should become one. Pure; used by `text-packing.ts`.

import { inlineCost, isOfOneKind } from '../temporal/stored-parts';
import type { Part, StoredPart } from '../workflows/task';

/** So many pieces become one, and so many of those again: what is held grows with the logarithm of the stream. */
const PIECES = 32;

/** It is in memory while it is packed, and a piece of over half as much is not packed again. */
export const PACKED_MAX_BYTES = 8_388_608;

/** Less of inline text is not worth a write. */
const INLINE_MIN_BYTES = 16_384;

export type TextPart = Extract<Part, { readonly text: string }>;

interface StoredPiece {
  readonly part: StoredPart;
  /** How many times its content was packed. */
  readonly tier: number;
}

/** Inline text, in bytes as it was counted when it was said. */
export interface InlineText {
  readonly part: TextPart;
  readonly bytes: number;
}

type Piece = StoredPiece | InlineText;

export class TextTail {
  /** Neighbors are not both inline, but at the checkpoint. */
  private readonly pieces: Piece[] = [];
  /** How many of them were there at the last checkpoint: the fold keeps those apart from the later ones. */
  private settled = 0;
  /** They are all of the artifact, so that its first inline text is the first of theirs. */
  private isWhole: boolean;

  /** @param isWhole nothing is before it in the artifact. */
  constructor(isWhole: boolean) {
    this.isWhole = isWhole;
  }

  add(part: StoredPart | TextPart): void {
    const last = this.pieces.at(-1);
    // What follows is kept apart from what is described otherwise.
    if (last !== undefined && !isOfOneKind(last.part, part)) this.clear();
    if ('ref' in part) this.pieces.push({ part, tier: 0 });
    else this.addInline({ part, bytes: inlineCost(part) });
  }

  /** Something follows that is no text: nothing before it is packed any more. */
  clear(): void {
    this.pieces.length = 0;
    this.settled = 0;
    this.isWhole = false;
  }

  settle(): void {
    const merged: Piece[] = [];
    for (const piece of this.pieces) {
      const last = merged.at(-1);
      if (isInline(piece) && isInline(last)) merged[merged.length - 1] = joined(last, piece);
      else merged.push(piece);
    }
    this.pieces.splice(0, this.pieces.length, ...merged);
    this.settled = merged.length;
  }

  /** Stored pieces that follow each other, where they are enough to become one; the rarest packed first. */
  dueRun(): readonly StoredPart[] | undefined {
    const { pieces, settled } = this;
    const runs = [...runsOf(pieces.slice(settled)), ...runsOf(pieces.slice(0, settled))];
    for (const run of runs) {
      const due = dueOf(run);
      if (due !== undefined) return due.map(({ part }) => part);
    }
    return undefined;
  }

  /** The first inline text, where it is worth a write. */
  dueText(): InlineText | undefined {
    const first = this.isWhole ? this.pieces.find(isInline) : undefined;
    return first === undefined || first.bytes < INLINE_MIN_BYTES ? undefined : first;
  }

  /** These have become one; false where they are not there any more. */
  putRun(run: readonly StoredPart[], part: StoredPart): boolean {
    const at = this.pieces.findIndex((piece) => piece.part === run[0]);
    if (at < 0) return false;
    const packed = this.pieces.slice(at, at + run.length);
    const tiers = packed.flatMap((piece) => (isInline(piece) ? [] : [piece.tier]));
    const tier = 1 + Math.max(...tiers);
    this.replace(at, run.length, [{ part, tier }]);
    return true;
  }

  /** The first inline text is stored, or what of it was there by then; false where it is not there any more. */
  putText({ part: { text }, bytes }: InlineText, part: StoredPart): boolean {
    const at = this.pieces.findIndex(isInline);
    const piece = this.pieces[at];
    if (!isInline(piece) || !piece.part.text.startsWith(text)) return false;
    const rest = { ...piece.part, text: piece.part.text.slice(text.length) };
    const left = rest.text === '' ? [] : [{ part: rest, bytes: piece.bytes - bytes }];
    this.replace(at, 1, [{ part, tier: 0 }, ...left]);
    return true;
  }

  private addInline(said: InlineText): void {
    const last = this.pieces.at(-1);
    const isOpen = isInline(last) && this.pieces.length > this.settled;
    if (isOpen) this.pieces[this.pieces.length - 1] = joined(last, said);
    else this.pieces.push(said);
  }

  private replace(at: number, count: number, by: readonly Piece[]): void {
    this.pieces.splice(at, count, ...by);
    if (this.settled > at) this.settled += by.length - count;
  }
}

function isInline(piece: Piece | undefined): piece is InlineText {
  return piece !== undefined && 'bytes' in piece;
}

function joined(first: InlineText, second: InlineText): InlineText {
  const part = { ...first.part, text: first.part.text + second.part.text };
  return { part, bytes: first.bytes + second.bytes };
}

/** Stored pieces without inline ones between them, the newest first. */
function runsOf(pieces: readonly Piece[]): readonly (readonly StoredPiece[])[] {
  const runs: StoredPiece[][] = [[]];
  for (const piece of pieces) {
    if (isInline(piece)) runs.unshift([]);
    else runs[0]?.push(piece);
  }
  return runs;
}

/** Those at the end that were packed no more than so many times, where they are enough. */
function dueOf(pieces: readonly StoredPiece[]): readonly StoredPiece[] | undefined {
  const tiers = Math.max(0, ...pieces.map(({ tier }) => tier));
  for (let tier = 0; tier <= tiers; tier += 1) {
    const from = 1 + pieces.findLastIndex((piece) => piece.tier > tier || isFull(piece));
    if (pieces.length - from >= PIECES) return within(pieces.slice(from), PACKED_MAX_BYTES);
  }
  return undefined;
}

/** The first ones; at least two, because none of them is full. */
function within(pieces: readonly StoredPiece[], maxBytes: number): readonly StoredPiece[] {
  let bytes = 0;
  const end = pieces.findIndex(({ part }) => (bytes += part.ref.bytes) > maxBytes);
  return end < 0 ? pieces : pieces.slice(0, end);
}

function isFull({ part }: StoredPiece): boolean {
  return part.ref.bytes > PACKED_MAX_BYTES / 2;
}
