// A task in memory: what the workflow makes of a skill's attempts, in the same order and with the same reducer.

import { randomUUID } from 'node:crypto';
import { runAttempt } from '../activities/attempt';
import type { Skill, SkillContext } from '../activities/skill';
import { createMemoryPartStore } from '../storage/memory-part-store';
import type { PartStore } from '../storage/part-store';
import { storeBigParts } from '../temporal/stored-parts';
import { noSuchTask } from '../temporal/task-error';
import type { TurnInput, TurnLimits, TurnOutcome } from '../workflows/contract';
import { FORMAT, type Batch } from '../workflows/emission';
import { jsonBytes } from '../workflows/json-bytes';
import { USER_PARTS_BYTES } from '../workflows/limits';
import type { Decision, Inherited } from '../workflows/recorded';
import {
  TaskState,
  isInterrupted,
  type ContentPart,
  type Message,
  type Task,
  type TaskEvent,
} from '../workflows/task';
import { artifactsAtCheckpoint } from '../workflows/task-state';
import type { TaskFold } from '../workflows/task-fold';
import type { Crash } from './crash';
import { MemoryHistory } from './memory-history';
import { Worker, ignore, never } from './memory-worker';
import { watchSteps } from './watched-steps';

export interface MemoryTaskOptions {
  readonly skill: Skill;
  readonly limits: TurnLimits;
  readonly message: Message<ContentPart>;
  readonly crashes: readonly Crash[];
  readonly acceptedOutputModes?: readonly string[];
  /** Default: an empty one. */
  readonly store?: PartStore;
  /** It goes on where another task has ended; the message is that one's then. */
  readonly inherited?: Inherited;
  readonly calls: readonly Call[];
  readonly referenced: readonly Task<ContentPart>[];
}

/** What a caller says without being asked, once the event of that number is recorded. */
export interface Call {
  readonly after: number;
  readonly message: Message<ContentPart>;
}

/** What is said leaves at once. */
const PACE = [{ below: Number.POSITIVE_INFINITY, ms: 0 }] as const;

/** Little that a test does beside a sleep takes longer. */
const IDLE_MS = 25;

const NOBODY = { tenant: 'test', principal: 'test' } as const;

export class MemoryTask {
  readonly store: PartStore;
  readonly stepRuns = new Map<string, number>();
  runs = 0;
  /** What the task has recorded of its skill. */
  records = 0;
  private readonly options: MemoryTaskOptions;
  private readonly history = new MemoryHistory();
  private readonly crashes: Crash[];
  private readonly taskId = randomUUID();
  private readonly createdAt = Date.now();
  private readonly calls: Call[];
  private attempt = 0;
  /** Of the next batch of this attempt. */
  private n = 0;
  private wakes = 0;
  /** What sleeps have skipped, in milliseconds. */
  private skippedMs = 0;

  constructor(options: MemoryTaskOptions) {
    this.options = options;
    this.store = options.store ?? createMemoryPartStore();
    this.crashes = [...options.crashes];
    this.calls = [...options.calls];
  }

  get task(): Task {
    return this.history.task;
  }

  get events(): readonly TaskEvent[] {
    return this.history.events;
  }

  get folds(): readonly TaskFold[] {
    return this.history.folds;
  }

  get isWaiting(): boolean {
    return isInterrupted(this.task.status.state);
  }

  get crashesLeft(): readonly Crash[] {
    return this.crashes;
  }

  /** From the message to its end, or to its first question. */
  async run(): Promise<void> {
    const { skill, message } = this.options;
    const parts = await storeBigParts(this.store, message.parts, USER_PARTS_BYTES);
    const ids = { taskId: this.taskId, contextId: `context-of-${this.taskId}`, skillId: skill.id };
    const first = { ...message, ...ids, role: 'ROLE_USER' as const, parts };
    const { inherited } = this.options;
    const given = { ...ids, message: first, ...(inherited && { inherited }) };
    this.history.record({ kind: 'created', at: this.createdAt, ...given });
    await this.hearCalls();
    await this.turn();
  }

  /** To the question that the task has asked; on to its end, or to the next question. */
  async answer(message: Message<ContentPart>): Promise<void> {
    await this.take(message);
    await this.turn();
  }

  private async take(message: Message<ContentPart>): Promise<void> {
    const parts = await storeBigParts(this.store, message.parts, USER_PARTS_BYTES);
    this.history.recordMessage({ ...message, parts });
  }

  private async hearCalls(): Promise<void> {
    while (this.calls[0] !== undefined && this.task.seq >= this.calls[0].after) {
      const [call] = this.calls.splice(0, 1);
      if (call !== undefined) await this.take(call.message);
    }
  }

  /** One turn, and another where its question has its answer already. */
  private async turn(): Promise<void> {
    await this.oneTurn();
    while (this.isWaiting && this.history.hasUnread) await this.oneTurn();
  }

