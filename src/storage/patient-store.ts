// A part store that waits while the store takes or gives nothing: a skill is held up by it, and does not fail.

import { setTimeout as delay } from 'node:timers/promises';
import type { PartStore } from './part-store';
import { isStoreFault } from './store-fault';

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;

/**
 * Repeats what fails for the moment until `signal` aborts. Streams are not repeated: their bytes cannot be had again.
 */
export function patiently(store: PartStore, signal: AbortSignal): PartStore {
  const untilDone = async <T>(act: () => Promise<T>): Promise<T> => {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        return await act();
      } catch (err) {
        if (signal.aborted || !isStoreFault(err)) throw err;
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  return {
    put: (bytes) => untilDone(() => store.put(bytes)),
    putStream: (source) => store.putStream(source),
    get: (digest) => untilDone(() => store.get(digest)),
    stream: (digest, range) => store.stream(digest, range),
    size: (digest) => untilDone(() => store.size(digest)),
  };
}
