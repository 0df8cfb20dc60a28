// What the client throws besides the A2A SDK's own errors (`@a2a-js/sdk/errors`): each says what to do.

import type { Task } from '@a2a-js/sdk';

/** Common to all errors of this client. Compare with `instanceof` or by `name`. */
export class LonghaulClientError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LonghaulClientError';
  }
}

/** The connection could not be made, or broke. The client repeats by itself what may be repeated. */
export class ConnectionError extends LonghaulClientError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
  }
}

/** The agent did not begin to answer in time. */
export class ConnectTimeoutError extends ConnectionError {
  readonly timeoutMs: number;
  constructor(who: string, timeoutMs: number) {
    super(`${who} did not answer within ${timeoutMs} ms (connectTimeoutMs)`);
    this.name = 'ConnectTimeoutError';
    this.timeoutMs = timeoutMs;
  }
}

/** The agent cannot answer for now: HTTP 429, 502, 503 or 504, or such an error in a stream. */
export class UnavailableError extends LonghaulClientError {
  /** What its `Retry-After` says; absent when it says nothing. */
  readonly retryAfterMs: number | undefined;
  constructor(
    message: string,
    { retryAfterMs, cause }: { retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'UnavailableError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** An HTTP status that no A2A error explains, 401 and 403 in any case. Never repeated. */
export class HttpStatusError extends LonghaulClientError {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpStatusError';
    this.status = status;
  }
}

/** One event of a stream is larger than `maxEventSize`. The task goes on; `GetTask` may have it. */
export class EventTooLargeError extends LonghaulClientError {
  constructor(limit: number | undefined, options?: ErrorOptions) {
    const size = limit === undefined ? 'the limit of its transport' : `${limit} characters`;
    super(`an event of the stream is larger than ${size}: raise maxEventSize, or get it`, options);
    this.name = 'EventTooLargeError';
  }
}

/** The stream of a task skips events, also after resuming before the gap. */
export class EventGapError extends LonghaulClientError {
  readonly after: number;
  constructor(taskId: string, after: number) {
    super(
      `the stream of task ${taskId} has no event ${after + 1}: what it leaves out is lost here`,
    );
    this.name = 'EventGapError';
    this.after = after;
  }
}

/** The agent could not be reached again in time. The task goes on: follow it later. */
export class ConnectionLostError extends LonghaulClientError {
  /** The task as of the last event; undefined when there was none. */
  readonly task: Task | undefined;
  constructor(task: Task | undefined, givenUpAfterMs: number, cause: unknown) {
    const what = task === undefined ? 'the agent' : `task ${task.id}`;
    super(`no answer about ${what} for ${givenUpAfterMs} ms (reconnect.giveUpAfterMs)`, { cause });
    this.name = 'ConnectionLostError';
    this.task = task;
  }
}

/**
 * The connection broke before the agent answered a message, and the agent declares no
 * `Idempotency-Key`: sending it again might open a second task.
 */
export class SendLostError extends LonghaulClientError {
  constructor(cause: unknown) {
    super('the message may or may not have arrived: look for its task before sending it again', {
      cause,
    });
    this.name = 'SendLostError';
  }
}

/** The agent does what A2A forbids. */
export class ProtocolError extends LonghaulClientError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}

/** `monitorTask` waited long enough. */
export class TaskTimeoutError extends LonghaulClientError {
  /** The task as last known; undefined when not even its id has come. */
  readonly task: Task | undefined;
  constructor(task: Task | undefined, timeoutMs: number, options?: ErrorOptions) {
    const what = task === undefined ? 'the task' : `task ${task.id}`;
    super(`${what} was not over within ${timeoutMs} ms`, options);
    this.name = 'TaskTimeoutError';
    this.task = task;
  }
}

/** The task that `monitorTask` waited for failed, or was rejected. */
export class TaskFailedError extends LonghaulClientError {
  readonly task: Task;
  constructor(task: Task, state: string, reason: string) {
    super(`task ${task.id} is ${state}: ${reason}`);
    this.name = 'TaskFailedError';
    this.task = task;
  }
}

/** The task is in a state in which there is nothing to retry or to recover. */
export class TaskStateError extends LonghaulClientError {
  readonly task: Task;
  constructor(task: Task, message: string) {
    super(message);
    this.name = 'TaskStateError';
    this.task = task;
  }
}
