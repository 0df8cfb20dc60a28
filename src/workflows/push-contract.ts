// The contract of push notifications: one configuration and its delivery are one workflow, beside the task's.

import { defineSignal } from '@temporalio/workflow';
import type { FORMAT } from './emission';
import type { Scope } from './task';

export const PUSH_WORKFLOW = 'pushWorkflow';

/** A configuration as it is kept (A2A §4.3.1); what is secret in it is sealed. */
export interface PushConfig {
  /** Unique in its task. */
  readonly id: string;
  readonly url: string;
  /** The generation it was made in: that of the notifications' bodies. */
  readonly generation: '1.0' | '0.3';
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** HTTP authentication scheme, where credentials are sent. */
  readonly scheme?: string;
  /** What callers are shown of the credentials and of the token. */
  readonly shown: PushSecrets;
  /** JSON of `PushSecrets`, sealed by the gateway. Absent when there are none. */
  readonly sealed?: string;
}

/** What proves to a receiver that a notification is from us. */
export interface PushSecrets {
  readonly credentials?: string;
  readonly token?: string;
}

/** The one argument of the push workflow. */
export interface PushStart {
  readonly v: typeof FORMAT;
  readonly task: { readonly scope: Scope; readonly taskId: string };
  readonly config: PushConfig;
  /** Events up to this one are not sent. */
  readonly cursor: number;
  /** Of the gateways, for parts that are too big for a notification; no trailing slash. */
  readonly publicUrl: string;
  /** Where the workers that send notifications poll. */
  readonly taskQueue: string;
  /** Waits before each attempt for one event, in milliseconds; after the last one it is given up. */
  readonly scheduleMs: readonly number[];
  /** Present when this run continues another. */
  readonly continued?: PushProgress;
}

/** How far a delivery is: in the workflow's memo for whoever asks. */
export interface PushProgress {
  readonly state: PushState;
  /** The last event that the receiver has taken. */
  readonly cursor: number;
  /** Attempts for the next event that have failed. */
  readonly failures: number;
  readonly lastError?: string;
  /** Epoch milliseconds of the next attempt, in state `retrying`. */
  readonly nextAttemptAt?: number;
}

/**
 * `delivering` also while the task is quiet; the last four are endings. `gone`: the receiver answered
 * 410; `lost`: the task itself is no more.
 */
export type PushState = 'delivering' | 'retrying' | 'delivered' | 'exhausted' | 'gone' | 'lost';

/** What the activity is given. */
export interface DeliveryInput {
  readonly v: typeof FORMAT;
  readonly task: PushStart['task'];
  readonly config: PushConfig;
  readonly cursor: number;
  readonly publicUrl: string;
  /** Address of the workflow that is to hear of it when a waiting task goes on. */
  readonly workflowId: string;
}

/** What it reports; `cursor` is the last event that was taken. */
export type DeliveryOutcome = { readonly cursor: number } & (
  | { readonly kind: 'delivered' }
  /** The worker stops; another one is to go on. */
  | { readonly kind: 'stopped' }
  /** The task waits for its caller; the workflow is told when it goes on. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'gone' | 'lost'; readonly reason: string }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** What the receiver asked for. */
      readonly retryAfterMs?: number;
    }
);

export interface PushActivities {
  deliver(input: DeliveryInput): Promise<DeliveryOutcome>;
}

/** Asks a task to wake a push workflow with its first event after `seq`. */
export const watchSignal = defineSignal<[Watch]>('watch');

export interface Watch {
  readonly workflowId: string;
  readonly seq: number;
}

/** Tells a push workflow that its task has moved on. */
export const wakeSignal = defineSignal('wake');

/** Memo fields of a push workflow. */
export const PushMemo = { config: 'config', progress: 'progress' } as const;
