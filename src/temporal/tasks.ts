// Start, message, cancel, read: what the rest of the program does with tasks, by calls to Temporal.

import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { createHash, randomUUID } from 'node:crypto';
import { toCancelReason } from '../workflows/cancel-reason';
import {
  Refusal,
  SEARCH,
  TASK_WORKFLOW,
  messageUpdate,
  progressSignal,
  type FollowUp,
  type MessageReceipt,
  type TaskStart,
} from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import { logWorkflowId } from '../workflows/log-contract';
import { watchSignal, type Watch } from '../workflows/push-contract';
import { TaskState, type JsonObject, type Scope, type Task } from '../workflows/task';
import { busy, unavailable, withinDeadline } from './connection';
import { isNotFound } from './grpc-failure';
import { EventFeeds, type FollowOptions, type Following } from './event-feed';
import { FollowUps } from './follow-ups';
import { createDecoder, type Decode } from './history';
import { openStreamLog, type StreamLog } from './stream-log';
import { scopeKey } from './scope';
import { TaskError, TaskErrorReason } from './task-error';
import { firstWord, foldAtFirstWord, type TakenOver } from './takeover';
import { TaskReader, type Waiting } from './task-reader';
import { WorkflowStarter, keyReused, type WorkflowStarterOptions } from './workflow-starter';

/** What a workflow takes at once by default; with more the server waits until the call is too late. */
const UPDATES_AT_ONCE = 10;

export interface TaskRef {
  readonly scope: Scope;
  readonly taskId: string;
}

/** The scope is part of the address, so another principal's task id addresses nothing (D6). */
export function workflowIdOf({ scope, taskId }: TaskRef): string {
  return [scope.tenant, scope.principal, taskId].map(encodeURIComponent).join('/');
}

export class Tasks {
  readonly feeds: EventFeeds;
  private readonly client: Client;
  private readonly starter: WorkflowStarter;
  private readonly reader: TaskReader;
  private readonly decode: Decode;
  /** Messages on their way, by workflow id. */
  private readonly updating = new Map<string, number>();

  constructor(options: WorkflowStarterOptions) {
    const { client } = options;
    this.client = client;
    this.starter = new WorkflowStarter(options);
    this.decode = createDecoder(client);
    this.reader = new TaskReader({
      client,
      fastest: options.starter ?? client,
      decode: this.decode,
    });
    this.feeds = new EventFeeds(client);
  }

  /**
   * Starts the task; with `start.digest` at most once for its id (D6).
   * @throws TaskError `key-reused`, `unavailable`.
   */
  async start(start: TaskStart): Promise<void> {
    await this.starter.start({
      type: TASK_WORKFLOW,
      workflowId: workflowIdOf(start),
      start,
      searchAttributes: [
        { key: SEARCH.scope, value: scopeKey(start.scope) },
        { key: SEARCH.context, value: start.contextId },
        { key: SEARCH.skill, value: start.skillId },
        { key: SEARCH.state, value: TaskState.submitted },
        { key: SEARCH.statusTime, value: new Date() },
      ],
    });
  }

  /**
   * Gives a task one more message. The same `updateId` counts once. Without one, the same message at
   * the same point of the task does: a call that got no answer may have been taken in all the same,
   * and its repetition must not answer the next question.
   * @throws TaskError `not-found`, `over`, `context-mismatch`, `full`, `answered`, `key-reused`, `busy`, `unavailable`.
   */
  async message(ref: TaskRef, followUp: FollowUp, updateId?: string): Promise<MessageReceipt> {
    const workflowId = workflowIdOf(ref);
    const atOnce = this.updating.get(workflowId) ?? 0;
    if (atOnce >= UPDATES_AT_ONCE) throw busy();
    this.updating.set(workflowId, atOnce + 1);
    try {
      return await this.update(ref, followUp, updateId);
    } finally {
      const left = (this.updating.get(workflowId) ?? 1) - 1;
      if (left > 0) this.updating.set(workflowId, left);
      else this.updating.delete(workflowId);
    }
  }

  private async update(
    ref: TaskRef,
    followUp: FollowUp,
    updateId?: string,
  ): Promise<MessageReceipt> {
    const handle = this.client.workflow.getHandle(workflowIdOf(ref));
    const update = {
      args: [followUp] as [FollowUp],
      updateId: updateId ?? (await this.updateIdAtThisPoint(ref, followUp)),
    };
    try {
      const receipt = await withinDeadline(this.client, () =>
        handle.executeUpdate(messageUpdate, update),
      );
      if (receipt.digest !== followUp.digest) throw keyReused();
      if (receipt.isBehind) return { ...receipt, seq: (await this.read(ref)).seq };
      return receipt;
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) throw await this.whyClosed(ref);
      if (err instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw unavailable(err);
      throw err instanceof WorkflowUpdateFailedError ? fromRefusal(err) : err;
    }
  }

