// The A2A operations on tasks. It knows neither the wire nor Temporal's words.

import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Following } from '../temporal/event-feed';
import { storeBigParts } from '../temporal/stored-parts';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { TaskListing, TaskPage, TaskQuery } from '../temporal/task-list';
import { scopeKey, type TaskRef, type Tasks } from '../temporal/tasks';
import type { PartStore } from '../storage/part-store';
import type { TurnLimits } from '../workflows/contract';
import { FORMAT } from '../workflows/emission';
import {
  TaskState,
  isInterrupted,
  isTerminal,
  type ContentPart,
  type Message,
  type Scope,
  type Task,
  type TaskEvent,
} from '../workflows/task';

/** A canceled skill has its grace, and a worker its heartbeat; then the caller gets what there is. */
const CANCEL_WAIT_MS = 3_000;

/**
 * A blocking send waits so long for nothing but the end of a new task: one call to Temporal instead
 * of one for each of its events. The first question of a skill may be heard so much later.
 */
const QUICK_TASK_MS = 500;

/** Which skill takes a message, and within which bounds. */
export interface SkillChoice {
  readonly skillId: string;
  readonly limits: TurnLimits;
}

/** The skills of this agent as the gateway needs them. */
export interface SkillCatalog {
  /** `message.metadata.skillId`, else the first skill that accepts the message. */
  choose(message: Message<ContentPart>): SkillChoice | undefined;
  readonly ids: readonly string[];
}

/** Who calls, and for how long. */
export interface Caller {
  readonly scope: Scope;
  /** Aborted when the caller has left. It ends the waiting, never the task (D10). */
  readonly signal: AbortSignal;
}

export interface Submission {
  readonly message: Message<ContentPart>;
  /** The same key with the same message is the same task (D6). */
  readonly idempotencyKey?: string;
}

/** One frame of a stream. A snapshot for a resumed stream repeats an event and so has no id. */
export interface StreamFrame {
  readonly id?: number;
  readonly event: TaskEvent;
}

export interface SubscribeOptions {
  readonly taskId: string;
  /** Resume after this event, also when the task is over. */
  readonly cursor?: number;
  /** 0.3: a finished task shows its last state instead of an error. */
  readonly allowsFinished: boolean;
  /** 0.3: the stream ends where the interaction does, at `input-required`. */
  readonly endsAtQuestion: boolean;
}

export interface TaskServiceOptions {
  readonly tasks: Tasks;
  readonly listing: TaskListing;
  readonly store: PartStore;
  readonly catalog: SkillCatalog;
}

interface Submitted {
  readonly ref: TaskRef;
  /** The number of the last event before the message; 0 for a new task. */
  readonly since: number;
  /** Of a new task. */
  readonly skillId?: string;
}

export class TaskService {
  private readonly tasks: Tasks;
  private readonly listing: TaskListing;
  private readonly store: PartStore;
  private readonly catalog: SkillCatalog;
  /** Skills that were seen to ask: their tasks are followed from the start. */
  private readonly asking = new Set<string>();

  constructor({ tasks, listing, store, catalog }: TaskServiceOptions) {
    this.tasks = tasks;
    this.listing = listing;
    this.store = store;
    this.catalog = catalog;
  }

  /** SendMessage (A2A §3.1.1): resolves at a terminal or interrupted state, or at once. */
  async send(
    caller: Caller,
    submission: Submission & { readonly returnImmediately: boolean },
  ): Promise<Task> {
    const { ref, since, skillId } = await this.submit(caller, submission);
    const { returnImmediately } = submission;
    if (!returnImmediately && skillId !== undefined && !this.asking.has(skillId)) {
      const quick = { withinMs: QUICK_TASK_MS, signal: caller.signal };
      const ended = await this.tasks.ended(ref, quick);
      if (ended !== undefined) return ended;
    }
    const following = await this.tasks.follow(ref, { signal: caller.signal });
    try {
      if (returnImmediately) return following.now();
      const task = await settled(following, since);
      if (isInterrupted(task.status.state)) this.asking.add(task.skillId);
      return task;
    } finally {
      following.close();
    }
  }

