// A signal that aborts with another one, or when the patience is over.

export interface Patience {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the other signal. Must be called. */
  readonly end: () => void;
}

/**
 * Not `AbortSignal.any([signal, AbortSignal.timeout(ms)])`: on Node 20 nothing holds the inner
 * timeout, so that it is collected under load and never fires.
 */
export function patienceOf(ms: number, signal: AbortSignal): Patience {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  const timer = setTimeout(abort, ms);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
