// The context of a skill in memory, with an eye on its steps: how often they run, and whether one is to be cut.

import type { SkillContext, StepOptions, StepScope } from '../activities/skill';
import { never, type Worker } from './memory-worker';

interface StepWatch {
  readonly worker: Worker;
  /** Called when the function of a step is. */
  readonly onRun: (name: string) => void;
  /** Awaited when the function of a step is through, and before anything is recorded of it. */
  readonly onEnd: (name: string) => Promise<void>;
}

export function watchSteps(ctx: SkillContext, { worker, onRun, onEnd }: StepWatch): SkillContext {
  const step = (
    name: string,
    run: (scope: StepScope) => unknown,
    options?: StepOptions,
  ): Promise<unknown> =>
    ctx.step(
      name,
      // What is no function is refused as elsewhere.
      typeof run !== 'function'
        ? run
        : async (scope) => {
            onRun(name);
            try {
              return await run(scope);
            } finally {
              await onEnd(name);
            }
          },
      options,
    );
  return new Proxy(ctx, {
    get(target, property) {
      // A dead worker does nothing any more, also not what its branches would do next.
      if (worker.isDead) return never;
      if (property === 'step') return step;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
