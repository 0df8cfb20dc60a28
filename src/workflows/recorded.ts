// What a workflow's history says of a task, in the words of the reducer.

import type { Batch, FORMAT } from './emission';
import type { JournalItem } from './journal';
import type { Checkpoint, FoldSnapshot } from './task-fold';
import type { Artifact, JsonObject, Message, Part, TaskState } from './task';

/** What only the workflow can decide: it is published as a memo and folded by every reader. */
export interface Decision {
  readonly v: typeof FORMAT;
  readonly state: Exclude<TaskState, 'submitted'>;
  /** Epoch milliseconds of the workflow task that decided. */
  readonly at: number;
  /** The turn that starts (`working`) or has ended. */
  readonly turn: number;
  /** The attempt that ended the turn; 0 where none did. */
  readonly attempt: number;
  /** Follow-up messages that skills have read so far. */
  readonly read: number;
  readonly message?: { readonly parts: readonly Part[]; readonly metadata?: JsonObject };
  /** What came with the cancel; in state `canceled` only. */
  readonly cancelMetadata?: JsonObject;
  /** Steps whose errors ended the skill: the journal does not know them. Absent when there are none. */
  readonly failedSteps?: readonly string[];
}

/** What a task that is tried again hands on to the next: how it stood where that one goes on. */
export interface Inherited {
  /** The conversation behind the first message. Every follow-up in it has been read. */
  readonly history: readonly Message[];
  readonly artifacts: readonly Artifact[];
  readonly journal?: readonly JournalItem[];
}

/** What the history says, in the words of the reducer. */
export type Recorded =
  | {
      readonly kind: 'created';
      readonly at: number;
      readonly taskId: string;
      readonly contextId: string;
      readonly skillId: string;
      readonly message: Message;
      readonly inherited?: Inherited;
    }
  | { readonly kind: 'continued'; readonly checkpoint: Checkpoint }
  /** A log begins, or continues. */
  | { readonly kind: 'resumed'; readonly snapshot: FoldSnapshot }
  | { readonly kind: 'batch'; readonly batch: Batch }
  /** What is said is in the task's own history again. */
  | { readonly kind: 'log-closed' }
  /** A follow-up; `updateId` tells a repeated update from a new one. */
  | { readonly kind: 'message'; readonly message: Message; readonly updateId: string }
  | { readonly kind: 'decision'; readonly decision: Decision }
  /** The server ended the run without the workflow's say. */
  | {
      readonly kind: 'ended';
      readonly at: number;
      readonly state: 'failed' | 'canceled';
      readonly reason: string;
    };
