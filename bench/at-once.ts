// Does the same for many, so many of them at once.

/** Resolves when it is done for each. @throws what the first failure throws; the others go on. */
export async function atOnce<T>(
  concurrency: number,
  each: readonly T[],
  act: (one: T) => Promise<unknown>,
): Promise<void> {
  const left = each.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await act(one);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
