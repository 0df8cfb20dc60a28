// Lists of parts as one growing content: joining, cutting and comparing, blind to chunk borders.

import type { Part } from './task';

/** A place in a content: before character `offset` of part `part`. */
export interface Position {
  readonly part: number;
  readonly offset: number;
}

export const START: Position = { part: 0, offset: 0 };

type TextPart = Extract<Part, { readonly text: string }>;

function isText(part: Part | undefined): part is TextPart {
  return part !== undefined && 'text' in part;
}

/** Equal values have equal JSON here, because both sides were written by the same code. */
function samePart(a: Part | undefined, b: Part | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sameDescription(a: TextPart, b: TextPart): boolean {
  return (
    a.mediaType === b.mediaType &&
    a.filename === b.filename &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata)
  );
}

/** `content` with `more` after it; text that follows text of the same kind is joined to it. */
export function joinParts(content: readonly Part[], more: readonly Part[]): readonly Part[] {
  const joined = [...content];
  for (const part of more) {
    const last = joined.at(-1);
    if (isText(part) && isText(last) && sameDescription(last, part)) {
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    } else if (!isText(part) || part.text !== '' || joined.length === 0) {
      joined.push(part);
    }
  }
  return joined;
}

/** Where the next part would go. */
export function endOf(content: readonly Part[]): Position {
  const last = content.at(-1);
  return isText(last)
    ? { part: content.length - 1, offset: last.text.length }
    : { part: content.length, offset: 0 };
}

/** The content before `position`. */
export function cutAt(content: readonly Part[], position: Position): readonly Part[] {
  const kept = content.slice(0, position.part);
  const last = content[position.part];
  if (isText(last) && position.offset > 0) {
    kept.push({ ...last, text: last.text.slice(0, position.offset) });
  }
  return kept;
}

/** The content from `position` on. */
export function partsFrom(content: readonly Part[], position: Position): readonly Part[] {
  const [first, ...rest] = content.slice(position.part);
  if (first === undefined) return [];
  if (!isText(first) || position.offset === 0) return [first, ...rest];
  const text = first.text.slice(position.offset);
  return text === '' ? rest : [{ ...first, text }, ...rest];
}

export function isEndOf(content: readonly Part[], position: Position): boolean {
  const part = content[position.part];
  if (part === undefined) return true;
  return (
    position.part === content.length - 1 && isText(part) && position.offset === part.text.length
  );
}

/** Steps over the end of a text, so that a position names what comes next. */
function normalize(content: readonly Part[], at: Position): Position {
  const part = content[at.part];
  const isPast = isText(part) && at.offset === part.text.length && at.part < content.length - 1;
  return isPast ? { part: at.part + 1, offset: 0 } : at;
}

/** Where `run` stands in `content` for the last time; -1 where it does not. */
export function indexOfRun(content: readonly Part[], run: readonly Part[]): number {
  for (let at = content.length - run.length; at >= 0; at -= 1) {
    if (run.every((part, index) => samePart(part, content[at + index]))) return at;
  }
  return -1;
}

/** What came of reading parts against a recorded content. */
export type Comparison =
  /** All of it was recorded; the next part is expected at `position`. */
  | { readonly kind: 'same'; readonly position: Position }
  /** The recorded content ended; `rest` is new. */
  | { readonly kind: 'longer'; readonly rest: readonly Part[] }
  | { readonly kind: 'different' };

/** Reads `parts` against `content` from `position` on, whatever the chunks were. */
export function compareParts(
  content: readonly Part[],
  position: Position,
  parts: readonly Part[],
): Comparison {
  let at = position;
  for (const [index, part] of parts.entries()) {
    if (isText(part) && part.text === '') continue;
    at = normalize(content, at);
    if (isEndOf(content, at)) return { kind: 'longer', rest: parts.slice(index) };
    const recorded = content[at.part];
    if (!isText(part)) {
      if (at.offset !== 0 || !samePart(part, recorded)) return { kind: 'different' };
      at = { part: at.part + 1, offset: 0 };
      continue;
    }
    if (!isText(recorded) || !sameDescription(recorded, part)) return { kind: 'different' };
    const length = Math.min(part.text.length, recorded.text.length - at.offset);
    if (!recorded.text.startsWith(part.text.slice(0, length), at.offset)) {
      return { kind: 'different' };
    }
    at = { part: at.part, offset: at.offset + length };
    if (length < part.text.length) {
      const rest = { ...part, text: part.text.slice(length) };
      return isEndOf(content, at)
        ? { kind: 'longer', rest: [rest, ...parts.slice(index + 1)] }
        : { kind: 'different' };
    }
  }
  return { kind: 'same', position: at };
}
