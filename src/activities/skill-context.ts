// What a running skill is given: the caller's message, its steps and questions, and the ways to say something.

import type { ContentPart, JsonObject, Message, Task } from '../workflows/task';
import type { AuthoredPart } from './authored-part';
import type { Journalable } from './journalable';
import type { Say, SkillArtifact } from './skill-result';
import type { ReadStepOptions, Schema, StepOptions, StepScope } from './step-options';
import type { TaskTools } from './tools/contract';

export interface ArtifactOptions {
  readonly name?: string;
  readonly description?: string;
  /** Default: made from the order in which the skill creates its artifacts. */
  readonly artifactId?: string;
  readonly metadata?: JsonObject;
  /** Media type of the text parts, e.g. `text/markdown`. */
  readonly mediaType?: string;
}

/** Texts, bytes of UTF-8 text, parts: a generator, a Node Readable, a web stream, a model's `textStream`. */
export type PipeSource = AsyncIterable<string | Uint8Array | AuthoredPart>;

export interface PipeOptions {
  /** Whether the end of the source is the end of the artifact. Default: true. */
  readonly finalize?: boolean;
  /** Whether the text is kept and returned; without, '' is. Default: true. */
  readonly collect?: boolean;
}

/** An artifact that grows: one id for life (A2A §4.2.2). */
export interface ArtifactStream {
  readonly artifactId: string;
  /** Adds a part at the end. Resolves when there is room for more (backpressure). */
  append(part: string | AuthoredPart): Promise<void>;
  /**
   * Appends all of a source, as fast as there is room, then finalizes. Resolves with the text that was
   * appended. Bytes count as UTF-8, wherever chunks are cut.
   * @throws what the source throws; the reason of `ctx.signal` at its abort, which also ends the source.
   */
  pipe(source: PipeSource, options?: PipeOptions): Promise<string>;
  /** Marks the last chunk. Appending afterwards throws. */
  finalize(text?: string): Promise<void>;
}

export interface SkillLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Makes the prompt of a question for credentials. */
export type AuthPrompt = (way: AuthContinuation) => Say | Promise<Say>;

export interface AuthContinuation {
  /**
   * Opened (GET, by a browser) or posted to (by a backend) it continues the task, once and without
   * data. It is a secret: whoever has it can say that the credentials are in place.
   */
  readonly continueUrl: string;
}

/** A task that the caller's message refers to, with its parts in full. */
export type ReferencedTask = Omit<Task<ContentPart>, 'seq' | 'unreadMessageIds'>;

/** Everything a running skill can do. */
export interface SkillContext {
  /** In a skill that replies: an id that every retry sees alike, of a task that nobody else sees. */
  readonly taskId: string;
  readonly contextId: string;
  /** The message that started the task, with all its parts in full. */
  readonly message: Message<ContentPart>;
  /** The conversation so far, oldest first, `message` included. */
  readonly history: readonly Message<ContentPart>[];
  /**
   * What the caller says while the skill runs, from the oldest message on that nobody has read. Each is
   * read once, by whoever waits for it first, and is no answer to a later question. A loop over them waits
   * for the next one until it is left; it throws the reason of `signal` when that is aborted.
   */
  readonly messages: AsyncIterable<Message<ContentPart>>;
  /**
   * The caller's tasks that `message.referenceTaskIds` names, the first ten: as they were when this was
   * first called, in every run alike. An id that names none is left out.
   */
  referenced(): Promise<readonly ReferencedTask[]>;
  /**
   * Media types that the caller of the first message would like to get, e.g. `text/*`: a preference,
   * to be followed where the skill has a choice. Empty when the caller did not say.
   */
  readonly acceptedOutputModes: readonly string[];
  /**
   * When the task was created: a time that every retry of the skill sees alike. In a task that goes on where
   * another has failed it is when that one was.
   */
  readonly createdAt: Date;
  /** Counts the runs of this turn from 1: a retry after an error or a lost worker adds one. */
  readonly attempt: number;
  /** Aborted on cancel, on the skill's time limit and on worker shutdown. */
  readonly signal: AbortSignal;
  readonly log: SkillLog;
  /**
   * Runs a function once: its result, which must be JSON or bytes (these are a Buffer from then on), is journaled
   * before this resolves, and is what every later run of the skill gets here without calling the function. A step
   * that was cut in the middle runs again, under the same key. Steps are told apart by name and by order of call
   * among those of one name, so they may run side by side.
   * @throws what the function throws after its last try; SkillError when the journal does not fit.
   */
  step<T>(name: string, run: (step: StepScope) => unknown, options: ReadStepOptions<T>): Promise<T>;
  /** Without a schema a result comes back as it was, and so has to be JSON, bytes or nothing. */
  // A constraint that names its own type would be a circle, and this one is none.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  step<T extends Allowed, Allowed = Journalable<T>>(
    name: string,
    run: (step: StepScope) => T | Promise<T>,
    options?: StepOptions,
  ): Promise<T>;
  /** Waits so many milliseconds, or until a time, through every restart; no worker is held meanwhile. */
  sleep(until: number | Date): Promise<void>;
  /** The time, the same in every run of the skill. */
  now(): Promise<Date>;
  /** A random UUID, the same in every run of the skill. */
  uuid(): Promise<string>;
  /** A status update in state `working`; never terminal. Resolves when there is room for more. */
  progress(text: Say): Promise<void>;
  /**
   * Opens an artifact that is streamed chunk by chunk. Nothing is sent before the first chunk. With the id of
   * one that is open it is the same stream; with that of a finished one it begins that artifact anew.
   */
  artifact(options: ArtifactOptions): ArtifactStream;
  /** Sends an artifact in one piece. Resolves with its id. One that has this id already is replaced. */
  saveArtifact(artifact: SkillArtifact): Promise<string>;
  /**
   * Sends a complete artifact that is a piece of the result, marked as not final. An artifact of the
   * result with its id, or else with its name, takes its place; otherwise it stays, marked. Another one
   * of the same name replaces it. Resolves with its id.
   */
  sendPartialArtifact(artifact: SkillArtifact): Promise<string>;
  /**
   * Puts the task into `input-required` and resolves with the answer, be it days later. The run
   * ends here; the answer starts it again, silently up to this line. With a schema the answer is
   * its data part, or its text, or the JSON that the text is, parsed; one that does not fit asks again with the reason.
   * `limits.answerTimeoutMs` is how long it waits; a race with `sleep` is no time limit.
   * @throws SkillError for a schema without `parse`.
   */
  ask(prompt: Say): Promise<Message<ContentPart>>;
  ask<T>(prompt: Say, schema: Schema<T>): Promise<T>;
  /**
   * As `ask`, in state `auth-required`: the answer says that the credentials are in place. It comes as a
   * message of the client, or from whoever opens the `continueUrl` that a prompt made by a function is
   * given (A2A §7.6.1); the function is not called again once there is an answer.
   */
  requireAuth(prompt: Say | AuthPrompt): Promise<Message<ContentPart>>;
  /** `update_status` and `save_artifact`, by which any LLM reports, asks, hands over and ends the task. */
  readonly tools: TaskTools;
}
