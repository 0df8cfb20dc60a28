// What a run of a skill says, held against what earlier runs of it had said up to the journal's last entry:
// only what is new goes on. Each artifact, and progress, is a lane of its own, and so is what each step says of
// it, so that branches of the function may take turns differently from run to run.

import { createHash, type Hash } from 'node:crypto';
import { laneOf, type SaidMark, type SaidUpTo } from '../workflows/journal';
import type { Part } from '../workflows/task';
import { isFile, type AuthoredPart } from './authored-part';
import type { Telling } from './spoken';

export interface Heard {
  readonly news: readonly Telling[];
  /** It was said before: it is neither new nor held back. */
  readonly isSilent: boolean;
}

/** Of a SHA-256, in hex: enough to tell two texts of one skill apart. */
const HASH_CHARS = 16;

/** Of one try of a step. With fewer its next try is compared less often, and told later where it differs. */
const TRAIL_MARKS = 256;

export class Retelling {
  private readonly recorded: SaidUpTo;
  private readonly isBehind: (lane: string) => boolean;
  private readonly lanes = new Map<string, Lane>();

  /**
   * @param recorded where each lane was at the last entry that knows of it.
   * @param isBehind whether the run has not come to that entry: what is said there otherwise than before is not
   * new for that.
   */
  constructor(recorded: SaidUpTo, isBehind: (lane: string) => boolean) {
    this.recorded = recorded;
    this.isBehind = isBehind;
  }

  /**
   * What of it is new.
   * @param step in which it is said; undefined outside of steps.
   */
  hear(spoken: Telling, step: string | undefined): Heard {
    const lane = this.lane(spoken, step);
    const isBehind = step === undefined && this.isBehind(laneOf(artifactOf(spoken), step));
    const news = lane.hear(spoken, isBehind);
    if (news.length === 0) return { news, isSilent: !lane.holds(spoken) };
    // What is held back outside was said before this, and what comes before something new is new.
    const outside = step === undefined ? [] : this.lane(spoken, undefined).release();
    return { news: [...outside, ...news], isSilent: false };
  }

  /** Whether it may have been said before. */
  mayRepeat(spoken: Telling, step: string | undefined): boolean {
    return this.lane(spoken, step).isBeforeMark;
  }

  private lane(spoken: Telling, step: string | undefined): Lane {
    const id = laneOf(artifactOf(spoken), step);
    let lane = this.lanes.get(id);
    if (lane === undefined) {
      const recorded = this.recorded[id];
      lane = new Lane(recorded === undefined ? [] : [recorded], step);
      this.lanes.set(id, lane);
    }
    return lane;
  }

  /** What was held back because it might have been a repetition; nothing can show that any more. */
  release(step?: string): readonly Telling[] {
    const lanes = [...this.lanes.values()];
    const wanted = step === undefined ? lanes : lanes.filter((lane) => lane.step === step);
    return wanted.flatMap((lane) => lane.release());
  }

  /** A step is tried again: what its try before has said was said before. */
  retry(step: string): void {
    for (const [id, lane] of this.lanes) if (lane.step === step) this.lanes.set(id, lane.again());
  }

  /** Steps that say nothing more, in no run. */
  forget(steps: readonly string[]): void {
    for (const [id, { step }] of this.lanes) {
      if (step !== undefined && steps.includes(step)) this.lanes.delete(id);
    }
  }

  /** Where the lanes are that have gone on since the last mark; undefined when none has. */
  mark(): SaidUpTo | undefined {
    const moved: Record<string, SaidMark> = {};
    for (const [id, lane] of this.lanes) if (lane.hasMoved) moved[id] = lane.mark();
    return Object.keys(moved).length === 0 ? undefined : moved;
  }
}

/** A piece of what a lane says: text, of which each character counts, or something else that counts one. */
type Piece = { readonly text: string; readonly units: number } & (
  | { readonly kind: 'start' | 'text-kind' | 'last' | 'progress' }
  | { readonly kind: 'text' | 'part'; readonly part: SpokenPart }
);

type SpokenPart = AuthoredPart | Part;

class Lane {
  readonly step: string | undefined;
  hasMoved = false;
  /** Where it was before, one behind the other; the last is all that was said. */
  private readonly marks: readonly SaidMark[];
  private passed = 0;
  private readonly hash: Hash = createHash('sha256');
  private units = 0;
  /** Where it has been: marks for the next try. */
  private trail: SaidMark[] = [];
  /** Of the text that may go on; a text of another kind begins with a piece that says so. */
  private textKind: string | undefined;
  private held: Telling[] = [];
  /** It has come to what was not said before. */
  private isNew: boolean;
  /** It came to a mark with something else. */
  private differs = false;

  constructor(marks: readonly SaidMark[], step: string | undefined) {
    this.marks = marks;
    this.step = step;
    this.isNew = marks.length === 0;
  }

  get isBeforeMark(): boolean {
    return !this.isNew && this.left > 0;
  }

  /** How far it is from its last mark. */
  private get left(): number {
    return (this.marks.at(-1)?.units ?? 0) - this.units;
  }

  /** From its start, for another try of its step. */
  again(): Lane {
    const next = new Lane(this.isNew ? this.trail : this.marks, this.step);
    next.hasMoved = this.hasMoved;
    return next;
  }

  holds(spoken: Telling): boolean {
    return this.held.includes(spoken);
  }

