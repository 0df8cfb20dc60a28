// What one run would end the process with, and every other run with it: an error that nobody catches, in a promise
// that is not awaited or in a callback, and a call of `process.exit`.

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
  process.exit = refused('exit', process.exit.bind(process));
  process.abort = refused('abort', process.abort.bind(process));
  globalThis.queueMicrotask = ownedMicrotasks(queueMicrotask);
}

/**
 * The same for a while, in a process that somebody else listens in: a test runner would take an error that a run
 * has left for one of the test, and without a runner the process would end.
 * @returns gives the process back.
 */
export function catchOwnedErrors(): () => void {
  holders += 1;
  if (holders === 1) release = takeOver();
  return () => {
    holders -= 1;
    if (holders === 0) release();
  };
}

let holders = 0;
let release = (): void => undefined;

function takeOver(): () => void {
  const back = (['unhandledRejection', 'uncaughtException'] as const).map((event) => {
    const others = process.rawListeners(event);
    const take = (error: unknown, more: unknown): void => {
      const owner = owners.getStore();
      if (owner !== undefined) owner(error);
      else if (others.length > 0)
        for (const other of others) Reflect.apply(other, process, [error, more]);
      else {
        process.removeAllListeners(event);
        process.nextTick(() => {
          throw error;
        });
      }
    };
    process.removeAllListeners(event);
    process.on(event, take);
    return () => {
      process.off(event, take);
      for (const other of others) process.on(event, other as (...args: unknown[]) => void);
    };
  });
  return () => back.forEach((give) => give());
}

/** Node 20 has forgotten whose microtask it was when it tells of its error. */
function ownedMicrotasks(queue: typeof queueMicrotask): typeof queueMicrotask {
  return (callback) => {
    const owner = owners.getStore();
    if (owner === undefined) queue(callback);
    else
      queue(() => {
        try {
          callback();
        } catch (err) {
          owner(err);
        }
      });
  };
}

/** For a run an error, for everyone else what it always was. */
function refused<Args extends unknown[]>(
  name: string,
  end: (...args: Args) => never,
): (...args: Args) => never {
  return (...args) => {
    const owner = owners.getStore();
    if (owner === undefined) return end(...args);
    const error = new Error(
      `the skill called process.${name}, and a worker does not end for one run`,
    );
    owner(error);
    throw error;
  };
}
