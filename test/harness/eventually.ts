// Waits that end: for what nothing announces by asking again, for what may never come by a deadline.

import { setTimeout as delay } from 'node:timers/promises';

/** No single wait of the tests is longer; what takes longer is stuck. */
export const WAIT_MS = 40_000;

const CHECK_MS = 15_000;
const POLL_MS = 50;

/**
 * Runs `check` until it does not throw and resolves with its result.
 * @throws whatever the last run of `check` threw, when it does not hold within the deadline.
 */
export async function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + CHECK_MS;
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (Date.now() > deadline) throw err;
    }
    await delay(POLL_MS);
  }
}

/** Asks again until the answer fits; an answer that cannot be had is a failure at once. */
export async function untilAnswer<T>(
  what: string,
  ask: () => Promise<T>,
  fits: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: at last ${JSON.stringify(answer)}`);
    await delay(POLL_MS);
  }
}

/** Rejects when it takes longer than `ms`; by default the longest wait of the tests. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  ms: number = WAIT_MS,
): Promise<T> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).then(
    () => {
      throw new Error(`${what} did not come within ${String(ms)} ms`);
    },
    () => new Promise<never>(() => undefined),
  );
  return Promise.race([promise, late]).finally(() => {
    done.abort();
  });
}
