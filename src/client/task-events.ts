// The events of one task over as many connections as it takes: each once, in order, to its end.

import type { Message, StreamResponse, Task } from '@a2a-js/sdk';
import { UnsupportedOperationError } from '@a2a-js/sdk/errors';
import type { Agent, Sending } from './agent';
import {
  ConnectionError,
  ConnectionLostError,
  EventGapError,
  SendLostError,
  UnavailableError,
} from './errors';
import { isNeverSent, toFailure } from './failures';
import { Pace, isPassing, pause, type ReconnectOptions } from './pace';
import { Progress } from './progress';

export type Start =
  | { readonly kind: 'send'; readonly sending: Sending }
  | { readonly kind: 'follow'; readonly taskId: string; readonly after?: number };

export interface TaskEventsOptions {
  readonly start: Start;
  /** A question of the task is the end. */
  readonly endsAtQuestion: boolean;
  /** False: the agent is asked again and again instead. Default: as its card says. */
  readonly streams?: boolean;
  readonly reconnect?: ReconnectOptions;
  readonly signal?: AbortSignal;
}

/** To be iterated once. */
export class TaskEvents implements AsyncIterable<StreamResponse> {
  private readonly agent: Agent;
  private readonly options: TaskEventsOptions;
  private readonly streams: boolean;
  private readonly pace: Pace;
  private readonly progress: Progress;
  private taskId: string | undefined;
  private gapAfter: number | undefined;

  constructor(agent: Agent, options: TaskEventsOptions) {
    const { start, endsAtQuestion } = options;
    this.agent = agent;
    this.options = options;
    this.streams = options.streams ?? agent.streams;
    this.pace = new Pace(options.reconnect);
    const isFollowing = start.kind === 'follow';
    this.taskId = isFollowing ? start.taskId : undefined;
    this.progress = new Progress({
      resumes: agent.resumes,
      endsAtQuestion,
      answers: !isFollowing && (start.sending.request.message?.taskId ?? '') !== '',
      ...(isFollowing && start.after !== undefined ? { after: start.after } : {}),
    });
  }

  /** The task as the events so far make it. */
  get task(): Task | undefined {
    return this.progress.task;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamResponse, void, undefined> {
    const { pace, progress } = this;
    for (;;) {
      let failure: ConnectionError | UnavailableError | undefined;
      try {
        for await (const event of this.connect()) {
          pace.answered();
          if (this.isNews(event)) {
            pace.moved();
            yield event;
          }
          if (progress.isOver) return;
        }
        if (this.endsHere()) return;
      } catch (err) {
        failure = this.passing(err);
      }
      const delayMs = pace.nextDelayMs(failure);
      if (delayMs === undefined) {
        throw new ConnectionLostError(progress.task, pace.giveUpAfterMs, failure);
      }
      await pause(delayMs, this.options.signal);
    }
  }

  /** One connection: it ends, breaks, or is left. */
  private async *connect(): AsyncGenerator<StreamResponse, void, undefined> {
    const { start, signal } = this.options;
    signal?.throwIfAborted();
    if (this.taskId !== undefined) yield* this.subscribe(this.taskId);
    else if (start.kind === 'follow') yield* this.subscribe(start.taskId);
    else if (this.streams) yield* this.agent.sendStream(start.sending, signal);
    else yield toEvent(await this.agent.send(start.sending, signal));
  }

  private async *subscribe(taskId: string): AsyncGenerator<StreamResponse, void, undefined> {
    const { signal } = this.options;
    if (this.streams) {
      try {
        yield* this.agent.subscribe(taskId, this.progress.last, signal);
        return;
      } catch (err) {
        // The task is over (A2A §3.1.6), or the agent has no subscriptions.
        if (!(toFailure(err) instanceof UnsupportedOperationError)) throw err;
      }
    }
    yield toEvent(await this.agent.get(taskId, signal));
  }

  private isNews(event: StreamResponse): boolean {
    const { progress } = this;
    const taken = progress.take(event);
    this.taskId ??= progress.task?.id;
    if (taken !== 'gap') return taken === 'news';
    const after = progress.last ?? 0;
    if (this.gapAfter === after) throw new EventGapError(this.taskId ?? '', after);
    this.gapAfter = after;
    throw new ConnectionError(`the stream left out event ${after + 1}`);
  }

  /** What it means that the agent ended the connection in peace. */
  private endsHere(): boolean {
    if (this.taskId === undefined && !this.agent.knowsRepetition) {
      throw new SendLostError(new ConnectionError('the stream ended without an event'));
    }
    // With cursors it is a gateway that stops; without, this is how the operation ends.
    return !this.agent.resumes && this.progress.isWaiting;
  }

  /** @throws what will not pass, and what must not be tried again. */
  private passing(err: unknown): ConnectionError | UnavailableError {
    this.options.signal?.throwIfAborted();
    const failure = toFailure(err);
    if (!isPassing(failure)) throw failure;
    if (this.taskId === undefined && !this.agent.knowsRepetition && !wasRefused(failure)) {
      throw new SendLostError(failure);
    }
    return failure;
  }
}

/** The message was not taken: it never left, or the agent asked for it later. */
function wasRefused(failure: ConnectionError | UnavailableError): boolean {
  const isPutOff = failure instanceof UnavailableError && failure.retryAfterMs !== undefined;
  return isPutOff || isNeverSent(failure);
}

function toEvent(value: Message | Task): StreamResponse {
  return 'messageId' in value
    ? { payload: { $case: 'message', value } }
    : { payload: { $case: 'task', value } };
}
