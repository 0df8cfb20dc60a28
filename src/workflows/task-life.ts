// What happens to one task, without the workflow's control flow: folding, deciding, taking messages in.

import { ApplicationFailure, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import {
  Memo,
  Refusal,
  SEARCH,
  type FollowUp,
  type MessageReceipt,
  type Sleep,
  type TaskStart,
  type TurnInput,
} from './contract';
import { cancelMetadata } from './cancel-reason';
import { FORMAT, type Batch } from './emission';
import { fitSaid } from './fit-task';
import { toSnapshot } from './task-fold';
import { jsonBytes } from './json-bytes';
import { TASK_BYTES } from './limits';
import type { Watch } from './push-contract';
import { LongStream } from './long-stream';
import type { Decision, Recorded } from './recorded';
import type { TurnRest } from './skill-turn';
import { artifactsAtCheckpoint, checkpointOf, foldTask } from './task-state';
import type { TaskFold } from './task-fold';
import { Watchers } from './watchers';
import { isInterrupted, isTerminal, TaskState, type Message, type Task } from './task';

type Verdict = Pick<Decision, 'state' | 'message' | 'failedSteps'>;

export class TaskLife {
  private readonly start: TaskStart;
  private fold: TaskFold;
  private readonly createdAt: number;
  private sleep: Sleep | undefined;
  private batches = 0;
  private readonly stream: LongStream;
  private readonly watchers: Watchers;

  constructor(start: TaskStart, startedAt: number) {
    this.start = start;
    const { continued, retry } = start;
    const inherited = retry?.inherited;
    this.fold = foldTask(
      undefined,
      continued === undefined
        ? { ...start, kind: 'created', at: startedAt, ...(inherited && { inherited }) }
        : { kind: 'continued', checkpoint: continued.checkpoint },
    ).fold;
    this.createdAt = continued?.createdAt ?? retry?.origin.createdAt ?? startedAt;
    this.sleep = continued?.sleep;
    this.watchers = new Watchers(continued?.watchers);
    this.stream = new LongStream({
      resume: (snapshot) => {
        this.fold = foldTask(this.fold, { kind: 'resumed', snapshot }).fold;
      },
      take: (recorded) => {
        this.take(recorded);
      },
    });
  }

  get task(): Task {
    return this.fold.task;
  }

  get isOver(): boolean {
    return isTerminal(this.task.status.state);
  }

  get isWaiting(): boolean {
    return isInterrupted(this.task.status.state) && !this.hasUnread;
  }

  /** Until when the open turn has nothing to do, in epoch milliseconds; undefined when it is awake. */
  get sleepsUntil(): number | undefined {
    return this.hears && this.hasUnread ? undefined : this.sleep?.until;
  }

  /** What sleeps is woken by a message too. */
  get hears(): boolean {
    return this.sleep?.hears === true;
  }

  private get hasUnread(): boolean {
    return this.fold.followUps.length > this.fold.read;
  }

  /** Nobody who waits for this task has still to be told of its last decision. */
  get areWatchersTold(): boolean {
    return this.watchers.areTold;
  }

  watch(watch: Watch): void {
    this.watchers.add(watch, this.task.seq);
  }

  /** A batch of a running skill. Late and repeated ones are dropped by the fold (D4). */
  hear(batch: Batch): void {
    this.batches += 1;
    this.take({ kind: 'batch', batch });
  }

  /** Its stream is in a log: what it holds is of some time ago. */
  get isBehind(): boolean {
    return this.stream.isInLog;
  }

  /** Closes the log, and resolves when all of it is here. */
  catchUp(): Promise<void> {
    return this.stream.catchUp();
  }

  /** What comes while the stream is in a log comes after it, here as for whoever reads the history. */
  private take(recorded: Recorded): void {
    if (this.stream.defers(recorded)) return;
    this.fold = foldTask(this.fold, recorded).fold;
    if (this.fold.log !== undefined) this.stream.moveTo(this.fold.log, toSnapshot(this.fold));
  }

  /** Refuses by throwing; nothing is recorded then. */
  assertAccepts({ message, answers }: FollowUp): void {
    if (this.isOver) {
      throw ApplicationFailure.nonRetryable('the task is over', Refusal.taskOver);
    }
    if (message.contextId !== undefined && message.contextId !== this.start.contextId) {
      throw ApplicationFailure.nonRetryable(
        'the task belongs to another context',
        Refusal.contextMismatch,
      );
    }
    if (answers !== undefined && !this.awaits(answers)) {
      throw ApplicationFailure.nonRetryable('the question has had its answer', Refusal.answered);
    }
    if (this.bytesWith(message) > TASK_BYTES.userMessages) {
      throw ApplicationFailure.nonRetryable(
        `the task has no room for this message: its callers may say ${String(TASK_BYTES.userMessages)} bytes in all`,
        Refusal.taskFull,
      );
    }
  }

  /**
   * Whether the answer to the question for credentials after that many others has not come yet. It may
   * come before the question is recorded: whoever gives credentials is told of it by the skill itself.
   */
  private awaits(question: number): boolean {
    const asksAnother = this.task.status.state === TaskState.inputRequired;
    const followUps = this.fold.followUps.length + this.stream.messages.length;
    return followUps === question && !asksAnother;
  }

  /** What callers have said, and this message, as the task would hold it. */
  private bytesWith(message: Message): number {
    const { id: taskId, contextId, history } = this.task;
    const waiting = this.stream.messages;
    const said = [...history.filter(({ role }) => role === 'ROLE_USER'), ...waiting];
    const waitingIds = waiting.map(({ messageId }) => messageId);
    const ids = [...this.fold.followUps, ...waitingIds, message.messageId];
    return jsonBytes([...said, { ...message, taskId, contextId }, ids]);
  }

  /** Takes a follow-up in: the answer to a question, or unread until the skill asks one. */
  accept({ message, digest }: FollowUp, updateId: string): MessageReceipt {
    const behind = this.isBehind ? { isBehind: true as const } : {};
    this.take({ kind: 'message', message, updateId });
    return { seq: this.task.seq, ...behind, ...(digest === undefined ? {} : { digest }) };
  }

  /** Attempts of the open turn before it slept. */
  get attemptsBefore(): number {
    return this.sleep?.attempt ?? 0;
  }

  /**
   * A new turn: the oldest unread message answers the question that ended the last one. A turn that has
   * slept goes on, and nobody is told.
   */
  openTurn(): void {
    if (this.sleep !== undefined) return;
    const isAnswered = this.fold.turn > 0 && this.hasUnread;
    const read = this.fold.read + (isAnswered ? 1 : 0);
    this.decide({ state: TaskState.working }, { turn: this.fold.turn + 1, attempt: 0, read });
  }

  turnInput(attemptsBefore: number): TurnInput {
    const { taskId, contextId, scope, skillId, limits, acceptedOutputModes, publicUrl, retry } =
      this.start;
    const { journal } = this.fold;
    const wakes = this.sleep?.wakes;
    return {
      v: FORMAT,
      ...{ taskId, contextId, scope, skillId, limits, attemptsBefore },
      turn: this.fold.turn,
      createdAt: this.createdAt,
      history: this.task.history,
      inlineBytes: jsonBytes(artifactsAtCheckpoint(this.fold)),
      answered: this.fold.read,
      ...(journal && { journal }),
      ...(this.batches > 0 && { batchesBefore: this.batches }),
      ...(wakes && { wakes }),
      ...(retry && { origin: retry.origin.taskId }),
      ...(acceptedOutputModes && { acceptedOutputModes }),
      ...(publicUrl && { publicUrl }),
    };
  }

  /** How the turn ended: the next status, or the last; or that it rests. */
  closeTurn(rest: TurnRest): void {
    if (rest.kind === 'sleeps') {
      const { until, attempt, hears } = rest;
      const wakes = (this.sleep?.wakes ?? 0) + 1;
      this.sleep = { until, attempt, wakes, ...(hears && { hears }) };
      return;
    }
    this.sleep = undefined;
    const { state, message, attempt } = rest;
    const failedSteps = rest.kind === 'ended' ? rest.failedSteps : undefined;
    this.decide(
      { state, ...(message === undefined ? {} : { message }), ...(failedSteps && { failedSteps }) },
      { turn: this.fold.turn, attempt, read: this.fold.read },
    );
  }

  /** An ending that no skill reported: canceled, or failed with this reason. */
  end(state: 'canceled' | 'failed', reason?: string): void {
    const message = reason === undefined ? {} : { message: { parts: [{ text: reason }] } };
    const { turn, read } = this.fold;
    this.decide({ state, ...message }, { turn, attempt: 0, read });
  }

  /** The argument of the next run. */
  continued(): TaskStart {
    const { createdAt, fold } = this;
    // In full it is in the checkpoint's history, and twice may be more than Temporal takes.
    const { messageId, role } = this.start.message;
    const message = { messageId, role, parts: [] };
    const { ids } = this.watchers;
    const watchers = ids.length === 0 ? {} : { watchers: ids };
    const sleep = this.sleep === undefined ? {} : { sleep: this.sleep };
    const continued = { checkpoint: checkpointOf(fold), createdAt, ...sleep, ...watchers };
    const { retry } = this.start;
    const again = retry === undefined ? {} : { retry: { origin: retry.origin } };
    return { ...this.start, message, continued, ...again };
  }

  /** The one place where a decision is published: memo and search attributes (D2). */
  private decide(verdict: Verdict, turn: Pick<Decision, 'turn' | 'attempt' | 'read'>): void {
    const { state, message, failedSteps } = verdict;
    const said = message === undefined ? {} : { message: fitSaid(message) };
    const metadata = state === TaskState.canceled ? cancelMetadata() : undefined;
    const canceled = metadata === undefined ? {} : { cancelMetadata: metadata };
    const decision: Decision = {
      ...{ v: FORMAT, state, ...said, ...canceled, ...turn, at: Date.now() },
      ...(failedSteps && { failedSteps }),
    };
    this.fold = foldTask(this.fold, { kind: 'decision', decision }).fold;
    upsertMemo({ [Memo.decision]: decision, [Memo.seq]: this.task.seq });
    upsertSearchAttributes([
      { key: SEARCH.state, value: this.task.status.state },
      { key: SEARCH.statusTime, value: new Date(this.task.status.timestamp) },
    ]);
    this.watchers.wakeAll();
  }
}
