// Which bytes of a stored part a request asks for (RFC 9110 §13.1.5, §14).

import type { Request } from 'express';

/** Both ends inclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Representation {
  readonly etag: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Undefined for all of it: no range, all bytes as a range, one that is not understood, several (which may be answered
 * with the whole), or an `If-Range` that names something else. `unsatisfiable` when the range begins after the end.
 */
export function rangeOf(
  req: Request,
  { etag, size }: Representation,
): Range | 'unsatisfiable' | undefined {
  if (req.method !== 'GET') return undefined;
  const condition = req.get('If-Range');
  if (condition !== undefined && condition.trim() !== etag) return undefined;
  const ranges = req.range(size);
  if (ranges === -1) return 'unsatisfiable';
  // -2 is one that is not well-formed.
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes') return undefined;
  const [range, ...others] = ranges;
  if (range === undefined || others.length > 0) return undefined;
  const { start, end } = range;
  return start === 0 && end === size - 1 ? undefined : { start, end };
}
