// Errors that a skill leaves where nobody catches them: a promise that is not awaited, a callback that throws.
// By Node's default one of them ends the process, and every other run with it.

import { AsyncLocalStorage } from 'node:async_hooks';

type Owner = (error: unknown) => void;

/** A process may be in any state after an exception that nobody owns; a rejection says less. */
export type StrayKind = 'rejection' | 'exception';

const owners = new AsyncLocalStorage<Owner>();

/** Runs `work`; what it and its callbacks leave uncaught is told to `owner`. */
export function owningStrayErrors<T>(owner: Owner, work: () => T): T {
  return owners.run(owner, work);
}

/**
 * Takes stray errors to the runs that they belong to. Once for a process that runs skills.
 * @param onUnowned told of what belongs to no run; from then on it decides over the process.
 */
export function catchStrayErrors(onUnowned: (error: unknown, kind: StrayKind) => void): void {
  const take =
    (kind: StrayKind) =>
    (error: unknown): void => {
      const owner = owners.getStore();
      if (owner === undefined) onUnowned(error, kind);
      else owner(error);
    };
  process.on('unhandledRejection', take('rejection'));
  process.on('uncaughtException', take('exception'));
}
