// Why an operation on a task did not happen, in words that know neither the wire nor Temporal.

export const TaskErrorReason = {
  notFound: 'not-found',
  /** The request asks for something that cannot be. */
  invalid: 'invalid',
  /** The skill does not take the media type of a part. */
  contentType: 'content-type',
  /** The task is in a terminal state. */
  over: 'over',
  /** It has not ended in a way that another try could mend. */
  notRetryable: 'not-retryable',
  contextMismatch: 'context-mismatch',
  /** The question has had its answer, or the task asks another one. */
  answered: 'answered',
  /** The task holds as many messages as it may. */
  full: 'full',
  /** The same idempotency key came with another message. */
  keyReused: 'key-reused',
  /** The cursor names an event that the task does not have. */
  cursorBeyondEnd: 'cursor-beyond-end',
  /** A skill that owes a reply has none: there is no task whose state would say so. */
  skillFailed: 'skill-failed',
  /** It returned something else than a reply. */
  skillBrokeContract: 'skill-broke-contract',
  skillRejected: 'skill-rejected',
  /** Too much at once; the caller may try again. */
  busy: 'busy',
  /** Temporal does not answer; the caller may try again. */
  unavailable: 'unavailable',
} as const;
export type TaskErrorReason = (typeof TaskErrorReason)[keyof typeof TaskErrorReason];

/** Also for a task of another scope: it does not exist. */
export function noSuchTask(cause: unknown): TaskError {
  const text = 'there is no such task; ListTasks names those that there are';
  return new TaskError(TaskErrorReason.notFound, text, cause);
}

export class TaskError extends Error {
  readonly reason: TaskErrorReason;
  constructor(reason: TaskErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TaskError';
    this.reason = reason;
  }
}
