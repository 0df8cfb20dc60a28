// The A2A task as the whole program knows it: message, part, artifact, status and the state table.
// Loaded in the workflow sandbox, in activities and in the gateway; it imports nothing.

/** Any value that survives `JSON.parse(JSON.stringify(x))`. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** The states of a task (A2A §4.1.3), spelled as skills and the 0.3 wire spell them. */
export const TaskState = {
  submitted: 'submitted',
  working: 'working',
  inputRequired: 'input-required',
  authRequired: 'auth-required',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  rejected: 'rejected',
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

const ENDINGS = ['completed', 'failed', 'canceled', 'rejected'] as const;

/**
 * Which state may follow which. A terminal state has an empty row; `working` follows itself
 * because every progress text is a status of its own.
 */
export const NEXT: Readonly<Record<TaskState, readonly TaskState[]>> = {
  submitted: ['working', ...ENDINGS],
  working: ['working', 'input-required', 'auth-required', ...ENDINGS],
  'input-required': ['working', ...ENDINGS],
  'auth-required': ['working', ...ENDINGS],
  completed: [],
  failed: [],
  canceled: [],
  rejected: [],
};

/** No further event can follow (A2A §4.1.3). */
export function isTerminal(state: TaskState): boolean {
  return NEXT[state].length === 0;
}

/** The task waits for its caller; a blocking send returns here (A2A §3.1.1). */
export function isInterrupted(state: TaskState): boolean {
  return state === TaskState.inputRequired || state === TaskState.authRequired;
}

/** What describes a part, whatever its content. */
export interface PartDescription {
  readonly filename?: string;
  readonly mediaType?: string;
  readonly metadata?: JsonObject;
}

/** A part in A2A 1.0's JSON shape: exactly one of `text`, `raw` (base64), `url`, `data`. */
export type ContentPart = PartDescription &
  (
    | { readonly text: string }
    | { readonly raw: string }
    | { readonly url: string }
    | { readonly data: Json }
  );

/** Where the content of a part lies when it does not travel with the event. */
export interface PartReference {
  /** SHA-256 of the stored bytes, lower-case hex: the key in the part store. */
  readonly digest: string;
  /** Size of the stored bytes. */
  readonly bytes: number;
  /** What the stored bytes are: UTF-8 text, the bytes behind `raw`, or the JSON text of `data`. */
  readonly content: 'text' | 'raw' | 'data';
}

/** A part whose content lies in the part store. It never leaves the gateway in this shape. */
export type StoredPart = PartDescription & { readonly ref: PartReference };

/** A part as it is recorded in a workflow's history. */
export type Part = ContentPart | StoredPart;

export type Role = 'ROLE_USER' | 'ROLE_AGENT';

/** A message in A2A 1.0's JSON shape (A2A §4.1.4). */
export interface Message<P = Part> {
  readonly messageId: string;
  readonly role: Role;
  readonly parts: readonly P[];
  readonly contextId?: string;
  readonly taskId?: string;
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
  readonly referenceTaskIds?: readonly string[];
}

/** An artifact in A2A 1.0's JSON shape (A2A §4.1.7). */
export interface Artifact<P = Part> {
  readonly artifactId: string;
  readonly name?: string;
  readonly description?: string;
  readonly parts: readonly P[];
  readonly metadata?: JsonObject;
  readonly extensions?: readonly string[];
}

/** Under this URI the metadata of an artifact says that it is a piece of the result, and not final. */
export const PARTIAL_ARTIFACT_URI = 'urn:longhaul:a2a:partial-artifact:1';

export interface TaskStatus<P = Part> {
  readonly state: TaskState;
  readonly message?: Message<P>;
  /** RFC 3339 in UTC with milliseconds. */
  readonly timestamp: string;
  /** Of a canceled task: what the caller who canceled it said with that. Absent when nothing. */
  readonly cancelMetadata?: JsonObject;
}

/** A task (A2A §4.1.1) as of event `seq`. */
export interface Task<P = Part> {
  readonly id: string;
  readonly contextId: string;
  readonly skillId: string;
  readonly status: TaskStatus<P>;
  readonly history: readonly Message<P>[];
  readonly artifacts: readonly Artifact<P>[];
  /** Number of A2A events that made this state; the first event, the task itself, is 1. */
  readonly seq: number;
  /** Ids of messages that no skill had read when the task ended. Absent when there are none. */
  readonly unreadMessageIds?: readonly string[];
}

/** One A2A event of a task, numbered from 1 in the order of the workflow's history. */
export type TaskEvent<P = Part> =
  | { readonly kind: 'task'; readonly seq: number; readonly task: Task<P> }
  | { readonly kind: 'status'; readonly seq: number; readonly status: TaskStatus<P> }
  | {
      readonly kind: 'artifact';
      readonly seq: number;
      readonly artifact: Artifact<P>;
      /** False: the artifact now is exactly these parts. True: they follow what it held. */
      readonly append: boolean;
      readonly lastChunk: boolean;
    };

/** Of a caller who names none. */
export const DEFAULT_TENANT = 'default';

/** Whose task it is. Every read and write names it; another scope's task does not exist. */
export interface Scope {
  readonly tenant: string;
  readonly principal: string;
}
