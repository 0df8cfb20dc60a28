// What one task refers to in its part store, so that another task can be given it: each has a store of its own.

import type { Owners, PartStores } from '../storage/part-store';
import type { JournalEntry } from '../workflows/journal';
import type { Message, Part, PartReference, Task } from '../workflows/task';

/** Rejects with `MissingPartError` when one is gone. */
export async function handParts(
  stores: PartStores,
  references: readonly PartReference[],
  owners: Owners,
): Promise<void> {
  await stores.copy(new Set(references.map(({ digest }) => digest)), owners);
}

export function referencesOfTask({
  artifacts,
  history,
  status: { message },
}: Pick<Task, 'artifacts' | 'history' | 'status'>): readonly PartReference[] {
  const said = message === undefined ? history : [...history, message];
  return [...artifacts, ...said].flatMap(referencesOf);
}

export function referencesOf({ parts }: Pick<Message, 'parts'>): readonly PartReference[] {
  return parts.flatMap((part: Part) => ('ref' in part ? [part.ref] : []));
}

/** Results of steps that are too big for the journal. */
export function referencesOfEntries(entries: readonly JournalEntry[]): readonly PartReference[] {
  return entries.flatMap((entry) =>
    entry.kind === 'step' && entry.result && 'stored' in entry.result ? [entry.result.stored] : [],
  );
}
