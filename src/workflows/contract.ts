// The contract between gateway, workflow and worker: signal, update, query, inputs and results.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { Batch, FORMAT } from './emission';
import type { JournalItem } from './journal';
import type { Inherited } from './recorded';
import type { Checkpoint } from './task-fold';
import type { JsonObject, Message, Part, Scope, Task } from './task';

export const TASK_WORKFLOW = 'taskWorkflow';

/** For skills that reply with a Message: no task that a caller could see. */
export const REPLY_WORKFLOW = 'replyWorkflow';

/** A skill's bounds with every default filled in; see `SkillLimits`. Milliseconds. */
export interface TurnLimits {
  readonly timeoutMs: number;
  readonly maximumAttempts: number;
  readonly heartbeatTimeoutMs: number;
  readonly cancelGraceMs: number;
  readonly answerTimeoutMs: number;
  /** In a thread of its own. Absent: on the worker's main thread. */
  readonly thread?: boolean;
  /** Of the thread's heap. Absent: what V8 takes. */
  readonly memoryMb?: number;
  /** 1 is served first, 5 last. Absent: 3, Temporal's own. */
  readonly priority?: number;
  /** Where runs wait for a place; see `queueOf`. Absent: the queue of the workflow. */
  readonly taskQueue?: string;
  /**
   * For how long a run that came to a worker without the skill waits for one that has it. Absent: as
   * long as Kubernetes gives a rolling deploy.
   */
  readonly lackingMs?: number;
}

interface Start {
  readonly v: typeof FORMAT;
  readonly taskId: string;
  readonly contextId: string;
  readonly scope: Scope;
  readonly skillId: string;
  readonly limits: TurnLimits;
  readonly message: Message;
  /** Media types that the caller would like; absent when it did not say. */
  readonly acceptedOutputModes?: readonly string[];
  /** SHA-256 of the caller's message, kept to refuse the same idempotency key with another one. */
  readonly digest?: string;
}

/** The one argument of the reply workflow. Its `taskId` is known to the skill alone. */
export type ReplyStart = Start;

/** The one argument of the task workflow. */
export interface TaskStart extends Start {
  /** In a run that continues another without its content, which the checkpoint has. */
  readonly message: Message;
  /** Where clients and browsers reach the gateways, without a trailing slash. */
  readonly publicUrl?: string;
  /** Present when it goes on where another task has ended. */
  readonly retry?: {
    readonly origin: Origin;
    /** Absent in a run that continues another: the checkpoint has it. */
    readonly inherited?: Inherited;
  };
  /** Present when this run continues another (continue-as-new between turns). */
  readonly continued?: {
    readonly checkpoint: Checkpoint;
    /** Epoch milliseconds at which the task was created. */
    readonly createdAt: number;
    /** Present when its skill sleeps. */
    readonly sleep?: Sleep;
    /** Push workflows that wait for the task to go on. Absent when there are none. */
    readonly watchers?: readonly string[];
  };
}

/** The first of the tasks that are one after the other: the one in which the journal began. */
export interface Origin {
  readonly taskId: string;
  /** Epoch milliseconds at which it was created. */
  readonly createdAt: number;
}

/** A turn that goes on at a certain time. */
export interface Sleep {
  /** Epoch milliseconds. */
  readonly until: number;
  /** The attempt that fell asleep; the next one counts from it. */
  readonly attempt: number;
  /** How many times the turn has slept. */
  readonly wakes: number;
  /** A message wakes it too. */
  readonly hears?: true;
}

/** What the activity is given for one turn. */
export interface TurnInput {
  readonly v: typeof FORMAT;
  readonly taskId: string;
  readonly contextId: string;
  readonly scope: Scope;
  readonly skillId: string;
  readonly limits: TurnLimits;
  readonly turn: number;
  /** Attempts of this turn before this activity was scheduled. */
  readonly attemptsBefore: number;
  /** Epoch milliseconds at which the task was created, or the one that it goes on from. */
  readonly createdAt: number;
  /** See `Origin`. Absent: the task itself. */
  readonly origin?: string;
  /** The conversation so far; the message that started the task comes first. */
  readonly history: readonly Message[];
  /**
   * Bytes of JSON of the task's artifacts at the checkpoint from which the attempt speaks; the rest of
   * what they may have is its own.
   */
  readonly inlineBytes: number;
  /** How many follow-ups in the history have been read: as the journal says, or else as answers. */
  readonly answered: number;
  /** What the skill has done for good. Absent when nothing. */
  readonly journal?: readonly JournalItem[];
  /** Signals that the run of the workflow has taken in so far: it takes 10,000. Absent: none. */
  readonly batchesBefore?: number;
  /** Attempts of this turn that ended in sleep. Absent when none did. */
  readonly wakes?: number;
  /** See `TaskStart`. */
  readonly acceptedOutputModes?: readonly string[];
  /** See `TaskStart`. */
  readonly publicUrl?: string;
  /** The skill owes a reply: it has no task to say progress in, nor to ask from. */
  readonly replies?: true;
}

