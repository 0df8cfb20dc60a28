// Start, message, cancel, read: the one file that calls the Temporal client for tasks.

import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  Refusal,
  SEARCH,
  TASK_WORKFLOW,
  messageUpdate,
  progressSignal,
  taskQuery,
  type FollowUp,
  type MessageReceipt,
  type TaskStart,
} from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import { TaskState, type Scope, type Task } from '../workflows/task';
import { isNotFound, unavailable, withinDeadline } from './connection';
import { EventFeeds, type FollowOptions, type Following } from './event-feed';
import { createDecoder, type Decode } from './history';
import { readRunEnd } from './run-end';
import { TaskError, TaskErrorReason } from './task-error';
import { TaskHistory } from './task-history';
import { WorkflowStarter, keyReused, type WorkflowStarterOptions } from './workflow-starter';

/** A query goes to a worker; without one it must leave time for reading the history instead. */
const QUERY_DEADLINE_MS = 700;

export interface TaskRef {
  readonly scope: Scope;
  readonly taskId: string;
}

/** The scope is part of the address, so another principal's task id addresses nothing (D6). */
export function workflowIdOf({ scope, taskId }: TaskRef): string {
  return [scope.tenant, scope.principal, taskId].map(encodeURIComponent).join('/');
}

/** Value of the search attribute that every listing is bound to. */
export function scopeKey(scope: Scope): string {
  return [scope.tenant, scope.principal].map(encodeURIComponent).join('/');
}

export class Tasks {
  readonly feeds: EventFeeds;
  private readonly client: Client;
  private readonly starter: WorkflowStarter;
  private readonly decode: Decode;

  constructor(options: WorkflowStarterOptions) {
    const { client } = options;
    this.client = client;
    this.starter = new WorkflowStarter(options);
    this.decode = createDecoder(client);
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
   * Gives a task one more message. The same `updateId` counts once.
   * @throws TaskError `not-found`, `over`, `context-mismatch`, `full`, `key-reused`, `unavailable`.
   */
  async message(ref: TaskRef, followUp: FollowUp, updateId: string): Promise<MessageReceipt> {
    const handle = this.client.workflow.getHandle(workflowIdOf(ref));
    try {
      const receipt = await withinDeadline(this.client, () =>
        handle.executeUpdate(messageUpdate, { args: [followUp], updateId }),
      );
      if (receipt.digest !== followUp.digest) throw keyReused();
      return receipt;
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) throw await this.whyClosed(ref);
      if (err instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw unavailable(err);
      throw err instanceof WorkflowUpdateFailedError ? fromRefusal(err) : err;
    }
  }

  /**
   * Asks the task to stop (D13); a task that is over stays as it is, and says so to some servers only.
   * @throws TaskError `not-found`, `unavailable`, and `over` where the server refuses it.
   */
  async cancel(ref: TaskRef): Promise<void> {
    const handle = this.client.workflow.getHandle(workflowIdOf(ref));
    try {
      await withinDeadline(this.client, () => handle.cancel());
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) throw await this.whyClosed(ref);
      throw err;
    }
  }

  /**
   * The task as of now, with or without a worker.
   * @throws TaskError `not-found`, `unavailable`.
   */
  async read(ref: TaskRef): Promise<Task> {
    const workflowId = workflowIdOf(ref);
    const history = new TaskHistory({ client: this.client, decode: this.decode, workflowId });
    try {
      return await withinDeadline(this.client, async () => {
        await history.next(false);
        // One page holds nearly every task. A longer one is asked for before it is read to the end.
        if (!history.isCaughtUp) {
          const short = (await this.result(workflowId)) ?? (await this.query(workflowId));
          if (short !== undefined) return short;
        }
        while (!history.isCaughtUp) await history.next(false);
        return history.task;
      });
    } catch (err) {
      throw isNotFound(err) ? noSuchTask(err) : err;
    }
  }

  /**
   * The task if it ends within `withinMs`, by one call whatever happens meanwhile; undefined if it
   * does not, or if it cannot be told.
   */
  async ended(
    ref: TaskRef,
    { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<Task | undefined> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    const asked = this.client.withAbortSignal(until, () =>
      withinDeadline(this.client, () => this.result(workflowIdOf(ref), true)),
    );
    return asked.catch(() => undefined);
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

  /** The terminal task, which is the workflow's result: one small call for any length. */
  private async result(workflowId: string, waitNewEvent = false): Promise<Task | undefined> {
    const source = { client: this.client, decode: this.decode, workflowId };
    const end = await readRunEnd(source, waitNewEvent);
    return end?.kind === 'completed' ? (end.result as Task) : undefined;
  }

  private async query(workflowId: string): Promise<Task | undefined> {
    const handle = this.client.workflow.getHandle(workflowId);
    const asked = this.client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
      handle.query(taskQuery),
    );
    // Without a worker the history answers.
    return asked.catch(() => undefined);
  }

  /** A closed workflow refuses updates and cancels in the words it uses for an unknown one. */
  private async whyClosed(ref: TaskRef): Promise<TaskError> {
    const task = await this.read(ref);
    return new TaskError(TaskErrorReason.over, `the task is ${task.status.state}`);
  }
}

function noSuchTask(cause: unknown): TaskError {
  return new TaskError(TaskErrorReason.notFound, 'there is no such task', cause);
}

const REFUSALS: Readonly<Record<string, TaskErrorReason>> = {
  [Refusal.taskOver]: TaskErrorReason.over,
  [Refusal.contextMismatch]: TaskErrorReason.contextMismatch,
  [Refusal.taskFull]: TaskErrorReason.full,
};

/** The validator's refusal; failures cross processes by `type` only. */
function fromRefusal(err: WorkflowUpdateFailedError): Error {
  const { cause } = err;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const reason = REFUSALS[type ?? ''];
  return reason === undefined ? err : new TaskError(reason, cause?.message ?? err.message, err);
}
