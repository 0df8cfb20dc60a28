// Looks at many tasks, a few of them at a time.

/** As many as leave a gateway's calls to Temporal well within their deadline. */
const AT_ONCE = 8;

export async function inGroups<T>(
  all: readonly T[],
  act: (one: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map(act));
  }
}
