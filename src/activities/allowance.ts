// What one attempt may still add to its task: inline, then by reference, then nothing. Used by the emitter.

import { planParts, referenceSize, type PartsPlan } from '../temporal/stored-parts';
import { jsonBytes } from '../workflows/json-bytes';
import { AGENT_PARTS_BYTES, ARTIFACTS_MAX, SIGNAL_BYTES, TASK_BYTES } from '../workflows/limits';
import type { PackedTextEmission } from '../workflows/emission';
import type { Part } from '../workflows/task';
import type { Spoken } from './spoken';
import { SkillError } from './skill';
import type { Replaced } from './text-packing';

/** The other half is for references, and for names and metadata. */
const INLINE_SHARE = 1 / 2;

/** What is left of that when text begins to move: as much as a stream says while the store takes it. */
const SCARCE_SHARE = 1 / 4;

/**
 * Time between two signals at least, by how much room is left. Text is packed (`text-packing.ts`) and a stream of it does not
 * come to this; other parts leave a reference each, and so do very many artifacts: they should slow down, not end.
 */
const PACES: readonly { readonly above: number; readonly ms: number }[] = [
  { above: 1 / 4, ms: 0 },
  { above: 1 / 8, ms: 500 },
  { above: 1 / 16, ms: 2_000 },
  { above: 0, ms: 30_000 },
];

export class Allowance {
  private readonly room: number;
  private inlineLeft: number;
  private left: number;
  /** What each artifact has come to in this attempt. */
  private readonly artifacts = new Map<string, number>();

  /** @param heldBytes of the artifacts that the task had before; see `TurnInput.inlineBytes`. */
  constructor(heldBytes: number) {
    this.room = Math.max(TASK_BYTES.artifacts - heldBytes, 0);
    this.left = this.room;
    this.inlineLeft = this.room * INLINE_SHARE;
  }

  /** No more content of artifacts goes inline, but what is no text and shorter than a reference. */
  get isInlineSpent(): boolean {
    return this.inlineLeft <= 0;
  }

  /** 0 when no room is left: then no artifact may follow, and the rest leaves nothing. */
  get paceMs(): number {
    return PACES.find(({ above }) => this.left > this.room * above)?.ms ?? 0;
  }

  /**
   * Takes note of an artifact that goes on, or begins.
   * @throws SkillError when it is more than a task can hold.
   */
  admit(artifactId: string): void {
    if (this.left <= 0) {
      throw tooMuch(
        `the artifacts of this task have come to ${String(TASK_BYTES.artifacts)} bytes beside ` +
          'their stored content',
      );
    }
    if (this.artifacts.size >= ARTIFACTS_MAX && !this.artifacts.has(artifactId)) {
      throw tooMuch(`this is artifact number ${String(ARTIFACTS_MAX + 1)}`);
    }
    this.artifacts.set(artifactId, this.artifacts.get(artifactId) ?? 0);
  }

  /** How the parts of an emission travel; it counts as said. */
  take(spoken: Spoken): PartsPlan {
    const headingBytes = jsonBytes({ ...spoken, parts: [] });
    const most = spoken.kind === 'progress' ? AGENT_PARTS_BYTES : SIGNAL_BYTES - headingBytes;
    // Text between references would not be packed with them, however short it is.
    const mustMove = (part: Part): boolean =>
      spoken.kind === 'artifact' && this.isInlineSpent && 'text' in part && part.text !== '';
    const plan = planParts(spoken.parts, Math.min(most, this.inlineLeft), mustMove);
    this.inlineLeft -= plan.inlineBytes;
    if (spoken.kind === 'artifact') this.count(spoken, plan.bytes);
    return plan;
  }

  /** The same of what the task holds already, from an earlier attempt: it stays as it is. */
  keep(spoken: Spoken): void {
    const { inlineBytes, bytes } = planParts(spoken.parts, Number.POSITIVE_INFINITY);
    this.inlineLeft -= inlineBytes;
    if (spoken.kind === 'artifact') this.count(spoken, bytes);
  }

  /** Text should move to the store, so that what follows may be inline. */
  get isInlineScarce(): boolean {
    return this.inlineLeft < this.room * INLINE_SHARE * SCARCE_SHARE;
  }

  /** Of what was counted for the artifact, this has become one stored part. */
  release({ artifactId, part }: PackedTextEmission, replaced: Replaced): void {
    const inline = 'bytes' in replaced ? replaced.bytes : 0;
    const stored = 'bytes' in replaced ? [] : replaced;
    const before = stored.reduce((sum, one) => sum + referenceSize(one), inline);
    const bytes = before - referenceSize(part);
    this.inlineLeft += inline;
    this.artifacts.set(artifactId, (this.artifacts.get(artifactId) ?? 0) - bytes);
    this.left += bytes;
  }

  private count(spoken: Extract<Spoken, { kind: 'artifact' }>, partsBytes: number): void {
    const { artifactId, name, description, metadata, append } = spoken;
    const held = this.artifacts.get(artifactId) ?? 0;
    const heading = { artifactId, name, description, metadata, parts: [] };
    const bytes = append ? held + partsBytes : jsonBytes(heading) + partsBytes;
    this.artifacts.set(artifactId, bytes);
    this.left += held - bytes;
  }
}

function tooMuch(what: string): SkillError {
  const text = `${what}, and a task holds no more: say it in fewer and larger pieces`;
  return new SkillError(text, { retryable: false });
}
