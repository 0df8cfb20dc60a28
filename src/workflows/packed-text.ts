// Text of an artifact that has become one stored part: what the fold holds gets shorter, and says the same. Pure; used
// by the reducer, and by the emitter for its hash.

import type { PackedTextEmission, TextStart } from './emission';
import { indexOfRun } from './parts';
import type { Lane } from './repetition';
import type { Part, StoredPart } from './task';
import type { TaskFold } from './task-fold';

type Packed = Pick<PackedTextEmission, 'replaces' | 'part'>;

/** @param lanes those of the fold, to be changed. */
export function packText(
  fold: TaskFold,
  { artifactId, ...packed }: PackedTextEmission,
  lanes: Map<string, Lane>,
): TaskFold {
  const lane = lanes.get(artifactId);
  if (lane !== undefined) lanes.set(artifactId, packLane(lane, packed));
  const { task } = fold;
  const artifacts = task.artifacts.map((artifact) => {
    if (artifact.artifactId !== artifactId) return artifact;
    return { ...artifact, parts: pack(artifact.parts, packed)?.parts ?? artifact.parts };
  });
  return { ...fold, task: { ...task, artifacts } };
}

/** What the newest attempt may still say again stays as it is. */
function packLane(lane: Lane, packed: Packed): Lane {
  const { segments, reading } = lane;
  const base = pack(lane.base, packed);
  if (base !== undefined) return { ...lane, base: base.parts };
  const index = segments.findLastIndex(({ parts }) => pack(parts, packed) !== undefined);
  const segment = segments[index];
  const found = segment && pack(segment.parts, packed);
  if (segment === undefined || found === undefined) return lane;
  if (reading !== undefined && reading.segment < index) return lane;
  const changed = {
    ...lane,
    segments: segments.with(index, { ...segment, parts: found.parts }),
  };
  if (reading?.segment !== index) return changed;
  const { part, offset } = reading.position;
  if (part < found.end) return lane;
  const position = { part: part + found.parts.length - segment.parts.length, offset };
  return { ...changed, reading: { ...reading, position } };
}

/** A content with the packed part in it, and the index of what followed its text before. */
interface Found {
  readonly parts: readonly Part[];
  readonly end: number;
}

/** Undefined where the text is not there. */
function pack(content: readonly Part[], { replaces, part }: Packed): Found | undefined {
  if ('units' in replaces) return packStart(content, replaces, part);
  const at = indexOfRun(content, replaces);
  if (at < 0) return undefined;
  const parts = content.toSpliced(at, replaces.length, part);
  return { parts, end: at + replaces.length };
}

function packStart(
  content: readonly Part[],
  { units, hash }: TextStart,
  part: StoredPart,
): Found | undefined {
  const at = content.findIndex((one) => 'text' in one);
  const first = content[at];
  if (first === undefined || !('text' in first) || first.text.length < units) return undefined;
  if (hashOf(first.text.slice(0, units)) !== hash) return undefined;
  const text = first.text.slice(units);
  const rest = text === '' ? [] : [{ ...first, text }];
  return { parts: content.toSpliced(at, 1, part, ...rest), end: at + 1 };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over UTF-16 units, 32 bits. Tells a text from what has taken its place; nobody's secret depends on it. */
export function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  return hash >>> 0;
}
