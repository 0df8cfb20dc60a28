// The A2A operations on tasks. It knows neither the wire nor Temporal's words.

import { randomUUID } from 'node:crypto';
import type { Following } from '../temporal/event-feed';
import { withinOneDeadline } from '../temporal/connection';
import { patienceOf } from '../temporal/patience';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { TaskListing, TaskPage, TaskQuery } from '../temporal/task-list';
import type { Replies } from '../temporal/replies';
import { scopeKey } from '../temporal/scope';
import type { TaskRef, Tasks } from '../temporal/tasks';
import { RETRY_URI } from '../workflows/retried-task';
import {
  TaskState,
  isInterrupted,
  isTerminal,
  type JsonObject,
  type Message,
  type Scope,
  type Task,
} from '../workflows/task';
import type { Intake, Submission, Taken } from './intake';
import { assertCancelFits } from './message-size';
import type { Recovery, RetryPlan, RetryRequest } from './recovery';
import { frames, type StreamFrame } from './stream-frames';

/**
 * A canceled skill has its grace of 2 s, and a worker half a second to hear of it; then the caller gets what
 * there is, so that nobody waits for longer than 3 s.
 */
const CANCEL_WAIT_MS = 2_800;

/**
 * A blocking send waits so long for nothing but the end of a new task: one call to Temporal instead
 * of one for each of its events. The first question of a skill may be heard so much later.
 */
const QUICK_TASK_MS = 500;

/** Who calls, and for how long. */
export interface Caller {
  readonly scope: Scope;
  /** Aborted when the caller has left. It ends the waiting, never the task (D10). */
  readonly signal: AbortSignal;
}

/** What a send answers: a task, or the one message of a skill that replies. */
export type Answer = { readonly task: Task } | { readonly message: Message };

export interface SubscribeOptions {
  readonly taskId: string;
  /** Resume after this event, also when the task is over. */
  readonly cursor?: number;
  /** 0.3: a finished task shows its last state instead of an error. */
  readonly allowsFinished: boolean;
  /** 0.3: the stream ends where the interaction does, at `input-required`. */
  readonly endsAtQuestion: boolean;
}

export interface CancelOptions {
  readonly taskId: string;
  /** Is kept with the canceled task; of several cancels the first one's. */
  readonly metadata?: JsonObject;
}

export interface TaskServiceOptions {
  readonly intake: Intake;
  readonly tasks: Tasks;
  readonly replies: Replies;
  readonly listing: TaskListing;
  readonly recovery: Recovery;
}

/** What is asked for besides the task. */
export interface RetryOptions extends RetryRequest {
  /** Is kept with the new task. Default: that it is a retry. */
  readonly note?: string;
  /** The same key with the same request is the same new task (D6). */
  readonly idempotencyKey?: string;
}

type TakenByTask = Extract<Taken, { kind: 'task' }>;

export class TaskService {
  private readonly intake: Intake;
  private readonly tasks: Tasks;
  private readonly replies: Replies;
  private readonly listing: TaskListing;
  private readonly recovery: Recovery;
  /** Skills that were seen to ask: their tasks are followed from the start. */
  private readonly asking = new Set<string>();

  constructor({ intake, tasks, replies, listing, recovery }: TaskServiceOptions) {
    this.intake = intake;
    this.tasks = tasks;
    this.replies = replies;
    this.listing = listing;
    this.recovery = recovery;
  }

  /**
   * SendMessage (A2A §3.1.1): resolves at a terminal or interrupted state, or at once; a reply is
   * always waited for, because there is nothing else to answer (A2A §3.2.2).
   */
  async send(
    caller: Caller,
    submission: Submission & { readonly returnImmediately: boolean },
  ): Promise<Answer> {
    const { taken, task } = await withinOneDeadline(() => this.take(caller, submission));
    if (taken.kind === 'reply') {
      return { message: await this.replies.message(taken.ref, caller.signal) };
    }
    return { task: task ?? (await this.taskOf(caller, taken)) };
  }

  /** With the task as it is then, for who does not wait for more. */
  private async take(
    { scope }: Caller,
    submission: Submission & { readonly returnImmediately: boolean },
  ): Promise<{ readonly taken: Taken; readonly task?: Task }> {
    const taken = await this.intake.take(scope, submission);
    if (taken.kind === 'reply' || !submission.returnImmediately) return { taken };
    // Not from a feed, which may be a page behind the message that was just taken in.
    return { taken, task: await this.tasks.read(taken.ref) };
  }

  private async taskOf(caller: Caller, taken: TakenByTask): Promise<Task> {
    const { ref, since, skillId } = taken;
    const { signal } = caller;
    if (skillId !== undefined && !this.asking.has(skillId)) {
      const ended = await this.tasks.ended(ref, { withinMs: QUICK_TASK_MS, signal });
      if (ended !== undefined) return ended;
    }
    const following = await this.tasks.follow(ref, { signal });
    try {
      const task = await settled(following, since);
      if (isInterrupted(task.status.state)) this.asking.add(task.skillId);
      return task;
    } finally {
      following.close();
    }
  }

  /**
   * SendStreamingMessage (A2A §3.1.2): the task, then its events up to an end or a question; or
   * the one message of a reply.
   */
  async *stream(caller: Caller, submission: Submission): AsyncGenerator<StreamFrame> {
    const taken = await withinOneDeadline(() => this.intake.take(caller.scope, submission));
    if (taken.kind === 'reply') {
      yield { message: await this.replies.message(taken.ref, caller.signal) };
      return;
    }
    const { ref, since } = taken;
    // Told from the message on, however far a quick worker has come.
    const cursor = Math.max(since, 1);
    const isFresh = since > 0;
    const following = await this.tasks.follow(ref, { cursor, isFresh, signal: caller.signal });
    const endsAt = (state: TaskState, seq: number): boolean =>
      isTerminal(state) || (state === TaskState.inputRequired && seq > since);
    yield* frames(following, { id: following.task.seq, endsAt });
  }

