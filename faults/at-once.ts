// Many calls, and only so many of them at a time: what is tested is the program, not how much a machine takes at once.

/** Resolves with the results in the order of the items. */
export async function atOnce<T, R>(
  count: number,
  items: readonly T[],
  call: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await call(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  return results;
}
