// Reading what an author hands over to be read: generators, Node's Readables, web streams.
// Used by the streams of artifacts and by the intake of files.

/**
 * The items of `source`, in order. However it comes to an end, the source is told: a Readable is destroyed, a
 * web stream canceled, an iterator gets its `return()`. After an abort nobody waits for that: a
 * generator that hangs would never answer.
 * @throws the signal's reason, at once when it aborts, also while the source is silent.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = iteratorOf(source);
  // One listener for all items; a race with one long promise would keep something of each.
  let giveUp: (() => void) | undefined;
  const onAbort = (): void => giveUp?.();
  signal.addEventListener('abort', onAbort, { once: true });
  let isOver = false;
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T, unknown>>((resolve, reject) => {
        giveUp = () => {
          reject(signal.reason as Error);
        };
        if (signal.aborted) giveUp();
        else iterator.next().then(resolve, reject);
      });
      if (next.done === true) {
        isOver = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    const told = isOver ? undefined : tell(iterator);
    if (!signal.aborted) await told;
  }
}

/** Lets go of a source that nobody is going to read. */
export function letGo(source: AsyncIterable<unknown>): void {
  void tell(iteratorOf(source));
}

async function tell(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // How it takes its end is the source's own business: there is a reason for the end already.
  }
}

export function isSource(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || 'getReader' in value;
}

interface WebStream<T> {
  getReader(): { read(): Promise<IteratorResult<T, unknown>>; cancel(): Promise<void> };
}

/** Its `return()` ends the source also while an item is awaited, which those of streams do not. */
function iteratorOf<T>(source: AsyncIterable<T>): AsyncIterator<T, unknown> {
  if (isWebStream<T>(source)) {
    const reader = source.getReader();
    return {
      next: () => reader.read(),
      return: async () => {
        await reader.cancel();
        return { done: true, value: undefined };
      },
    };
  }
  const iterator: AsyncIterator<T, unknown> = source[Symbol.asyncIterator]();
  if (!isDestroyable(source)) return iterator;
  return {
    next: () => iterator.next(),
    return: async () => {
      source.destroy();
      return { done: true, value: undefined };
    },
  };
}

function isWebStream<T>(source: object): source is WebStream<T> {
  return 'getReader' in source && typeof source.getReader === 'function';
}

function isDestroyable(source: object): source is { destroy(): unknown } {
  return 'destroy' in source && typeof source.destroy === 'function';
}
