// Work that must be done some day: it is tried again after each fault that passes.

import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/** Does it; rejects with what is no fault that passes, or with any once `signal` has aborted. */
export type KeepTrying = <T>(
  act: () => Promise<T>,
  isPassing: (err: unknown) => boolean,
) => Promise<T>;

export function keepTryingUntil(signal: AbortSignal): KeepTrying {
  return async (act, isPassing) => {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        return await act();
      } catch (err) {
        if (signal.aborted || !isPassing(err)) throw err;
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
}
