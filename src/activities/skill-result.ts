// What a skill says in one piece, and how it ends: with a result, or with an error that has a verdict.

import type { JsonObject } from '../workflows/task';
import type { AuthoredPart } from './authored-part';

/** A string stands for one text part. */
export type Say = string | SkillMessage;

/** What an agent says: A2A 1.0 parts, or files of 10 MiB at most; ids and role are filled in. */
export interface SkillMessage {
  readonly parts: readonly AuthoredPart[];
  readonly metadata?: JsonObject;
}

/** An artifact a skill saves in one piece. `artifactId` defaults to one made from the order of creation. */
export interface SkillArtifact {
  readonly artifactId?: string;
  readonly name?: string;
  readonly description?: string;
  readonly parts: readonly AuthoredPart[];
  readonly metadata?: JsonObject;
}

/** What `run` may return. Plain objects: a skill file needs no import. */
export type SkillResult =
  | {
      readonly state: 'completed';
      readonly message?: Say;
      readonly artifacts?: readonly SkillArtifact[];
    }
  | { readonly state: 'failed' | 'rejected'; readonly message: Say }
  /** Counts only after `ctx.signal` was aborted by a cancel; otherwise the task fails. */
  | { readonly state: 'canceled'; readonly message?: Say }
  /** From a skill with `replies: true`: the caller gets this message and never sees a task. */
  | { readonly reply: Say };

export function completed(message?: Say, artifacts?: readonly SkillArtifact[]): SkillResult {
  return {
    state: 'completed',
    ...(message === undefined ? {} : { message }),
    ...(artifacts === undefined ? {} : { artifacts }),
  };
}

export function failed(reason: Say): SkillResult {
  return { state: 'failed', message: reason };
}

export function rejected(reason: Say): SkillResult {
  return { state: 'rejected', message: reason };
}

export function canceled(message?: Say): SkillResult {
  return { state: 'canceled', ...(message === undefined ? {} : { message }) };
}

/** Only from a skill with `replies: true`. */
export function reply(message: Say): SkillResult {
  return { reply: message };
}

/**
 * An error with a verdict: `retryable: false` ends the task as `failed` with this text at once,
 * `true` runs the skill again by its limits. Any other thrown error counts as retryable; one with
 * a `retryable` of its own counts as this one does, so that a skill file needs no import.
 */
export class SkillError extends Error {
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SkillError';
    this.retryable = options.retryable;
  }
}