  hear(spoken: Telling, isBehind: boolean): readonly Telling[] {
    const { left } = this;
    const pieces = this.piecesOf(spoken);
    this.take(pieces);
    if (isBehind && this.differs) return [];
    const news = this.newsOf(spoken, pieces, left);
    // Before its mark it said as much, whatever it was; what is held back is what comes after a replay.
    if (isBehind) this.held = [];
    this.hasMoved ||= news.length > 0;
    return news;
  }

  release(): readonly Telling[] {
    const { held } = this;
    this.held = [];
    if (held.length === 0) return held;
    this.isNew = true;
    this.hasMoved = true;
    return held;
  }

  mark(): SaidMark {
    this.hasMoved = false;
    const said = this.isNew ? undefined : this.marks.at(-1);
    return said ?? this.here;
  }

  private get here(): SaidMark {
    return { units: this.units, hash: digestOf(this.hash) };
  }

  private newsOf(spoken: Telling, pieces: readonly Piece[], left: number): readonly Telling[] {
    if (this.isNew || left <= 0) {
      this.isNew = true;
      return [spoken];
    }
    if (this.differs) {
      this.isNew = true;
      return [...this.release(), spoken];
    }
    if (this.left > 0) {
      // An artifact that turns out to be another one is said from its start.
      if (spoken.kind === 'artifact' || !this.isAtMark) this.held.push(spoken);
      else this.held = [];
      return [];
    }
    this.held = [];
    this.isNew = true;
    return restOf(spoken, pieces, left);
  }

  private get isAtMark(): boolean {
    return this.marks[this.passed - 1]?.units === this.units;
  }

  /** Adds the pieces, and compares at each mark that they come to. */
  private take(pieces: readonly Piece[]): void {
    for (const { text, units } of pieces) {
      const end = this.units + units;
      let from = 0;
      for (let mark = this.marks[this.passed]; mark && mark.units <= end;) {
        // Of UTF-16 a cut leaves both halves as they are, wherever it is.
        const to = mark.units < end ? from + mark.units - this.units : text.length;
        this.hash.update(text.slice(from, to), 'utf16le');
        [from, this.units] = [to, mark.units];
        this.differs ||= digestOf(this.hash) !== mark.hash;
        this.passed += 1;
        mark = this.marks[this.passed];
      }
      this.hash.update(text.slice(from), 'utf16le');
      this.units = end;
    }
    if (this.step !== undefined && pieces.length > 0) this.leaveTrail();
  }

  private leaveTrail(): void {
    this.trail.push(this.here);
    if (this.trail.length <= TRAIL_MARKS) return;
    this.trail = this.trail.filter((_, index) => index % 2 === TRAIL_MARKS % 2);
  }

  private piecesOf(spoken: Telling): readonly Piece[] {
    if (spoken.kind === 'progress') return [token('progress', [spoken.parts, spoken.metadata])];
    const { artifactId, name, description, metadata, append, last, parts } = spoken;
    const pieces: Piece[] = [];
    if (!append) {
      this.textKind = undefined;
      pieces.push(token('start', [artifactId, name, description, metadata]));
    }
    for (const part of parts) pieces.push(...this.piecesOfPart(part));
    if (last) pieces.push(token('last', 'last'));
    return pieces;
  }

  private piecesOfPart(part: SpokenPart): readonly Piece[] {
    if (!('text' in part)) {
      this.textKind = undefined;
      // Of a file nobody knows what is in it before it is read.
      const told = 'ref' in part || isFile(part) ? 'file' : part;
      return [{ ...token('part', told), part }];
    }
    const { text, ...description } = part;
    if (text === '') return [];
    const piece: Piece = { kind: 'text', text, units: text.length, part };
    const textKind = JSON.stringify(description);
    if (this.textKind === textKind) return [piece];
    this.textKind = textKind;
    return [token('text-kind', description), piece];
  }
}

/** It has characters that JSON escapes, so that no text is taken for it. */
function token<Kind extends Piece['kind']>(
  kind: Kind,
  value: unknown,
): { readonly kind: Kind; readonly text: string; readonly units: number } {
  return { kind, text: `\u0000${JSON.stringify(value)}\u0000`, units: 1 };
}

/** What is behind the first `units` of it. */
function restOf(spoken: Telling, pieces: readonly Piece[], units: number): readonly Telling[] {
  if (spoken.kind === 'progress') return [];
  let skip = units;
  const parts: SpokenPart[] = [];
  let isLast = false;
  for (const piece of pieces) {
    const cut = Math.min(skip, piece.units);
    skip -= cut;
    if (cut === piece.units) continue;
    if (piece.kind === 'last') isLast = true;
    if (piece.kind === 'part') parts.push(piece.part);
    if (piece.kind === 'text') parts.push({ ...piece.part, text: piece.text.slice(cut) });
  }
  if (parts.length === 0 && !isLast) return [];
  // The last chunk has a text, empty if need be: clients take it without a look.
  const said = parts.length === 0 ? [{ text: '' }] : parts;
  return [{ ...spoken, append: true, parts: said, last: isLast }];
}

function digestOf(hash: Hash): string {
  return hash.copy().digest('hex').slice(0, HASH_CHARS);
}

function artifactOf(spoken: Telling): string {
  return spoken.kind === 'artifact' ? spoken.artifactId : '';
}
