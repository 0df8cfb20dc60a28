// What becomes of the journal in the fold: entries that are added, and the first ones that have moved. Pure; used by
// the reducer.

import type { PackedJournalEmission } from './emission';
import type { JournalEntry } from './journal';
import type { Checkpoint } from './task-fold';

/** Whoever reads a follow-up reads the oldest that nobody has read, so that a number tells which ones are left. */
export function addEntries(
  { journal = [], read }: Pick<Checkpoint, 'journal' | 'read'>,
  entries: readonly JournalEntry[],
): Required<Pick<Checkpoint, 'journal' | 'read'>> {
  const messages = entries.filter((entry) => entry.kind === 'message');
  return {
    journal: [...journal, ...entries],
    read: Math.max(read, ...messages.map(({ followUp }) => followUp + 1)),
  };
}

export function packEntries(
  { journal = [] }: Pick<Checkpoint, 'journal'>,
  { replaces, segment }: PackedJournalEmission,
): Required<Pick<Checkpoint, 'journal'>> {
  return { journal: [segment, ...journal.slice(replaces)] };
}
