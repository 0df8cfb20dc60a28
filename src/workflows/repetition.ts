// What one artifact said since the checkpoint, and how a new attempt is read against it (D4):
// repetition is silent, a difference withdraws the old remainder. Pure; used by the reducer.

import type { ArtifactEmission } from './emission';
import type { JsonObject, Part } from './task';
import { START, compareParts, cutAt, isEndOf, joinParts, partsFrom, type Position } from './parts';

interface Heading {
  readonly name?: string;
  readonly description?: string;
  readonly metadata?: JsonObject;
}

/** One stretch of an artifact: up to the next start (`append: false`), or past a last chunk. */
interface Segment {
  /** False for a stretch that continues the one before it, or the artifact at the checkpoint. */
  readonly isStart: boolean;
  readonly heading: Heading;
  readonly parts: readonly Part[];
  readonly isLast: boolean;
}

/** Where the newest attempt is in what was recorded; `segment` -1 is before the first start. */
interface Reading {
  readonly segment: number;
  readonly position: Position;
}

export interface Lane {
  /** The artifact at the checkpoint; empty when it did not exist. */
  readonly base: readonly Part[];
  readonly segments: readonly Segment[];
  /** Present while the newest attempt may still repeat what an older one said. */
  readonly reading?: Reading;
}

/** What a client has to be told. */
export interface ArtifactChange {
  readonly append: boolean;
  readonly parts: readonly Part[];
  readonly last: boolean;
}

interface Heard {
  readonly lane: Lane;
  readonly changes: readonly ArtifactChange[];
}

const NO_PARTS: readonly Part[] = [{ text: '' }];

export function newLane(base: readonly Part[]): Lane {
  return { base, segments: [] };
}

/** A new attempt starts from the checkpoint again. */
export function rewind(lane: Lane): Lane {
  const continuesBase = lane.segments[0]?.isStart === false;
  return { ...lane, reading: { segment: continuesBase ? 0 : -1, position: START } };
}

/**
 * What the newest attempt has come to counts for good. Undefined when that is all there is: then the
 * artifact is a base. What older attempts said beyond it may still be said again.
 */
export function passCheckpoint(lane: Lane): Lane | undefined {
  const { reading } = lane;
  if (reading === undefined) return undefined;
  const segment = lane.segments[reading.segment];
  const later = lane.segments.slice(reading.segment + 1);
  const rest =
    segment === undefined || isSegmentEnd(lane, reading)
      ? later
      : [
          { ...segment, isStart: false, parts: partsFrom(segment.parts, reading.position) },
          ...later,
        ];
  if (rest.length === 0) return undefined;
  return rewind({ base: common(lane, reading), segments: rest });
}

export function hear(lane: Lane, said: ArtifactEmission): Heard {
  const { reading } = lane;
  if (reading === undefined) return goOn(lane, said);
  const isAtEnd = isSegmentEnd(lane, reading);
  const next = lane.segments[reading.segment + 1];
  if (said.append) {
    if (reading.segment < 0) return diverge(lane, reading, said);
    if (!isAtEnd || next === undefined || next.isStart) return compare(lane, reading, said);
    return compare(lane, { segment: reading.segment + 1, position: START }, said, reading);
  }
  if (!isAtEnd) return diverge(lane, reading, said);
  if (next === undefined) return goOn(withoutReading(lane), said);
  if (!next.isStart || JSON.stringify(next.heading) !== JSON.stringify(headingOf(said))) {
    return diverge(lane, reading, said);
  }
  return compare(lane, { segment: reading.segment + 1, position: START }, said, reading);
}

/** The newest attempt is done: what it did not say again is withdrawn. */
export function settle(lane: Lane): Heard {
  const { reading } = lane;
  if (reading === undefined) return { lane, changes: [] };
  const isComplete = reading.segment === lane.segments.length - 1 && isSegmentEnd(lane, reading);
  if (isComplete) return { lane: withoutReading(lane), changes: [] };
  const kept = common(lane, reading);
  return {
    lane: { base: lane.base, segments: keptSegments(lane, reading) },
    changes: [{ append: false, parts: kept.length === 0 ? NO_PARTS : kept, last: true }],
  };
}

