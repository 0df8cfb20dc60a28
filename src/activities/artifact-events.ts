// Artifact update events in the JSON of A2A 1.0 and of 0.3.

import type { Artifact, ContentPart, Json, JsonObject, PartDescription } from '../workflows/task';
import type { Chunk } from './artifact-chunks';

/** What is the same in every event of one artifact. */
export interface ArtifactHeading extends Omit<Artifact, 'parts'> {
  readonly contextId: string;
  readonly taskId: string;
}

/** A2A 1.0 §4.2.2. */
export interface TaskArtifactUpdateEvent {
  readonly taskId: string;
  readonly contextId: string;
  readonly artifact: Artifact<ContentPart>;
  readonly append: boolean;
  readonly lastChunk: boolean;
}

/** A2A 0.3 §6.4: a part says its kind, and a file is one part whatever holds its content. */
export type LegacyPart = { readonly metadata?: JsonObject } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'data'; readonly data: JsonObject }
  | { readonly kind: 'file'; readonly file: LegacyFile }
);

export type LegacyFile = { readonly name?: string; readonly mimeType?: string } & (
  { readonly bytes: string } | { readonly uri: string }
);

/** A2A 0.3 §7.2.3. */
export interface LegacyArtifactUpdateEvent {
  readonly kind: 'artifact-update';
  readonly taskId: string;
  readonly contextId: string;
  readonly artifact: Omit<Artifact, 'parts'> & { readonly parts: readonly LegacyPart[] };
  readonly append: boolean;
  readonly lastChunk: boolean;
}

export function toArtifactEvent(
  { taskId, contextId, ...heading }: ArtifactHeading,
  { part, append, last }: Chunk<ContentPart>,
): TaskArtifactUpdateEvent {
  return { taskId, contextId, artifact: { ...heading, parts: [part] }, append, lastChunk: last };
}

export function toLegacyArtifactEvent(
  { taskId, contextId, ...heading }: ArtifactHeading,
  { part, append, last }: Chunk<ContentPart>,
): LegacyArtifactUpdateEvent {
  const artifact = { ...heading, parts: [toLegacyPart(part)] };
  return { kind: 'artifact-update', taskId, contextId, artifact, append, lastChunk: last };
}

function toLegacyPart(part: ContentPart): LegacyPart {
  const { metadata } = part;
  const described = metadata === undefined ? {} : { metadata };
  if ('text' in part) return { ...described, kind: 'text', text: part.text };
  if ('data' in part) return toLegacyData(part.data, metadata);
  const content = 'raw' in part ? { bytes: part.raw } : { uri: part.url };
  return { ...described, kind: 'file', file: { ...content, ...fileDescription(part) } };
}

/** In 0.3 data is an object; what is none is wrapped, and marked, as the official SDKs do it. */
function toLegacyData(data: Json, metadata: JsonObject | undefined): LegacyPart {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  if (isObject) {
    return { ...(metadata && { metadata }), kind: 'data', data: data as JsonObject };
  }
  return {
    kind: 'data',
    data: { value: data },
    metadata: { ...metadata, data_part_compat: true },
  };
}

function fileDescription({ filename, mediaType }: PartDescription): Partial<LegacyFile> {
  return {
    ...(filename === undefined ? {} : { name: filename }),
    ...(mediaType === undefined ? {} : { mimeType: mediaType }),
  };
}
