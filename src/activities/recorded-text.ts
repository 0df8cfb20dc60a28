// Text that an earlier attempt of this turn has said and that has moved to the part store, said again: while it is the
// same it goes on as the reference that was recorded, so that the fold knows it for a repetition (D4, D9). In front of
// the emitter.

import { descriptionOf, inlineCost, isContentOf, isOfOneKind } from '../temporal/stored-parts';
import { INLINE_PART_BYTES } from '../workflows/limits';
import type { Lane } from '../workflows/repetition';
import type { Part, StoredPart } from '../workflows/task';
import type { Spoken } from './spoken';
import { PACKED_MAX_BYTES } from './text-tail';

type SpokenArtifact = Extract<Spoken, { readonly kind: 'artifact' }>;
type TextPart = Extract<Part, { readonly text: string }>;
type Segment = Lane['segments'][number];

/** Content of a stored part; undefined when it is gone. */
export type ReadText = (part: StoredPart) => Promise<string | undefined>;

export interface Heard {
  /** As it was recorded, and inline where it was: what has room in the task already. */
  readonly known: readonly Spoken[];
  /** What is new, or differs. */
  readonly rest?: Spoken;
}

/** What one emission of it is, at most: in UTF-16 units that become three bytes each. */
const TEXT_UNITS = Math.floor(INLINE_PART_BYTES / 3);

/** Clients take a chunk without a part for broken. */
const NO_PARTS: readonly Part[] = [{ text: '' }];

export class RecordedText {
  private readonly walks = new Map<string, Walk>();

  /** Undefined where nothing that was said has moved: then there is nothing to compare with. */
  static of(lanes: ReadonlyMap<string, Lane>, read: ReadText): RecordedText | undefined {
    const stored = [...lanes].filter(([, { segments }]) => segments.some(hasStored));
    return stored.length === 0 ? undefined : new RecordedText(stored, read);
  }

  private constructor(lanes: readonly (readonly [string, Lane])[], read: ReadText) {
    for (const [artifactId, lane] of lanes) this.walks.set(artifactId, new Walk(lane, read));
  }

  /** What of it goes on now; the rest of a stored text may have to come first. Await it before the next one. */
  async hear(spoken: Spoken): Promise<Heard> {
    const walk = spoken.kind === 'artifact' ? this.walks.get(spoken.artifactId) : undefined;
    if (spoken.kind !== 'artifact' || walk === undefined) return { known: [], rest: spoken };
    const { known, rest } = await walk.hear(spoken);
    if (walk.isOver) this.walks.delete(spoken.artifactId);
    const isNew = rest !== undefined;
    if (known.length === 0 && isNew) return { known: [], rest: { ...spoken, parts: rest } };
    if (known.length === 0 && spoken.append && !spoken.last) return { known: [] };
    const parts = known.length === 0 ? NO_PARTS : known;
    const said = emissionsOf({ ...spoken, parts, last: spoken.last && !isNew });
    return { known: said, ...(isNew && { rest: { ...spoken, parts: rest, append: true } }) };
  }

  /** What waits, because somebody wants all that was said to be recorded; so it differs from what was. */
  release(): readonly Spoken[] {
    const released: Spoken[] = [];
    for (const [artifactId, { waiting }] of this.walks) {
      if (waiting.length === 0) continue;
      this.walks.delete(artifactId);
      const base = { kind: 'artifact', at: Date.now(), artifactId } as const;
      released.push({ ...base, parts: waiting, append: true, last: false });
    }
    return released;
  }
}

interface WalkedParts {
  readonly known: readonly Part[];
  readonly rest?: readonly Part[];
}

/** Where the attempt is in what was recorded of one artifact. */
class Walk {
  private readonly segments: readonly Segment[];
  private readonly read: ReadText;
  /** -1 before the first start. */
  private segment: number;
  private part = 0;
  /** Of the part's text, in UTF-16 units. */
  private offset = 0;
  /** The stored part that was read last. */
  private stored: { readonly part: Part; readonly text: string | undefined } | undefined;
  /** What is said from here on is new, or differs. */
  isOver = false;

  constructor({ segments }: Lane, read: ReadText) {
    this.segments = segments;
    this.read = read;
    this.segment = segments[0]?.isStart === false ? 0 : -1;
  }

  /** What was said of a stored text so far; nothing between two parts. */
  get waiting(): readonly Part[] {
    const { stored, offset } = this;
    if (offset === 0 || stored?.text === undefined || stored.part !== this.here) return [];
    return [{ ...descriptionOf(stored.part), text: stored.text.slice(0, offset) }];
  }

