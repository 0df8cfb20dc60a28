// A journal and the part store: its first entries move there when it grows (`JOURNAL_PACK_BYTES`), and come back.

import type { PartStore } from '../storage/part-store';
import { jsonBytes } from '../workflows/json-bytes';
import type { JournalEntry, JournalItem, JournalSegment } from '../workflows/journal';
import { JOURNAL_PACK_BYTES } from '../workflows/limits';

/** All entries in their order. Rejects with `MissingPartError` when a piece of it is gone. */
export async function readJournal(
  store: PartStore,
  items: readonly JournalItem[],
): Promise<readonly JournalEntry[]> {
  const lists = await Promise.all(items.map((item) => entriesOf(store, item)));
  return lists.flat();
}

export async function packJournal(
  store: PartStore,
  entries: readonly JournalEntry[],
): Promise<JournalSegment> {
  const content = Buffer.from(JSON.stringify(entries));
  const digest = await store.put(content);
  const ref = { digest, bytes: content.byteLength, content: 'data' as const };
  return { kind: 'segment', ref, entries: entries.length };
}

/** A journal of these entries, short enough to begin a task with. */
export async function shortJournal(
  store: PartStore,
  entries: readonly JournalEntry[],
): Promise<readonly JournalItem[]> {
  const bytes = entries.reduce((sum, entry) => sum + inlineBytesOf(entry), 0);
  return bytes <= JOURNAL_PACK_BYTES ? entries : [await packJournal(store, entries)];
}

/** What an item is in the task, in bytes of JSON, where that grows with the journal. */
export function inlineBytesOf(item: JournalItem): number {
  return item.kind === 'segment' ? 0 : jsonBytes(item);
}

async function entriesOf(store: PartStore, item: JournalItem): Promise<readonly JournalEntry[]> {
  if (item.kind !== 'segment') return [item];
  const content = await store.get(item.ref.digest);
  return JSON.parse(content.toString('utf8')) as readonly JournalEntry[];
}
