// How fast and how long a broken connection is tried again.

import { ConnectionError, UnavailableError } from './errors';
import { toFailure } from './failures';

export interface ReconnectOptions {
  /** Upper bound of the first wait; it doubles until something new comes. Default: 200 ms. */
  readonly initialDelayMs?: number;
  /** Upper bound of every wait but what `Retry-After` asks for. Default: 10,000 ms. */
  readonly maxDelayMs?: number;
  /** No answer for that long is the end; 0: the first failure is. Default: 300,000 ms. */
  readonly giveUpAfterMs?: number;
}

/** Long enough for a deploy or a failover of the agent. */
const GIVE_UP_AFTER_MS = 300_000;

/** One of one conversation with an agent. */
export class Pace {
  readonly giveUpAfterMs: number;
  private readonly initialDelayMs: number;
  private readonly maxDelayMs: number;
  private attempts = 0;
  private failingSince: number | undefined;

  constructor({
    initialDelayMs = 200,
    maxDelayMs = 10_000,
    giveUpAfterMs = GIVE_UP_AFTER_MS,
  }: ReconnectOptions = {}) {
    this.initialDelayMs = initialDelayMs;
    this.maxDelayMs = maxDelayMs;
    this.giveUpAfterMs = giveUpAfterMs;
  }

  /** The agent is there. */
  answered(): void {
    this.failingSince = undefined;
  }

  /** Something new has come: the next wait is a short one again. */
  moved(): void {
    this.attempts = 0;
  }

  /**
   * The wait before the next attempt, in milliseconds: random up to a bound that doubles, so that
   * the clients of a gateway that died do not come back at once; and not before `Retry-After`.
   * @param failure undefined when the connection ended as it should.
   * @returns undefined when it is time to give up.
   */
  nextDelayMs(failure: unknown): number | undefined {
    const bound = Math.min(this.maxDelayMs, this.initialDelayMs * 2 ** this.attempts);
    this.attempts += 1;
    const asked = failure instanceof UnavailableError ? (failure.retryAfterMs ?? 0) : 0;
    const delayMs = asked + Math.random() * bound;
    if (failure === undefined) return delayMs;
    this.failingSince ??= Date.now();
    const isOver = Date.now() + delayMs - this.failingSince >= this.giveUpAfterMs;
    return isOver ? undefined : delayMs;
  }
}

/** Repeats a call that may be repeated; the last failure is thrown when it is time to give up. */
export async function untilAnswered<T>(
  call: () => Promise<T>,
  pace: Pace,
  signal?: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (err) {
      signal?.throwIfAborted();
      const failure = toFailure(err);
      const delayMs = isPassing(failure) ? pace.nextDelayMs(failure) : undefined;
      if (delayMs === undefined) throw failure;
      await pause(delayMs, signal);
    }
  }
}

export function isPassing(failure: unknown): failure is ConnectionError | UnavailableError {
  return failure instanceof ConnectionError || failure instanceof UnavailableError;
}

/** Rejects with the signal's reason. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    };
    const aborted = (): void => {
      done();
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      done();
      resolve();
    }, ms);
    signal?.addEventListener('abort', aborted);
  });
}
