// Moves the content of big parts out of what Temporal records, and puts it back (D9).

import { MissingPartError, sha256, type PartStore } from '../storage/part-store';
import { jsonBytes } from '../workflows/json-bytes';
import { INLINE_PART_BYTES } from '../workflows/limits';
import type { ContentPart, Message, Part, PartDescription, StoredPart } from '../workflows/task';

export { isStoreFault } from '../storage/store-fault';

/** A reference as JSON, at most; digest, size and kind of content are all there is in it. */
const REFERENCE_BYTES = 128;

/** What separates parts in JSON. */
const COMMA_BYTES = 1;

/** Which parts of a list move out, and what the list is as JSON then, in bytes. */
export interface PartsPlan {
  readonly parts: readonly Part[];
  readonly stored: ReadonlySet<number>;
  /** Of the parts that stay as they are; those that were stored before are references. */
  readonly inlineBytes: number;
  /** Of the whole list, references included. */
  readonly bytes: number;
}

/**
 * Parts that are too big to travel inline move out, and the largest of the others until the list
 * is within `budgetBytes`. What would not get shorter stays, so the list may remain longer: a `url`,
 * a description, a text of a few words.
 * @param mustMove which ones move all the same.
 */
export function planParts(
  parts: readonly Part[],
  budgetBytes: number,
  mustMove: (part: Part) => boolean = () => false,
): PartsPlan {
  const weighed = parts.map((part, index) => ({
    index,
    inline: inlineCost(part),
    stored: storedSize(part) + COMMA_BYTES,
    mustMove: mustMove(part),
  }));
  const stored = new Set<number>();
  let bytes = weighed.reduce((sum, { inline }) => sum + inline, 0);
  const referenceBytes = weighed.reduce(
    (sum, { index, inline }) => sum + (isStored(parts[index]) ? inline : 0),
    0,
  );
  let inlineBytes = bytes - referenceBytes;
  for (const part of weighed.sort((a, b) => b.inline - a.inline)) {
    const mayStay = part.inline <= INLINE_PART_BYTES && bytes <= budgetBytes;
    if (!part.mustMove && (mayStay || part.stored >= part.inline)) continue;
    stored.add(part.index);
    inlineBytes -= part.inline;
    bytes -= part.inline - part.stored;
  }
  return { parts, stored, inlineBytes, bytes };
}

export async function storePlanned(
  store: PartStore,
  { parts, stored }: PartsPlan,
): Promise<readonly Part[]> {
  return Promise.all(
    parts.map(async (part, index) => (stored.has(index) ? storePart(store, part) : part)),
  );
}

/** Both in one go. */
export async function storeBigParts(
  store: PartStore,
  parts: readonly Part[],
  budgetBytes: number,
): Promise<readonly Part[]> {
  return storePlanned(store, planParts(parts, budgetBytes));
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
export function inlineSize(part: Part): number {
  // Base64 has nothing to escape, and may be long.
  const { length } = 'raw' in part ? part.raw : '';
  return length + Buffer.byteLength(JSON.stringify('raw' in part ? { ...part, raw: '' } : part));
}

/** What a part adds to a list as it is: as much as `planParts` counts for it. */
export function inlineCost(part: Part): number {
  return inlineSize(part) + COMMA_BYTES;
}

/** Without the content; a `url` is the content and cannot be stored, and what is stored does not move. */
function storedSize(part: Part): number {
  if ('url' in part || isStored(part)) return Number.POSITIVE_INFINITY;
  return referenceSize(part) - COMMA_BYTES;
}

/** What a part adds to a list when its content is stored: as much as `planParts` counts for it. */
export function referenceSize(part: Part): number {
  return jsonBytes(descriptionOf(part)) + REFERENCE_BYTES + COMMA_BYTES;
}

async function storePart(store: PartStore, part: Part): Promise<Part> {
  if ('url' in part || isStored(part)) return part;
  const [content, bytes] = bytesOf(part);
  const digest = await store.put(bytes);
  return { ...descriptionOf(part), ref: { digest, bytes: bytes.byteLength, content } };
}

function isStored(part: Part | undefined): part is StoredPart {
  return part !== undefined && 'ref' in part;
}

function bytesOf(part: Exclude<ContentPart, { url: string }>): ['text' | 'raw' | 'data', Buffer] {
  if ('text' in part) return ['text', Buffer.from(part.text)];
  if ('raw' in part) return ['raw', Buffer.from(part.raw, 'base64')];
  return ['data', Buffer.from(JSON.stringify(part.data))];
}

async function restorePart(store: PartStore, part: StoredPart): Promise<ContentPart> {
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

/** Whether the stored part is this one: of the same kind and content. */
export function isContentOf(stored: StoredPart, part: Part): boolean {
  if ('url' in part || isStored(part) || !isOfOneKind(stored, part)) return false;
  const [content, bytes] = bytesOf(part);
  const { ref } = stored;
  return content === ref.content && bytes.byteLength === ref.bytes && sha256(bytes) === ref.digest;
}

/** Whether they are described alike, so that texts of theirs may be one. */
export function isOfOneKind(a: Part, b: Part): boolean {
  return JSON.stringify(descriptionOf(a)) === JSON.stringify(descriptionOf(b));
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