  /** SendStreamingMessage (A2A §3.1.2): the task, then its events up to an end or a question. */
  async *stream(caller: Caller, submission: Submission): AsyncGenerator<StreamFrame> {
    const { ref, since } = await this.submit(caller, submission);
    // Told from the message on, however far a quick worker has come.
    const cursor = Math.max(since, 1);
    const following = await this.tasks.follow(ref, { cursor, signal: caller.signal });
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
    const tasks = await Promise.all(page.tasks.map(({ id }) => this.get(caller, id)));
    return { ...page, tasks };
  }

  /** CancelTask (A2A §3.1.5): resolves with the canceled task. Repeating a granted cancel is fine. */
  async cancel(caller: Caller, taskId: string): Promise<Task> {
    const ref = { scope: caller.scope, taskId };
    const signal = AbortSignal.any([caller.signal, AbortSignal.timeout(CANCEL_WAIT_MS)]);
    try {
      await this.tasks.cancel(ref);
    } catch (err) {
      if (!(err instanceof TaskError) || err.reason !== TaskErrorReason.over) throw err;
    }
    const following = await this.tasks.follow(ref, { signal });
    try {
      for await (const _event of following.events);
      const task = following.now();
      if (!isTerminal(task.status.state) || task.status.state === TaskState.canceled) return task;
      throw new TaskError(TaskErrorReason.over, `the task is ${task.status.state}`);
    } finally {
      following.close();
    }
  }

  private async submit(caller: Caller, submission: Submission): Promise<Submitted> {
    const { scope } = caller;
    const { idempotencyKey } = submission;
    // Whoever sends it is the user here; the journal of answers is the user's messages in order.
    const message = { ...submission.message, role: 'ROLE_USER' as const };
    const parts = await storeBigParts(this.store, message.parts);
    const digest = idempotencyKey === undefined ? {} : { digest: digestOf(message) };
    if (message.taskId !== undefined) {
      const ref = { scope, taskId: message.taskId };
      const updateId =
        idempotencyKey === undefined ? randomUUID() : keyedId(scope, 'message', idempotencyKey);
      const followUp = { v: FORMAT, message: { ...message, parts }, ...digest } as const;
      const { seq } = await this.tasks.message(ref, followUp, updateId);
      return { ref, since: seq };
    }
    const choice = this.choose(message);
    const newId = (use: string): string =>
      idempotencyKey === undefined ? randomUUID() : keyedId(scope, use, idempotencyKey);
    const taskId = newId('task');
    const contextId = message.contextId ?? newId('context');
    await this.tasks.start({
      v: FORMAT,
      ...{ taskId, contextId, scope, ...choice, ...digest },
      message: { ...message, parts, taskId, contextId },
    });
    return { ref: { scope, taskId }, since: 0, skillId: choice.skillId };
  }

  private choose(message: Message<ContentPart>): SkillChoice {
    const choice = this.catalog.choose(message);
    if (choice !== undefined) return choice;
    const wanted = message.metadata?.['skillId'];
    const ids = this.catalog.ids.join(', ');
    throw new TaskError(
      TaskErrorReason.invalid,
      wanted === undefined
        ? `no skill takes this message; name one in message.metadata.skillId: ${ids}`
        : `message.metadata.skillId: there is no skill ${JSON.stringify(wanted)}; there are: ${ids}`,
    );
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

interface FrameOptions {
  /** The id of the first frame; absent for a snapshot that repeats what the client has. */
  readonly id?: number;
  readonly endsAt: (state: TaskState, seq: number) => boolean;
}

async function* frames(following: Following, options: FrameOptions): AsyncGenerator<StreamFrame> {
  try {
    const { task, events } = following;
    const { id, endsAt } = options;
    const first: TaskEvent = { kind: 'task', seq: task.seq, task };
    yield { event: first, ...(id === undefined ? {} : { id }) };
    if (endsAt(task.status.state, task.seq)) return;
    for await (const event of events) {
      yield { event, id: event.seq };
      if (event.kind === 'status' && endsAt(event.status.state, event.seq)) return;
    }
  } finally {
    following.close();
  }
}

/** The scope keys the hash, so the same key of two callers names two tasks. UUID-shaped. */
function keyedId(scope: Scope, use: string, key: string): string {
  const hex = createHmac('sha256', scopeKey(scope)).update(`${use}\n${key}`).digest('hex');
  return [0, 8, 12, 16, 20].map((at, i) => hex.slice(at, [8, 12, 16, 20, 32][i])).join('-');
}

/** What makes two messages the same request. The codec has put the keys into one order. */
function digestOf(message: Message<ContentPart>): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('hex');
}
