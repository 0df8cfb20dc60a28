// A part store that waits while the store takes or gives nothing: a skill is held up by it, and does not fail.

import type { PartStore } from './part-store';
import { isStoreFault } from './store-fault';

/** Tries again after each fault that passes, for as long as its maker likes. */
type KeepTrying = <T>(act: () => Promise<T>, isPassing: (err: unknown) => boolean) => Promise<T>;

/** Repeats what fails for the moment. Streams are not repeated: their bytes cannot be had again. */
export function patiently(store: PartStore, keepTrying: KeepTrying): PartStore {
  return {
    put: (bytes) => keepTrying(() => store.put(bytes), isStoreFault),
    putStream: (source) => store.putStream(source),
    get: (digest) => keepTrying(() => store.get(digest), isStoreFault),
    stream: (digest, range) => store.stream(digest, range),
    size: (digest) => keepTrying(() => store.size(digest), isStoreFault),
  };
}
