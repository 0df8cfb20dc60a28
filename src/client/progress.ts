// How far the reader of a task is: which events are news to him, and which one is the last.

import { TaskState, type StreamResponse, type Task, type TaskStatus } from '@a2a-js/sdk';
import { cursorOf } from './extensions';
import { foldEvent, isSameState, isTerminal } from './fold';

export interface ProgressOptions {
  /** The agent numbers its events. */
  readonly resumes: boolean;
  /** A question of the task ends the reading, as in a stream of A2A §3.1.2. */
  readonly endsAtQuestion: boolean;
  /** The reading began with a message to a task that was there: a question it finds is an old one. */
  readonly answers: boolean;
  /** The number of the last event that the reader has. */
  readonly after?: number;
}

/** `gap`: what comes before this event is missing, so it was not taken in. */
export type Taken = 'news' | 'known' | 'gap';

export class Progress {
  /** The task as the events so far make it. */
  task: Task | undefined;
  /** The number of the last event that was news; undefined where events have none. */
  last: number | undefined;
  /** Nothing can follow. */
  isOver = false;
  private readonly options: ProgressOptions;
  private questionFound: string | undefined;
  /** Events of an unknown kind since `last`, from a transport that tells nothing of them: gRPC. */
  private unnumbered = 0;

  constructor(options: ProgressOptions) {
    this.options = options;
    this.last = options.resumes ? options.after : undefined;
  }

  /** The task waits for its caller, and not with the question that he has just answered. */
  get isWaiting(): boolean {
    const { status } = this.task ?? {};
    return isInterrupted(status?.state) && JSON.stringify(status) !== this.questionFound;
  }

  take(event: StreamResponse): Taken {
    const { payload } = event;
    switch (payload?.$case) {
      case undefined:
        return this.takeUnknown(event);
      case 'message':
        // A reply is all there is; a message beside a task is an agent's own way of talking.
        this.isOver = this.task === undefined;
        return 'news';
      case 'task':
        return this.takeTask(payload.value, event);
      case 'statusUpdate':
      case 'artifactUpdate':
        return this.takeUpdate(event);
    }
  }

  private takeTask(task: Task, event: StreamResponse): Taken {
    const seq = this.seqOf(event);
    const isKnown =
      seq === undefined
        ? this.task !== undefined && isSameState(this.task, task)
        : this.last !== undefined && seq <= this.last;
    if (this.options.answers && this.task === undefined) {
      this.questionFound = JSON.stringify(task.status);
    }
    if (!isKnown) this.last = seq;
    this.unnumbered = 0;
    // A snapshot from before the last event would take back what came since.
    if (isKnown && seq !== this.last) return 'known';
    this.task = task;
    this.isOver = isTerminal(task) || this.isQuestion(task.status);
    return isKnown ? 'known' : 'news';
  }

  private takeUpdate(event: StreamResponse): Taken {
    const seq = this.seqOf(event);
    const place = this.placeOf(seq);
    if (place !== 'news') return place;
    this.task = foldEvent(this.task, event);
    this.last = seq ?? this.last;
    this.unnumbered = 0;
    const isEnd = this.task !== undefined && isTerminal(this.task);
    this.isOver = isEnd || this.isQuestion(this.task?.status);
    return 'news';
  }

  /** It changes nothing, but its number counts as seen: the next event comes after it. */
  private takeUnknown(event: StreamResponse): Taken {
    const seq = this.seqOf(event);
    if (seq === undefined) this.unnumbered += 1;
    if (this.placeOf(seq) === 'gap') return 'gap';
    if (this.placeOf(seq) === 'news') this.last = seq ?? this.last;
    return 'known';
  }

  private placeOf(seq: number | undefined): Taken {
    if (seq === undefined || this.last === undefined) return 'news';
    if (seq <= this.last) return 'known';
    return seq > this.last + 1 + this.unnumbered ? 'gap' : 'news';
  }

  private isQuestion(status: TaskStatus | undefined): boolean {
    const isAsked = status?.state === TaskState.TASK_STATE_INPUT_REQUIRED;
    return isAsked && this.options.endsAtQuestion && this.isWaiting;
  }

  private seqOf(event: StreamResponse): number | undefined {
    return this.options.resumes ? cursorOf(event) : undefined;
  }
}

function isInterrupted(state: TaskState | undefined): boolean {
  return (
    state === TaskState.TASK_STATE_INPUT_REQUIRED || state === TaskState.TASK_STATE_AUTH_REQUIRED
  );
}
