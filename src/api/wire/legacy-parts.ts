// Names of files and metadata of parts, which the SDK's codec of 0.3's protobuf JSON leaves out.

import type {
  Message as WireMessage,
  Part as WirePart,
  Task as WireTask,
  TaskArtifactUpdateEvent as WireArtifactUpdate,
  TaskStatusUpdateEvent as WireStatusUpdate,
} from '@a2a-js/sdk';
import type { ContentPart, Json, Message } from '../../workflows/task';

/** What a handler gives to the SDK, as an answer or as an event. */
export type Said = WireTask | WireMessage | WireStatusUpdate | WireArtifactUpdate;

/** What the codec leaves out of one part. */
export interface PartDetails {
  readonly filename?: string;
  readonly metadata?: Readonly<Record<string, Json>>;
}

/** Anything that has parts, or has something that has. */
interface Holder<P> {
  readonly parts?: readonly P[];
  /** What 0.3 calls the parts of a message. */
  readonly content?: readonly P[];
  readonly artifacts?: readonly Holder<P>[];
  readonly history?: readonly Holder<P>[];
  readonly artifact?: Holder<P> | undefined;
  readonly status?: { readonly message?: Holder<P> | undefined } | undefined;
}

/** The same order for what goes into the codec and what comes out of it. */
function partsIn<P>(holder: Holder<P> | undefined): readonly P[] {
  if (holder === undefined) return [];
  const { artifacts = [], history = [], artifact, status } = holder;
  const inner = [...artifacts, ...history, artifact, status?.message].flatMap(partsIn<P>);
  return [...(holder.parts ?? holder.content ?? []), ...inner];
}

/** Under this name the SDK's metadata says that `data` is not an object, and lies in its `value`. */
const IS_WRAPPED = 'data_part_compat';

interface LegacyPart {
  readonly file?: { name?: unknown } | null;
  metadata?: Readonly<Record<string, unknown>> | null;
}

/** Of each part of the message in the body of a send. */
export function legacyPartDetails(body: unknown): readonly PartDetails[] {
  const { message } = body as { readonly message: Holder<LegacyPart> };
  return partsIn(message).map(({ file, metadata }) => ({
    ...(typeof file?.name === 'string' && file.name !== '' ? { filename: file.name } : {}),
    ...(metadata ? { metadata: metadata as Record<string, Json> } : {}),
  }));
}

/** Puts them back into what the codec has made of that message. */
export function withPartDetails(
  message: Message<ContentPart>,
  details: readonly PartDetails[],
): Message<ContentPart> {
  if (details.length === 0) return message;
  const parts = message.parts.map((part, i) => withDetails(part, details[i] ?? {}));
  return { ...message, parts };
}

function withDetails(part: ContentPart, { metadata, ...name }: PartDetails): ContentPart {
  if (metadata === undefined) return { ...part, ...name };
  const { [IS_WRAPPED]: wraps, ...rest } = metadata;
  if (wraps !== true || !('data' in part)) return { ...part, ...name, metadata };
  const { value = part.data } = (part.data ?? {}) as Readonly<Record<string, Json>>;
  return { ...part, data: value, ...(Object.keys(rest).length > 0 ? { metadata: rest } : {}) };
}

export function hasPartDetails(said: Said): boolean {
  return partsIn<WirePart>(said).some(
    (part) => part.filename !== '' || part.metadata !== undefined || isWrapped(part),
  );
}

/** Puts them back, in place, into what the codec has made of `said`. */
export function mendLegacyParts(body: unknown, said: Said): void {
  const { task, message, statusUpdate, artifactUpdate } = body as Readonly<
    Record<string, Holder<LegacyPart> | undefined>
  >;
  const holder = task ?? message ?? statusUpdate ?? artifactUpdate ?? (body as Holder<LegacyPart>);
  const parts = partsIn<WirePart>(said);
  for (const [i, mended] of partsIn(holder).entries()) {
    const part = parts[i];
    if (part === undefined) return;
    const { filename, metadata } = part;
    if (mended.file && filename !== '') mended.file.name = filename;
    if (isWrapped(part)) mended.metadata = { ...metadata, [IS_WRAPPED]: true };
    else if (metadata !== undefined) mended.metadata = metadata;
  }
}

function isWrapped({ content }: WirePart): boolean {
  if (content?.$case !== 'data') return false;
  const value: unknown = content.value;
  return typeof value !== 'object' || value === null || Array.isArray(value);
}