  async hear(said: SpokenArtifact): Promise<WalkedParts> {
    // What waited is replaced.
    if (!said.append && !this.begin()) return { known: [], rest: this.leave([], said.parts) };
    if (said.append) this.goOn();
    const known: Part[] = [];
    for (const [index, part] of said.parts.entries()) {
      const rest = await this.hearPart(part, known);
      if (rest === undefined) continue;
      return { known, rest: this.leave(this.waiting, [rest, ...said.parts.slice(index + 1)]) };
    }
    if (!said.last || this.waiting.length === 0) return { known };
    return { known, rest: this.leave(this.waiting, []) };
  }

  private leave(waiting: readonly Part[], parts: readonly Part[]): readonly Part[] {
    this.isOver = true;
    return [...waiting, ...parts];
  }

  private get here(): Part | undefined {
    return this.segments[this.segment]?.parts[this.part];
  }

  private begin(): boolean {
    const next = this.segments[this.segment + 1];
    if (this.next() !== undefined || next?.isStart !== true) return false;
    this.goTo(this.segment + 1);
    return true;
  }

  private goOn(): void {
    const next = this.segments[this.segment + 1];
    if (this.next() === undefined && next?.isStart === false) this.goTo(this.segment + 1);
  }

  private goTo(segment: number): void {
    this.segment = segment;
    this.part = 0;
    this.offset = 0;
  }

  /** What was recorded next in the segment; undefined at its end. Steps over the end of a text. */
  private next(): Part | undefined {
    const { here } = this;
    if (here !== undefined && 'text' in here && this.offset === here.text.length) {
      this.part += 1;
      this.offset = 0;
    }
    return this.here;
  }

  /** Adds to `known` what goes on of it; resolves with what is left, when that is not what was recorded. */
  private async hearPart(part: Part, known: Part[]): Promise<Part | undefined> {
    if (!('text' in part)) return this.hearOther(part, known);
    let left = part;
    while (left.text !== '') {
      const rest = await this.hearText(left, known);
      if (rest === undefined) return left;
      left = { ...left, text: rest };
    }
    return undefined;
  }

  private hearOther(part: Part, known: Part[]): Part | undefined {
    const recorded = this.next();
    if (recorded === undefined || this.offset > 0 || !isSame(recorded, part)) return part;
    known.push(recorded);
    this.part += 1;
    return undefined;
  }

  /** The rest of the text behind the recorded part; undefined when it differs from that. */
  private async hearText(said: TextPart, known: Part[]): Promise<string | undefined> {
    const recorded = this.next();
    if (recorded === undefined || !isOfOneKind(recorded, said)) return undefined;
    const whole = 'text' in recorded ? recorded.text : await this.textOf(recorded, said);
    if (whole === undefined) return undefined;
    const text = said.text.slice(0, whole.length - this.offset);
    if (!whole.startsWith(text, this.offset)) return undefined;
    this.offset += text.length;
    if ('text' in recorded) known.push({ ...said, text });
    else if (this.offset === whole.length) {
      known.push(recorded);
      this.part += 1;
      this.offset = 0;
    }
    return said.text.slice(text.length);
  }

  /** What is said as a whole need not be read; and more than a packed text is not, because it would be held. */
  private async textOf(recorded: Part, said: TextPart): Promise<string | undefined> {
    if (!('ref' in recorded) || recorded.ref.content !== 'text') return undefined;
    if (this.offset === 0 && isContentOf(recorded, said)) return said.text;
    if (recorded.ref.bytes > PACKED_MAX_BYTES) return undefined;
    if (this.stored?.part !== recorded) {
      this.stored = { part: recorded, text: await this.read(recorded) };
    }
    return this.stored.text;
  }
}

/** In pieces that travel inline as they are; the first begins like it, and the last ends like it. */
function emissionsOf(spoken: SpokenArtifact): readonly Spoken[] {
  const groups: Part[][] = [[]];
  let bytes = 0;
  for (const part of spoken.parts.flatMap(piecesOf)) {
    bytes += inlineCost(part);
    if (bytes > INLINE_PART_BYTES && groups.at(-1)?.length !== 0) {
      groups.push([]);
      bytes = inlineCost(part);
    }
    groups.at(-1)?.push(part);
  }
  return groups.map((parts, index) => ({
    ...spoken,
    parts,
    append: spoken.append || index > 0,
    last: spoken.last && index === groups.length - 1,
  }));
}

function piecesOf(part: Part): readonly Part[] {
  if (!('text' in part) || part.text.length <= TEXT_UNITS) return [part];
  const count = Math.ceil(part.text.length / TEXT_UNITS);
  return Array.from({ length: count }, (_, n) => ({
    ...part,
    text: part.text.slice(n * TEXT_UNITS, (n + 1) * TEXT_UNITS),
  }));
}

function hasStored({ parts }: Segment): boolean {
  return parts.some((part) => 'ref' in part);
}

function isSame(recorded: Part, said: Part): boolean {
  if (JSON.stringify(recorded) === JSON.stringify(said)) return true;
  return 'ref' in recorded && isContentOf(recorded, said);
}