interface Says {
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
}

/** How a turn ended. */
export type TurnEnd =
  | {
      readonly kind: 'ended';
      readonly attempt: number;
      readonly state: 'completed' | 'failed' | 'rejected' | 'canceled';
      readonly message?: Says;
      /** The skill came to an end that its contract does not have. */
      readonly isBreach?: true;
      /** See `Decision`. */
      readonly failedSteps?: readonly string[];
    }
  | {
      readonly kind: 'asks';
      readonly attempt: number;
      readonly state: 'input-required' | 'auth-required';
      readonly message: Says;
    };

/** What the activity reports. */
export type TurnOutcome =
  | TurnEnd
  /** `until` in epoch milliseconds: nothing is to be done before, unless it hears a message. */
  | {
      readonly kind: 'sleeps';
      readonly attempt: number;
      readonly until: number;
      readonly hears?: true;
    }
  /** The skill threw; the workflow counts these against `maximumAttempts`. */
  | {
      readonly kind: 'threw';
      readonly attempt: number;
      readonly reason: string;
      /** See `Decision`. */
      readonly failedSteps?: readonly string[];
      /** It threw nothing: it is not there, as in a rolling deploy. Another worker may have it. */
      readonly lacksSkill?: true;
    };

/** Result of the reply workflow: `completed` with the reply, or why there is none. */
export interface ReplyEnd {
  readonly v: typeof FORMAT;
  readonly state: 'completed' | 'failed' | 'rejected' | 'canceled';
  readonly message?: Says;
  /** What the skill returned is no reply. */
  readonly isBreach?: true;
}

export interface TaskActivities {
  runSkill(input: TurnInput): Promise<TurnOutcome>;
}

/** Progress texts and artifact chunks of one attempt (D5). */
export const progressSignal = defineSignal<[Batch]>('progress');

/** The whole task as the workflow holds it; null while its stream is in a log, where the workflow does not look. */
export const taskQuery = defineQuery<Task | null>('task');

/** Where the task stood when the message was taken in. */
export interface MessageReceipt {
  readonly seq: number;
  /** `seq` is of some time ago: the task's stream is in a log. */
  readonly isBehind?: true;
  /** Of the message that was taken in under this update id: it may be another than was sent. */
  readonly digest?: string;
}

/** The one argument of the update. */
export interface FollowUp {
  readonly v: typeof FORMAT;
  readonly message: Message;
  /** SHA-256 of the caller's message; see `TaskStart.digest`. */
  readonly digest?: string;
  /**
   * Present when it answers this question for credentials and no other: how many follow-ups had been
   * read before it. Absent: it is for whoever reads next.
   */
  readonly answers?: number;
}

/** A follow-up message; refused by the validator when the task is over. */
export const messageUpdate = defineUpdate<MessageReceipt, [FollowUp]>('message');

/** `type` of the failures by which the validator refuses a follow-up. */
export const Refusal = {
  taskOver: 'TaskOver',
  contextMismatch: 'ContextMismatch',
  taskFull: 'TaskFull',
  answered: 'Answered',
} as const;

/** Memo fields: the newest decision, and the number of the event that it made. */
export const Memo = { decision: 'decision', seq: 'seq' } as const;

/** What `ListTasks` filters on; registered at start (D2). */
export const SEARCH = {
  scope: defineSearchAttributeKey('LonghaulScope', SearchAttributeType.KEYWORD),
  context: defineSearchAttributeKey('LonghaulContext', SearchAttributeType.KEYWORD),
  skill: defineSearchAttributeKey('LonghaulSkill', SearchAttributeType.KEYWORD),
  state: defineSearchAttributeKey('LonghaulState', SearchAttributeType.KEYWORD),
  statusTime: defineSearchAttributeKey('LonghaulStatusTime', SearchAttributeType.DATETIME),
} as const;
