// In which step the caller runs, and in which try of it: known by its async context.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { StepScope } from './skill';

interface Try {
  readonly step: string;
  /** Another one has begun, and this one goes on all the same. */
  isLeftOver: boolean;
}

export class StepTries {
  private readonly context = new AsyncLocalStorage<Try>();

  /** The step in which the caller runs; undefined outside of steps. */
  get step(): string | undefined {
    return this.context.getStore()?.step;
  }

  /** The caller runs in a try that another one has followed: nobody hears it. */
  get isLeftOver(): boolean {
    return this.context.getStore()?.isLeftOver === true;
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
      last = { step, isLeftOver: false };
      return this.context.run(last, async () => run(scope));
    };
  }
}
