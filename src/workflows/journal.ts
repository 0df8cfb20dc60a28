// What a skill has done for good, as it is recorded: later runs of its function are answered from it (D7).

import type { Json, PartReference } from './task';

/**
 * How much had been said where an entry was made, by lane (`laneOf`): a later run of the function that
 * says as much there, and the same, has said nothing new.
 */
export type SaidUpTo = Readonly<Record<string, SaidMark>>;

/** `units`: characters of text, and one for whatever else there is; `hash` of all of them. */
export interface SaidMark {
  readonly units: number;
  readonly hash: string;
}

/**
 * What is said of one artifact, or as progress (no artifact has an empty id), outside of steps or in one
 * that is under way. What a step said that has come to its end is never said again.
 */
export function laneOf(artifactId: string, step: string | undefined): string {
  return step === undefined ? artifactId : `${artifactId}\n${step}`;
}

/** What a step's function returned. Absent: `undefined`. */
export type StepResult =
  | { readonly json: Json }
  | { readonly stored: PartReference & { readonly content: 'data' | 'raw' } };

/** What a step's function threw, where the skill went on after it. */
export interface StepError {
  readonly name: string;
  readonly message: string;
  readonly retryable?: boolean;
}

/** What was said since the entry before. */
export interface Mark {
  readonly said: SaidUpTo;
  /** How many calls and questions had come back to the function by then. */
  readonly returned: number;
}

/** Without a mark when nothing was said. */
type Entry = Partial<Mark>;

interface Call extends Entry {
  /** The name of the step, and from the second call of one name on its number: `name#2`. */
  readonly id: string;
  /** Epoch milliseconds on the worker. */
  readonly at: number;
  /** Steps that were under way and that no entry before told of. Absent when there were none. */
  readonly open?: readonly string[];
  /** Streams of artifacts that this step has left open (true) or closed, by id. Absent when none. */
  readonly artifacts?: Readonly<Record<string, boolean>>;
}

/** A call of the function's that a later run of it does not repeat. */
export type JournalCall = Call &
  (
    | { readonly kind: 'step'; readonly result?: StepResult; readonly ms: number }
    | { readonly kind: 'failed'; readonly error: StepError; readonly ms: number }
    /** `until` in epoch milliseconds. */
    | { readonly kind: 'sleep'; readonly until: number }
    /** It has read the follow-up of this number, counted from 0; no question has it for an answer. */
    | { readonly kind: 'message'; readonly followUp: number }
  );

/**
 * Where a run ended to ask or to sleep: what was said up to there. `question`: the number of the one that was asked
 * there, counted from 0; histories before it have none.
 */
export type JournalEntry =
  JournalCall | (Entry & { readonly kind: 'mark'; readonly question?: number });

/** The first entries of a long journal, as JSON in the part store. */
export interface JournalSegment {
  readonly kind: 'segment';
  readonly ref: PartReference;
  readonly entries: number;
}

export type JournalItem = JournalEntry | JournalSegment;

/** How many entries they are, with those that have moved to the part store. */
export function entriesIn(items: readonly JournalItem[] = []): number {
  return items.reduce((sum, item) => sum + (item.kind === 'segment' ? item.entries : 1), 0);
}