  /**
   * Asks the task to stop (D13), for the reason that the first one gave who asked; a task that is over stays as it is, and says so to some servers only.
   * @throws TaskError `not-found`, `unavailable`, and `over` where the server refuses it.
   */
  async cancel(ref: TaskRef, metadata?: JsonObject): Promise<void> {
    const { workflowService, options } = this.client;
    try {
      // Not by a handle, which takes no reason.
      await withinDeadline(this.client, () =>
        workflowService.requestCancelWorkflowExecution({
          namespace: options.namespace,
          identity: options.identity,
          requestId: randomUUID(),
          workflowExecution: { workflowId: workflowIdOf(ref) },
          ...(metadata === undefined ? {} : { reason: toCancelReason(metadata) }),
        }),
      );
    } catch (err) {
      if (isNotFound(err)) throw await this.whyClosed(ref);
      throw err;
    }
  }

  /**
   * The task as of now, with or without a worker.
   * @throws TaskError `not-found`, `unavailable`.
   */
  read(ref: TaskRef): Promise<Task> {
    return this.reader.read(workflowIdOf(ref));
  }

  /** The task if it ends in time; see `TaskReader.ended`. */
  ended(ref: TaskRef, waiting: Waiting): Promise<Task | undefined> {
    return this.reader.ended(workflowIdOf(ref), waiting);
  }

  /** Follows a task's events; see `EventFeeds.follow`. */
  follow(ref: TaskRef, options: FollowOptions): Promise<Following> {
    return this.feeds.follow(workflowIdOf(ref), options);
  }

  /** Records what a skill said. Rejects with what the client throws; the emitter judges it. */
  async signal(ref: TaskRef & { readonly runId: string }, batch: Batch): Promise<void> {
    const handle = this.client.workflow.getHandle(workflowIdOf(ref), ref.runId);
    await this.client.withDeadline(Date.now() + 10_000, () => handle.signal(progressSignal, batch));
  }

  /**
   * Ends the say of older attempts of this turn, and tells what they have recorded.
   * Rejects with what the client throws; TaskError `over` when this attempt is not heard itself.
   */
  async takeOver(
    ref: TaskRef & { readonly runId: string },
    speaker: Pick<Batch, 'turn' | 'attempt'>,
  ): Promise<TakenOver> {
    await this.signal(ref, firstWord(speaker));
    const { client, decode } = this;
    const source = { client, decode, workflowId: workflowIdOf(ref), runId: ref.runId };
    return foldAtFirstWord(source, speaker);
  }

  /** Where what this attempt says goes on when the run of its task has enough; `send` rejects as `signal` does. */
  longLog(ref: TaskRef, speaker: Pick<Batch, 'turn' | 'attempt'>): StreamLog {
    return openStreamLog(this.client, logWorkflowId(workflowIdOf(ref), speaker));
  }

  /** What callers say to this run of a task, as they say it. */
  followUps(ref: TaskRef & { readonly runId: string }): FollowUps {
    const { client, decode } = this;
    return new FollowUps({ client, decode, workflowId: workflowIdOf(ref), runId: ref.runId });
  }

  /** Asks an open task to wake a push workflow when it goes on; false when it cannot be asked. */
  async watch(ref: TaskRef, watch: Watch): Promise<boolean> {
    const handle = this.client.workflow.getHandle(workflowIdOf(ref));
    return withinDeadline(this.client, () => handle.signal(watchSignal, watch)).then(
      () => true,
      // It is over, or takes no more signals, or nobody knows: whoever asks goes on following it.
      () => false,
    );
  }

  private async updateIdAtThisPoint(ref: TaskRef, followUp: FollowUp): Promise<string> {
    const { seq } = await this.read(ref);
    const said = JSON.stringify([seq, followUp.message]);
    return createHash('sha256').update(said).digest('hex');
  }

  /** A closed workflow refuses updates and cancels in the words it uses for an unknown one. */
  private async whyClosed(ref: TaskRef): Promise<TaskError> {
    const task = await this.read(ref);
    return new TaskError(TaskErrorReason.over, `the task is ${task.status.state}`);
  }
}

const REFUSALS: Readonly<Record<string, TaskErrorReason>> = {
  [Refusal.taskOver]: TaskErrorReason.over,
  [Refusal.contextMismatch]: TaskErrorReason.contextMismatch,
  [Refusal.taskFull]: TaskErrorReason.full,
  [Refusal.answered]: TaskErrorReason.answered,
};

/** The validator's refusal; failures cross processes by `type` only. */
function fromRefusal(err: WorkflowUpdateFailedError): Error {
  const { cause } = err;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const reason = REFUSALS[type ?? ''];
  return reason === undefined ? err : new TaskError(reason, cause?.message ?? err.message, err);
}