  private async oneTurn(): Promise<void> {
    const { turn, read } = this.history.fold;
    const answered = turn === 0 ? read : read + 1;
    this.decide({ state: TaskState.working }, { turn: turn + 1, attempt: 0, read: answered });
    this.attempt = 0;
    this.wakes = 0;
    let errors = 0;
    while (this.task.status.state === TaskState.working) {
      const outcome = await this.attemptOnce();
      if (outcome === undefined) continue;
      if (outcome.kind === 'sleeps') {
        const isCalled = outcome.hears === true && this.history.hasUnread;
        if (!isCalled) this.skippedMs += Math.max(outcome.until - this.now(), 0);
        this.wakes += 1;
        errors = 0;
      } else if (outcome.kind === 'threw') {
        errors += 1;
        if (errors < this.options.limits.maximumAttempts) continue;
        this.close({ state: 'failed', message: { parts: [{ text: outcome.reason }] } });
      } else {
        this.close(outcome);
      }
    }
  }

  private close({ state, message }: Pick<Decision, 'state' | 'message'>): void {
    const { turn, read } = this.history.fold;
    this.decide({ state, ...(message && { message }) }, { turn, read, attempt: this.attempt });
  }

  private decide(
    verdict: Pick<Decision, 'state' | 'message'>,
    turn: Pick<Decision, 'turn' | 'attempt' | 'read'>,
  ): void {
    const decision: Decision = { v: FORMAT, ...verdict, ...turn, at: this.now() };
    this.history.record({ kind: 'decision', decision });
  }

  /** Undefined when its worker has died. */
  private async attemptOnce(): Promise<TurnOutcome | undefined> {
    const attemptsBefore = this.attempt;
    this.attempt += 1;
    this.n = 0;
    this.runs += 1;
    const worker = new Worker(this.options.limits.timeoutMs);
    const { skill } = this.options;
    const outcome = runAttempt({
      given: this.input(attemptsBefore),
      attempt: this.attempt,
      skill: { ...skill, run: (ctx) => skill.run(this.watch(ctx, worker)) },
      store: this.store,
      stop: worker,
      pace: PACE,
      clock: { now: () => this.now(), idleMs: IDLE_MS },
      log: { info: ignore, warn: ignore, error: ignore },
      continueUrl: (question) => `https://test.invalid/continue/${String(question)}`,
      send: (batch) => this.hear(batch, worker),
      // Here an attempt begins when the one before is over, with all that it recorded.
      takeOver: () => Promise.resolve({ fold: this.history.fold, batches: 0 }),
      followUps: () => ({ at: (followUp, signal) => this.history.followUp(followUp, signal) }),
      readTask: (taskId) => this.readTask(taskId),
    });
    return Promise.race([outcome, worker.died]).finally(() => worker.close());
  }

  private input(attemptsBefore: number): TurnInput {
    const { skill, limits, acceptedOutputModes } = this.options;
    const { task, turn, read, journal } = this.history.fold;
    return {
      v: FORMAT,
      taskId: this.taskId,
      contextId: task.contextId,
      scope: NOBODY,
      skillId: skill.id,
      ...{ limits, turn, attemptsBefore },
      createdAt: this.createdAt,
      history: task.history,
      inlineBytes: jsonBytes(artifactsAtCheckpoint(this.history.fold)),
      answered: read,
      ...(journal && { journal }),
      ...(this.wakes > 0 && { wakes: this.wakes }),
      ...(skill.replies && { replies: skill.replies }),
      ...(acceptedOutputModes && { acceptedOutputModes }),
    };
  }

  private async readTask(taskId: string): Promise<Task<ContentPart>> {
    const task = this.options.referenced.find(({ id }) => id === taskId);
    if (task === undefined) throw noSuchTask(undefined);
    return task;
  }

  /** Takes a batch in, or lets the worker die on it: each emission by itself, so that it may die after each. */
  private async hear(batch: Batch, worker: Worker): Promise<void> {
    if (worker.isDead) return never();
    for (const emission of batch.emissions) {
      this.history.record({ kind: 'batch', batch: { ...batch, n: this.n, emissions: [emission] } });
      this.n += 1;
      this.records += 1;
      await this.hearCalls();
      if (this.isCrashDue()) return this.crash(worker);
    }
  }

  private isCrashDue(): boolean {
    const [crash] = this.crashes;
    if (typeof crash === 'number') return this.task.seq >= crash;
    return typeof crash === 'object' && this.records >= crash.record;
  }

  private crash(worker: Worker): Promise<never> {
    this.crashes.shift();
    worker.die();
    return never();
  }

  private watch(ctx: SkillContext, worker: Worker): SkillContext {
    return watchSteps(ctx, {
      worker,
      onRun: (name) => {
        this.stepRuns.set(name, (this.stepRuns.get(name) ?? 0) + 1);
      },
      onEnd: async (name) => {
        if (this.crashes[0] === name) await this.crash(worker);
      },
    });
  }

  private now(): number {
    return Date.now() + this.skippedMs;
  }
}
