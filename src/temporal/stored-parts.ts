// Moves the content of big parts out of what Temporal records, and puts it back (D9).

import { MissingPartError, type PartStore } from '../storage/part-store';
import type { ContentPart, Message, Part, PartDescription } from '../workflows/task';

/** A part above this travels by reference: a signal should stay small beside its fixed cost. */
export const INLINE_PART_BYTES = 65_536;

/** What one message or one batch may hold inline; the largest parts move out first. */
const INLINE_MESSAGE_BYTES = 262_144;

/** Below this a reference would be as long as the text. */
const SMALLEST_STORED_BYTES = 1_024;

export interface InlineBounds {
  /** What may stay inline in all, in bytes. Default `INLINE_MESSAGE_BYTES`. */
  readonly budget?: number;
  /** Parts below this stay inline whatever the budget, in bytes. Default 1,024. */
  readonly smallest?: number;
}

/** Stores every part that is too big to travel inline. */
export async function storeBigParts(
  store: PartStore,
  parts: readonly ContentPart[],
  { budget = INLINE_MESSAGE_BYTES, smallest = SMALLEST_STORED_BYTES }: InlineBounds = {},
): Promise<readonly Part[]> {
  const sizes = parts.map(inlineSize);
  const stored = new Set<number>();
  let total = sizes.reduce((sum, size) => sum + size, 0);
  const bySize = sizes.map((size, index) => ({ size, index })).sort((a, b) => b.size - a.size);
  for (const { size, index } of bySize) {
    if (size <= INLINE_PART_BYTES && (total <= budget || size < smallest)) break;
    stored.add(index);
    total -= size;
  }
  return Promise.all(
    parts.map(async (part, index) => (stored.has(index) ? storePart(store, part) : part)),
  );
}

/** The parts with their content back in place. Rejects with `MissingPartError`. */
export async function restoreParts(
  store: PartStore,
  parts: readonly Part[],
): Promise<readonly ContentPart[]> {
  return Promise.all(parts.map(async (part) => ('ref' in part ? restorePart(store, part) : part)));
}

export async function restoreMessage(
  store: PartStore,
  message: Message,
): Promise<Message<ContentPart>> {
  return { ...message, parts: await restoreParts(store, message.parts) };
}

/** Bytes of the part's JSON: what it adds to a payload. */
export function inlineSize(part: ContentPart): number {
  // Base64 has nothing to escape, and may be long.
  const { length } = 'raw' in part ? part.raw : '';
  return length + Buffer.byteLength(JSON.stringify('raw' in part ? { ...part, raw: '' } : part));
}

async function storePart(store: PartStore, part: ContentPart): Promise<Part> {
  if ('url' in part) return part;
  const [content, bytes] = bytesOf(part);
  const digest = await store.put(bytes);
  return { ...descriptionOf(part), ref: { digest, bytes: bytes.byteLength, content } };
}

function bytesOf(part: Exclude<ContentPart, { url: string }>): ['text' | 'raw' | 'data', Buffer] {
  if ('text' in part) return ['text', Buffer.from(part.text)];
  if ('raw' in part) return ['raw', Buffer.from(part.raw, 'base64')];
  return ['data', Buffer.from(JSON.stringify(part.data))];
}

async function restorePart(
  store: PartStore,
  part: Extract<Part, { ref: unknown }>,
): Promise<ContentPart> {
  const { ref } = part;
  const bytes = await store.get(ref.digest);
  const description = descriptionOf(part);
  switch (ref.content) {
    case 'text':
      return { ...description, text: bytes.toString('utf8') };
    case 'raw':
      return { ...description, raw: bytes.toString('base64') };
    case 'data':
      return { ...description, data: parseData(bytes, ref.digest) };
  }
}

function parseData(bytes: Buffer, digest: string): Extract<ContentPart, { data: unknown }>['data'] {
  try {
    return JSON.parse(bytes.toString('utf8')) as Extract<ContentPart, { data: unknown }>['data'];
  } catch {
    throw new MissingPartError(digest, 'is not the JSON it was');
  }
}

export function descriptionOf(part: PartDescription): PartDescription {
  return {
    ...(part.filename === undefined ? {} : { filename: part.filename }),
    ...(part.mediaType === undefined ? {} : { mediaType: part.mediaType }),
    ...(part.metadata === undefined ? {} : { metadata: part.metadata }),
  };
}
