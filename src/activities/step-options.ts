// What a skill author gives a step, and what the step's function is given.

/** Anything with `parse`, such as a zod schema; of one that has a `parseAsync` too, that is called. */
export interface Schema<T> {
  parse(value: unknown): T | Promise<T>;
}

/** What the function of a step is given. */
export interface StepScope {
  /**
   * The same whenever this step runs: after a crash in the middle of it, in a retry by the operator. An
   * effect outside the task that is keyed by it happens once. 1 to 255 printable characters of ASCII.
   */
  readonly key: string;
  /** Aborted when the run has to stop, and at the step's time limit. */
  readonly signal: AbortSignal;
}

/** How often a step is tried before its error is the skill's. Waits are in milliseconds. */
export interface StepRetry {
  /** Default 1: not again. */
  readonly maximumAttempts?: number;
  /** Before the second try. Default 1,000. */
  readonly initialIntervalMs?: number;
  /** What each wait is of the one before. Default 2. */
  readonly backoffCoefficient?: number;
  /** Default 60,000. */
  readonly maximumIntervalMs?: number;
}

interface Tried {
  readonly retry?: StepRetry;
  /** One try, in milliseconds; then its signal is aborted and it counts as failed. Default: the skill's limit. */
  readonly timeoutMs?: number;
}

/** Of a step whose result comes back as it was. */
export interface StepOptions extends Tried {
  readonly schema?: undefined;
}

export interface ReadStepOptions<T> extends Tried {
  /** Reads the result, fresh or journaled: what JSON cannot say (a date) comes back by it. */
  readonly schema: Schema<T>;
}

export type AnyStepOptions<T> = StepOptions | ReadStepOptions<T>;
