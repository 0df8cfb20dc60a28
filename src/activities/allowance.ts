// What one attempt may still add to its task: inline, then by reference, then nothing. Used by the emitter.

import { planParts, type PartsPlan } from '../temporal/stored-parts';
import { jsonBytes } from '../workflows/json-bytes';
import { AGENT_PARTS_BYTES, ARTIFACTS_MAX, SIGNAL_BYTES, TASK_BYTES } from '../workflows/limits';
import type { Spoken } from './spoken';
import { SkillError } from './skill';

/** The other half is for references, and for names and metadata. */
const INLINE_SHARE = 1 / 2;

/**
 * Time between two signals, by how much room is left: each leaves a reference at least, and a
 * stream that lasts should slow down, not end. 4,000 references of one artifact take over an hour.
 */
const PACES: readonly { readonly above: number; readonly ms: number }[] = [
  { above: 1 / 2, ms: 100 },
  { above: 1 / 4, ms: 500 },
  { above: 1 / 8, ms: 2_000 },
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

  /** Nothing more goes inline, but what is shorter than a reference. */
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
    const plan = planParts(spoken.parts, Math.min(most, this.inlineLeft));
    this.inlineLeft -= plan.inlineBytes;
    if (spoken.kind === 'artifact') this.count(spoken, plan.bytes);
    return plan;
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
