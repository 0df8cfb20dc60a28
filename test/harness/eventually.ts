// Waits for what nothing announces, such as visibility or a counter: asks again until it holds.

import { setTimeout as delay } from 'node:timers/promises';

const DEADLINE_MS = 15_000;
const POLL_MS = 50;

/**
 * Runs `check` until it does not throw and resolves with its result.
 * @throws whatever the last run of `check` threw, when it does not hold within the deadline.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { withinMs = DEADLINE_MS }: { readonly withinMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (Date.now() > deadline) throw err;
    }
    await delay(POLL_MS);
  }
}
