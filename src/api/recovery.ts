// Goes on where a task has failed: a new task with what the old one had done for good (retry), or a new task that
// is told of the failure (recover). The old task stays as it is. Called by the intake and by the task service.

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { EndedTask, EndedTasks } from '../temporal/ended-task';
import { handParts, referencesOf, referencesOfEntries } from '../temporal/stored-hand-over';
import { readJournal, shortJournal } from '../temporal/stored-journal';
import { restoreMessage } from '../temporal/stored-parts';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import { workflowIdOf, type TaskRef, type Tasks } from '../temporal/tasks';
import type { PartStores } from '../storage/part-store';
import type { TaskStart } from '../workflows/contract';
import { jsonBytes } from '../workflows/json-bytes';
import { entriesIn, type JournalEntry } from '../workflows/journal';
import { RETRY_NOTE_BYTES, TASK_BYTES } from '../workflows/limits';
import { RETRY_URI, retriedTaskOf } from '../workflows/retried-task';
import type { TaskFold } from '../workflows/task-fold';
import {
  TaskState,
  type ContentPart,
  type JsonObject,
  type Message,
  type Scope,
  type Task,
} from '../workflows/task';
import { handOn } from './inherited';
import { cutOf } from './retry-cut';
import { id } from './wire/field-schemas';
import { issueLines } from './wire/request-schemas';

/** As long as a step's name, and the number of its call. */
const STEP_ID_MAX = 300;

export interface RetryRequest {
  readonly taskId: string;
  /** The id of a call in its journal: what is recorded from there on is done again. */
  readonly fromStep?: string;
}

/** What a retry would do. */
export interface RetryPlan {
  readonly taskId: string;
  readonly contextId: string;
  readonly skillId: string;
  /** Calls that are answered from the journal, in the order in which they were made. */
  readonly kept: readonly string[];
  /** Calls that were made and are made again; last the steps whose errors ended the task. */
  readonly again: readonly string[];
  /** Follow-ups that the skill had read and does not wait for again. */
  readonly followUps: number;
}

export interface RecoveryOptions {
  readonly tasks: Tasks;
  readonly endedTasks: EndedTasks;
  readonly stores: PartStores;
}

/** The new task, without what the intake knows of it. */
export type RetryStart = Pick<
  TaskStart,
  'contextId' | 'skillId' | 'message' | 'acceptedOutputModes' | 'retry'
>;

interface RetryPoint {
  readonly ended: EndedTask;
  readonly entries: readonly JournalEntry[];
  /** How the task stood where the next one begins. */
  readonly fold: TaskFold;
}

const retryRequest = z.strictObject({
  taskId: id,
  fromStep: z.string().min(1).max(STEP_ID_MAX).nullish(),
});

/**
 * What a message asks for in its metadata; undefined when it is no retry.
 * @throws TaskError `invalid` when it is not in the form of the extension.
 */
export function retryRequestOf({
  metadata,
  taskId,
}: Message<ContentPart>): RetryRequest | undefined {
  const said = metadata?.[RETRY_URI];
  if (said === undefined) return undefined;
  if (taskId !== undefined) {
    throw invalid('message.taskId: a retry makes a new task, so it goes to none');
  }
  const checked = retryRequest.safeParse(said);
  if (!checked.success) {
    throw invalid(issueLines(checked.error, ['message', 'metadata', RETRY_URI]));
  }
  const { fromStep, ...request } = checked.data;
  return { ...request, ...(fromStep && { fromStep }) };
}

