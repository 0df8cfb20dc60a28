// What a running skill says, in the form in which it is signaled and stays in the history for ever.

import type { JournalEntry, JournalSegment } from './journal';
import type { JsonObject, Part, StoredPart } from './task';

/** Version of everything that is stored; a reader refuses what is newer than it knows. */
export const FORMAT = 1;

/** A progress text: a status update in state `working`. */
export interface ProgressEmission {
  readonly kind: 'progress';
  /** Epoch milliseconds on the worker that said it. */
  readonly at: number;
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
}

/** A whole artifact (`append: false`) or what follows in it (`append: true`). */
export interface ArtifactEmission {
  readonly kind: 'artifact';
  readonly at: number;
  readonly artifactId: string;
  readonly name?: string;
  readonly description?: string;
  readonly metadata?: JsonObject;
  readonly parts: readonly Part[];
  readonly append: boolean;
  readonly last: boolean;
}

/** Entries of the skill's journal. What was said before them is not said again by any later attempt. */
export interface JournalEmission {
  readonly kind: 'journal';
  readonly entries: readonly JournalEntry[];
}

/** The first `replaces` items of the journal have moved to the part store. */
export interface PackedJournalEmission {
  readonly kind: 'packed-journal';
  readonly replaces: number;
  readonly segment: JournalSegment;
}

/** The beginning of the first text of an artifact that is not stored: so many characters, and `hashOf` them. */
export interface TextStart {
  readonly units: number;
  readonly hash: number;
}

/**
 * Text of an artifact has become one stored part with the same content: stored texts that follow each other, or what
 * was inline. No reader of the artifact is told. Where it is not there any more, because the artifact was withdrawn or
 * replaced, it says nothing.
 */
export interface PackedTextEmission {
  readonly kind: 'packed-text';
  readonly artifactId: string;
  readonly replaces: readonly StoredPart[] | TextStart;
  readonly part: StoredPart;
}

/** What this attempt says from here on is in that log; only the last emission of a batch. */
export interface MovedEmission {
  readonly kind: 'moved';
  /** Workflow id. */
  readonly log: string;
}

/** What clients are told. */
export type SpokenEmission = ProgressEmission | ArtifactEmission;

export type Emission =
  SpokenEmission | JournalEmission | PackedJournalEmission | PackedTextEmission | MovedEmission;

/**
 * One signal. `turn` counts the runs between two questions from 1, `attempt` the tries of that
 * turn from 1, `n` the batches of that attempt from 0: together they tell a late or repeated
 * batch from a new one (D4).
 */
export interface Batch {
  readonly v: typeof FORMAT;
  readonly turn: number;
  readonly attempt: number;
  readonly n: number;
  readonly emissions: readonly Emission[];
}
