// What runs one attempt of a skill in memory, and may die.

import type { StopWatch } from '../activities/stop-watch';

export class Worker implements StopWatch {
  readonly died: Promise<undefined>;
  isDead = false;
  reason: StopWatch['reason'];
  private readonly controller = new AbortController();
  private tellDeath: (nothing: undefined) => void = ignore;

  private readonly limit: NodeJS.Timeout;

  /** @param timeoutMs of its run. */
  constructor(timeoutMs: number) {
    this.died = new Promise((resolve) => {
      this.tellDeath = resolve;
    });
    this.limit = setTimeout(() => this.because('time-limit'), timeoutMs).unref();
  }

  get now(): AbortSignal {
    return this.controller.signal;
  }

  /** Nothing that it has left over may do harm: what it waits for never comes. */
  die(): void {
    this.close();
    this.isDead = true;
    this.tellDeath(undefined);
  }

  because(reason: NonNullable<StopWatch['reason']>): void {
    this.reason ??= reason;
    this.controller.abort(new Error(`the run was stopped: ${reason}`));
  }

  close(): void {
    clearTimeout(this.limit);
  }
}

export function ignore(): void {
  // Nobody listens.
}

/** What a dead worker waits for. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