export class Recovery {
  private readonly options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.options = options;
  }

  /**
   * What a retry would keep and what it would do again. Nothing is started.
   * @throws TaskError `not-found`, `not-retryable`, `invalid` for an unknown step; `unavailable`.
   */
  async plan(scope: Scope, request: RetryRequest): Promise<RetryPlan> {
    const { ended, entries, fold } = await this.pointOf({ scope, taskId: request.taskId }, request);
    const { id: taskId, contextId, skillId } = fold.task;
    const kept = entriesIn(fold.journal);
    const again = [...callsOf(entries.slice(kept)), ...ended.failedSteps];
    const followUps = fold.read;
    return { taskId, contextId, skillId, kept: callsOf(entries.slice(0, kept)), again, followUps };
  }

  /**
   * How the new task begins.
   * @param note the message that asks for it.
   * @throws TaskError as `plan`; `context-mismatch`; `invalid` for a note that the task has no room for.
   */
  async start(
    ref: TaskRef,
    request: RetryRequest,
    note: Message<ContentPart>,
  ): Promise<RetryStart> {
    const failed = { scope: ref.scope, taskId: request.taskId };
    const { ended, entries, fold } = await this.pointOf(failed, request);
    const { contextId, skillId } = fold.task;
    assertSameTask(note, fold.task);
    const { acceptedOutputModes } = ended.start;
    const { first, inherited } = handOn(fold, ref.taskId);
    const message = withNote(first, request, note);
    assertRoom([message, ...inherited.history]);
    const kept = entries.slice(0, entriesIn(fold.journal));
    const said = [message, ...inherited.history, ...inherited.artifacts].flatMap(referencesOf);
    const owners = { from: workflowIdOf(failed), to: workflowIdOf(ref) };
    const { stores } = this.options;
    await handParts(stores, [...said, ...referencesOfEntries(kept)], owners);
    const journal = await shortJournal(stores.of(owners.to), kept);
    const handed = { ...inherited, ...(journal.length > 0 && { journal }) };
    const retry = { origin: ended.origin, inherited: handed };
    const modes = acceptedOutputModes === undefined ? {} : { acceptedOutputModes };
    return { contextId, skillId, message, ...modes, retry };
  }

  /**
   * A message that tells a new task of what has become of the old one, and asks for the same again.
   * @param text what the caller adds.
   * @throws TaskError `not-found`, `not-retryable`, `unavailable`.
   */
  async message(ref: TaskRef, text?: string): Promise<Message<ContentPart>> {
    const task = await this.options.tasks.read(ref);
    assertEnded(task, [TaskState.failed, TaskState.canceled, TaskState.rejected]);
    const { id: taskId, contextId, skillId, history } = task;
    const first = history.find(({ role }) => role === 'ROLE_USER');
    if (first === undefined) throw new Error('a task without its first message');
    const { parts, metadata = {} } = await restoreMessage(
      this.options.stores.of(workflowIdOf(ref)),
      first,
    );
    const { [RETRY_URI]: _retried, ...kept } = metadata;
    return {
      messageId: randomUUID(),
      role: 'ROLE_USER',
      contextId,
      referenceTaskIds: [taskId],
      metadata: { ...kept, skillId },
      parts: [{ text: toldOf(task, text) }, ...parts],
    };
  }

  private async pointOf(ref: TaskRef, { fromStep }: RetryRequest): Promise<RetryPoint> {
    const { endedTasks, stores } = this.options;
    const ended = await endedTasks.read(ref);
    const { before, failedSteps, fold } = ended;
    assertEnded(fold.task, [TaskState.failed, TaskState.canceled]);
    const entries = await readJournal(stores.of(workflowIdOf(ref)), before.journal ?? []);
    const { status } = fold.task;
    const reason = status.state === TaskState.failed ? textOf(status.message) : '';
    const cut = cutOf(entries, { failedSteps, reason, ...(fromStep && { fromStep }) });
    const isWhole = cut === entries.length;
    return { ended, entries, fold: isWhole ? before : await endedTasks.asOfEntry(ref, cut) };
  }
}

function assertEnded({ status: { state } }: Task, states: readonly TaskState[]): void {
  if (states.includes(state)) return;
  const text = `the task is ${state}; only one that is ${states.join(' or ')} can be tried again`;
  throw new TaskError(TaskErrorReason.notRetryable, text);
}

/** What the note says of the task has to be so. */
function assertSameTask(note: Message<ContentPart>, { contextId, skillId }: Task): void {
  if (note.contextId !== undefined && note.contextId !== contextId) {
    const text = 'message.contextId: a retry stays in the context of its task';
    throw new TaskError(TaskErrorReason.contextMismatch, text);
  }
  const wanted = note.metadata?.['skillId'];
  if (wanted !== undefined && wanted !== skillId) {
    throw invalid(`message.metadata.skillId: the task is one of the skill "${skillId}"`);
  }
}

/** The first message again, with what a caller says to the retry beside it. */
function withNote(
  first: Message,
  { taskId, fromStep }: RetryRequest,
  note: Message<ContentPart>,
): Message {
  const said = noteOf(note);
  const { referenceTaskIds = [], metadata, ...rest } = first;
  const retriedBefore = retriedTaskOf(metadata);
  const retry = { taskId, ...(fromStep && { fromStep }), note: said };
  return {
    ...rest,
    messageId: randomUUID(),
    referenceTaskIds: [...referenceTaskIds.filter((one) => one !== retriedBefore), taskId],
    metadata: { ...metadata, [RETRY_URI]: retry },
  };
}

/** What is too long is most likely the request again, for agents that know of no retry. */
function noteOf({ messageId, parts }: Message<ContentPart>): JsonObject {
  const said = { messageId, parts: parts.map((part) => ({ ...part })) };
  return jsonBytes(said) > RETRY_NOTE_BYTES ? { messageId } : said;
}

/** The note is what may be more than the task that failed had room for. */
function assertRoom(history: readonly Message[]): void {
  const said = history.filter(({ role }) => role === 'ROLE_USER');
  const bytes = jsonBytes([...said, said.map(({ messageId }) => messageId)]);
  if (bytes <= TASK_BYTES.userMessages + RETRY_NOTE_BYTES) return;
  throw invalid('message.parts: the task has no room for this note; say it in fewer words');
}

function callsOf(entries: readonly JournalEntry[]): readonly string[] {
  return entries.flatMap((entry) => (entry.kind === 'mark' ? [] : [entry.id]));
}

function toldOf({ id: taskId, status }: Task, text: string | undefined): string {
  const reason = textOf(status.message);
  const end = `Task ${taskId} ended as ${status.state}${reason === '' ? '.' : `: ${reason}`}`;
  const asks = text ?? 'Please try again, and mind what went wrong.';
  return `${asks}\n\n${end}\n\nThe request was:`;
}

function textOf(message: Message | undefined): string {
  return (message?.parts ?? []).flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

function invalid(text: string): TaskError {
  return new TaskError(TaskErrorReason.invalid, text);
}