function compare(lane: Lane, reading: Reading, said: ArtifactEmission, before = reading): Heard {
  const segment = lane.segments[reading.segment];
  if (segment === undefined) return goOn(withoutReading(lane), said);
  const isNewest = reading.segment === lane.segments.length - 1;
  const result = compareParts(segment.parts, reading.position, said.parts);
  switch (result.kind) {
    case 'different':
      return diverge(lane, before, said);
    case 'longer':
      if (!isNewest) return diverge(lane, before, said);
      return goOn(withoutReading(lane), { ...said, append: true, parts: result.rest });
    case 'same': {
      const read = { ...lane, reading: { segment: reading.segment, position: result.position } };
      if (!said.last || (segment.isLast && isSegmentEnd(lane, read.reading))) {
        return { lane: read, changes: [] };
      }
      if (!isNewest || !isSegmentEnd(lane, read.reading)) return diverge(lane, before, said);
      return goOn(withoutReading(lane), { ...said, append: true, parts: NO_PARTS });
    }
  }
}

function diverge(lane: Lane, reading: Reading, said: ArtifactEmission): Heard {
  const kept = common(lane, reading);
  const shortened: Lane = { base: lane.base, segments: keptSegments(lane, reading) };
  const heard = goOn(shortened, said);
  if (!said.append) return heard;
  if (kept.length === 0) {
    return { lane: heard.lane, changes: heard.changes.map((c) => ({ ...c, append: false })) };
  }
  return {
    lane: heard.lane,
    changes: [{ append: false, parts: kept, last: false }, ...heard.changes],
  };
}

/** New text, heard live. The first event of an artifact is never an append. */
function goOn(lane: Lane, said: ArtifactEmission): Heard {
  const newest = lane.segments.at(-1);
  const isFirst = newest === undefined && lane.base.length === 0;
  const change = { append: said.append && !isFirst, parts: said.parts, last: said.last };
  if (change.append && newest !== undefined && !newest.isLast) {
    const grown = { ...newest, parts: joinParts(newest.parts, said.parts), isLast: said.last };
    return {
      lane: { ...lane, segments: [...lane.segments.slice(0, -1), grown] },
      changes: [change],
    };
  }
  const segment: Segment = {
    isStart: !change.append,
    heading: headingOf(said),
    parts: joinParts([], said.parts),
    isLast: said.last,
  };
  return { lane: { ...lane, segments: [...lane.segments, segment] }, changes: [change] };
}

function withoutReading(lane: Lane): Lane {
  return { base: lane.base, segments: lane.segments };
}

function isSegmentEnd(lane: Lane, reading: Reading): boolean {
  const segment = lane.segments[reading.segment];
  return segment === undefined || isEndOf(segment.parts, reading.position);
}

/** What the artifact holds up to where the newest attempt agrees. */
function common(lane: Lane, reading: Reading): readonly Part[] {
  const segment = lane.segments[reading.segment];
  if (segment === undefined) return lane.base;
  const kept = cutAt(segment.parts, reading.position);
  return segment.isStart ? kept : joinParts(contentBefore(lane, reading.segment), kept);
}

function contentBefore(lane: Lane, index: number): readonly Part[] {
  const segment = lane.segments[index - 1];
  if (segment === undefined) return lane.base;
  if (segment.isStart) return segment.parts;
  return joinParts(contentBefore(lane, index - 1), segment.parts);
}

function keptSegments(lane: Lane, reading: Reading): readonly Segment[] {
  const segment = lane.segments[reading.segment];
  if (segment === undefined) return [];
  const cut = { ...segment, parts: cutAt(segment.parts, reading.position), isLast: false };
  return [...lane.segments.slice(0, reading.segment), cut];
}

function headingOf(said: ArtifactEmission): Heading {
  return {
    ...(said.name === undefined ? {} : { name: said.name }),
    ...(said.description === undefined ? {} : { description: said.description }),
    ...(said.metadata === undefined ? {} : { metadata: said.metadata }),
  };
}
