// In which step the caller runs, and in which try of it: known by its async context.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { StepScope } from './skill';

interface Try {
  readonly of: StepTries;
  readonly step: string;
  /** Another one has begun, and this one goes on all the same. */
  isLeftOver: boolean;
}

/** One for all runs: before Node 24 a storage that was used once costs every later promise of the process. */
const context = new AsyncLocalStorage<Try>();

export class StepTries {
  /** The step in which the caller runs; undefined outside of steps. */
  get step(): string | undefined {
    return this.current?.step;
  }

  /** The caller runs in a try that another one has followed: nobody hears it. */
  get isLeftOver(): boolean {
    return this.current?.isLeftOver === true;
  }

  /**
   * The step's function, to be called for each try.
   * @param onRetry called before each of them but the first.
   */
  of<T>(
    step: string,
    run: (scope: StepScope) => T | Promise<T>,
    onRetry: () => void,
  ): (scope: StepScope) => Promise<T> {
    let last: Try | undefined;
    return (scope) => {
      if (last !== undefined) {
        last.isLeftOver = true;
        onRetry();
      }
      last = { of: this, step, isLeftOver: false };
      return context.run(last, async () => run(scope));
    };
  }

  /** That of a run that tests another one in a step is not the other's. */
  private get current(): Try | undefined {
    const current = context.getStore();
    return current?.of === this ? current : undefined;
  }
}
