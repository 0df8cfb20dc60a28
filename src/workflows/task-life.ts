// What happens to one task, without the workflow's control flow: folding, deciding, taking messages in.

import { ApplicationFailure, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import {
  Memo,
  Refusal,
  SEARCH,
  TASK_INLINE_BYTES,
  type Mailbox,
  type MessageReceipt,
  type TaskStart,
  type TurnInput,
  type TurnOutcome,
} from './contract';
import { FORMAT, type Batch } from './emission';
import { checkpointOf, foldTask, type Decision, type TaskFold } from './task-state';
import { isInterrupted, isTerminal, TaskState, type Message, type Task } from './task';

type Verdict = Pick<Decision, 'state' | 'message'>;

export class TaskLife {
  private readonly start: TaskStart;
  private fold: TaskFold;
  private readonly createdAt: number;
  private answers: Message[];
  private readonly unread: Message[];

  constructor(start: TaskStart, startedAt: number) {
    this.start = start;
    const { continued } = start;
    this.fold = foldTask(
      undefined,
      continued === undefined
        ? { ...start, kind: 'created', at: startedAt }
        : { kind: 'continued', checkpoint: continued.checkpoint },
    ).fold;
    this.createdAt = continued?.mailbox.createdAt ?? startedAt;
    this.answers = [...(continued?.mailbox.answers ?? [])];
    this.unread = [...(continued?.mailbox.unread ?? [])];
  }

  get task(): Task {
    return this.fold.task;
  }

  get isOver(): boolean {
    return isTerminal(this.task.status.state);
  }

  get isWaiting(): boolean {
    return isInterrupted(this.task.status.state) && this.unread.length === 0;
  }

  /** A batch of a running skill. Late and repeated ones are dropped by the fold (D4). */
  hear(batch: Batch): void {
    this.fold = foldTask(this.fold, { kind: 'batch', batch }).fold;
  }

  /** Refuses by throwing; nothing is recorded then. */
  assertAccepts(message: Message): void {
    if (this.isOver) {
      throw ApplicationFailure.nonRetryable('the task is over', Refusal.taskOver);
    }
    if (message.contextId !== undefined && message.contextId !== this.start.contextId) {
      throw ApplicationFailure.nonRetryable(
        'the task belongs to another context',
        Refusal.contextMismatch,
      );
    }
    if (this.inlineBytes > TASK_INLINE_BYTES) {
      throw ApplicationFailure.nonRetryable('the task holds too many messages', Refusal.taskFull);
    }
  }

  /** Takes a follow-up in: the answer to a question, or unread until the skill asks one. */
  accept(message: Message, updateId: string): MessageReceipt {
    const before = this.fold.followUps.length;
    this.fold = foldTask(this.fold, { kind: 'message', message, updateId }).fold;
    if (this.fold.followUps.length > before) this.unread.push(message);
    return { seq: this.task.seq };
  }

  /** A new turn: the oldest unread message answers the question that ended the last one. */
  openTurn(): void {
    const answer = this.fold.turn > 0 ? this.unread.shift() : undefined;
    if (answer !== undefined) this.answers = [...this.answers, answer];
    this.decide({ state: TaskState.working }, { turn: this.fold.turn + 1, attempt: 0 });
  }

  turnInput(attemptsBefore: number): TurnInput {
    const { taskId, contextId, scope, skillId, limits } = this.start;
    return {
      v: FORMAT,
      ...{ taskId, contextId, scope, skillId, limits, attemptsBefore },
      turn: this.fold.turn,
      createdAt: this.createdAt,
      history: this.task.history,
      inlineBytes: this.inlineBytes,
      answers: this.answers,
    };
  }

  private get inlineBytes(): number {
    return JSON.stringify(this.task).length;
  }

  /** How the turn ended: the next status, or the last. */
  closeTurn(outcome: Exclude<TurnOutcome, { kind: 'threw' }>): void {
    const { state, message, attempt } = outcome;
    this.decide(
      { state, ...(message === undefined ? {} : { message }) },
      { turn: this.fold.turn, attempt },
    );
  }

  /** An ending that no skill reported: canceled, or failed with this reason. */
  end(state: 'canceled' | 'failed', reason?: string): void {
    const message = reason === undefined ? {} : { message: { parts: [{ text: reason }] } };
    this.decide({ state, ...message }, { turn: this.fold.turn, attempt: 0 });
  }

  /** The argument of the next run. */
  continued(): TaskStart {
    const { createdAt, answers, unread } = this;
    const mailbox: Mailbox = { createdAt, answers, unread };
    return { ...this.start, continued: { checkpoint: checkpointOf(this.fold), mailbox } };
  }

  /** The one place where a decision is published: memo and search attributes (D2). */
  private decide(verdict: Verdict, turn: Pick<Decision, 'turn' | 'attempt'>): void {
    const read = this.answers.length;
    const decision: Decision = { v: FORMAT, ...verdict, ...turn, at: Date.now(), read };
    this.fold = foldTask(this.fold, { kind: 'decision', decision }).fold;
    upsertMemo({ [Memo.decision]: decision, [Memo.seq]: this.task.seq });
    upsertSearchAttributes([
      { key: SEARCH.state, value: this.task.status.state },
      { key: SEARCH.statusTime, value: new Date(this.task.status.timestamp) },
    ]);
  }
}