  /** SubscribeToTask (A2A §3.1.6), with resume by cursor (D3). */
  async *subscribe(caller: Caller, options: SubscribeOptions): AsyncGenerator<StreamFrame> {
    const { taskId, cursor, allowsFinished, endsAtQuestion } = options;
    const ref = { scope: caller.scope, taskId };
    const resume = cursor === undefined ? {} : { cursor };
    const following = await this.tasks.follow(ref, { ...resume, signal: caller.signal });
    const { task } = following;
    if (cursor === undefined && isTerminal(task.status.state) && !allowsFinished) {
      following.close();
      throw new TaskError(TaskErrorReason.over, `the task is ${task.status.state}`);
    }
    const endsAt = (state: TaskState): boolean =>
      isTerminal(state) || (endsAtQuestion && state === TaskState.inputRequired);
    const isFresh = cursor === undefined || cursor < task.seq;
    yield* frames(following, { ...(isFresh ? { id: task.seq } : {}), endsAt });
  }

  /** GetTask (A2A §3.1.3). */
  get(caller: Caller, taskId: string): Promise<Task> {
    return this.tasks.read({ scope: caller.scope, taskId });
  }

  /** ListTasks (A2A §3.1.4): the caller's own, newest status first. */
  async list(caller: Caller, query: TaskQuery, inFull: boolean): Promise<TaskPage> {
    const page = await this.listing.list(scopeKey(caller.scope), query);
    if (!inFull) return page;
    const tasks = await Promise.all(page.tasks.map(({ id }) => this.getIfKept(caller, id)));
    return { ...page, tasks: tasks.filter((task) => task !== undefined) };
  }

  /** Visibility lags: the retention may have taken a task that is still listed. */
  private async getIfKept(caller: Caller, taskId: string): Promise<Task | undefined> {
    return this.get(caller, taskId).catch((err: unknown) => {
      if (err instanceof TaskError && err.reason === TaskErrorReason.notFound) return undefined;
      throw err;
    });
  }

  /**
   * CancelTask (A2A §3.1.5): resolves with the canceled task. Repeating a granted cancel is fine.
   * @throws TaskError `invalid` for too much metadata; `not-found`, `over`, `unavailable`.
   */
  async cancel(caller: Caller, { taskId, metadata }: CancelOptions): Promise<Task> {
    assertCancelFits(metadata);
    const ref = { scope: caller.scope, taskId };
    const patience = patienceOf(CANCEL_WAIT_MS, caller.signal);
    try {
      await this.tasks.cancel(ref, metadata).catch((err: unknown) => {
        if (!(err instanceof TaskError) || err.reason !== TaskErrorReason.over) throw err;
      });
      const task = await this.latest(ref, patience.signal);
      if (!isTerminal(task.status.state) || task.status.state === TaskState.canceled) return task;
      throw new TaskError(TaskErrorReason.over, `the task is ${task.status.state}`);
    } finally {
      patience.end();
    }
  }

  /** What `retry` would keep and do again. @throws TaskError as that does. */
  retryPlan(caller: Caller, request: RetryRequest): Promise<RetryPlan> {
    return this.recovery.plan(caller.scope, request);
  }

  /**
   * A new task that goes on where this one failed or was canceled; resolves when it is started.
   * @throws TaskError `not-found`, `not-retryable`, `invalid` for an unknown step, `key-reused`, `unavailable`.
   */
  async retry(caller: Caller, options: RetryOptions): Promise<Task> {
    const { taskId, fromStep, note = 'retry', idempotencyKey } = options;
    const metadata = { [RETRY_URI]: { taskId, ...(fromStep && { fromStep }) } };
    const messageId = idempotencyKey ?? randomUUID();
    const message = { messageId, role: 'ROLE_USER', parts: [{ text: note }], metadata } as const;
    return this.begin(caller, { message, ...(idempotencyKey && { idempotencyKey }) });
  }

  /**
   * A new task in the same context that is told how this one ended, and asked for the same again.
   * @param text what the caller adds.
   * @throws TaskError `not-found`, `not-retryable`, `unavailable`; what a send throws.
   */
  async recover(caller: Caller, taskId: string, text?: string): Promise<Task> {
    const message = await this.recovery.message({ scope: caller.scope, taskId }, text);
    return this.begin(caller, { message });
  }

  /** @throws TaskError `invalid` when there is no task to it. */
  private async begin(caller: Caller, submission: Submission): Promise<Task> {
    const answer = await this.send(caller, { ...submission, returnImmediately: true });
    if ('task' in answer) return answer.task;
    throw new TaskError(TaskErrorReason.invalid, 'the skill replies, and has no tasks');
  }

  /** The task when it is over, or as it is when the signal aborts. */
  private async latest(ref: TaskRef, signal: AbortSignal): Promise<Task> {
    const following = await this.tasks.follow(ref, { signal });
    try {
      for await (const _event of following.events);
      return following.now();
    } finally {
      following.close();
    }
  }
}

async function settled(following: Following, since: number): Promise<Task> {
  const isSettled = ({ status, seq }: Task): boolean =>
    isTerminal(status.state) || (isInterrupted(status.state) && seq > since);
  if (isSettled(following.now())) return following.now();
  for await (const event of following.events) {
    if (event.kind !== 'status') continue;
    const { state } = event.status;
    if (isTerminal(state) || (isInterrupted(state) && event.seq > since)) return following.now();
  }
  throw new TaskError(TaskErrorReason.unavailable, 'the gateway stops; the task goes on');
}
