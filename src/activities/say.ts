// What a skill says, checked and in the form that is recorded. Skills may be written without types,
// so nothing but the known fields goes on, and what cannot be stored beside Temporal has bounds.

import { z } from 'zod';
import { descriptionOf, planParts } from '../temporal/stored-parts';
import { jsonBytes } from '../workflows/json-bytes';
import { AGENT_UNSTORED_BYTES, METADATA_BYTES, SIGNAL_BYTES } from '../workflows/limits';
import type { Json, JsonObject, Part, PartReference } from '../workflows/task';
import { isSource } from './async-source';
import { isFile } from './authored-part';
import { textOf } from './error-text';
import type { Said } from './spoken';
import {
  SkillError,
  type ArtifactOptions,
  type AuthoredPart,
  type Say,
  type SkillArtifact,
  type SkillMessage,
  type StreamPart,
} from './skill';

/** As long as the ids that clients choose. */
export const ID_MAX = 256;
const NAME_MAX = 1_024;
const DESCRIPTION_MAX = 8_192;

const CONTENTS = ['text', 'raw', 'url', 'data', 'path', 'stream'] as const;

const metadata = z
  .custom<JsonObject>(isObject, 'must be an object')
  .refine((value) => jsonBytes(value) <= METADATA_BYTES, {
    error: `must not be longer than ${String(METADATA_BYTES)} bytes of JSON`,
  })
  .optional();

const part = z
  .object({
    text: z.string().optional(),
    raw: z.string('must be a string in base64').optional(),
    url: z.string().optional(),
    data: z.custom<Json>().optional(),
    path: z.string().min(1).optional(),
    stream: z.custom<StreamPart['stream']>(isSource, 'must be an async iterable').optional(),
    filename: z.string().max(NAME_MAX).optional(),
    mediaType: z.string().max(ID_MAX).optional(),
    metadata,
  })
  .refine(
    (p) => CONTENTS.filter((content) => (p[content] ?? undefined) !== undefined).length === 1,
    {
      error: `must hold exactly one of ${CONTENTS.join(', ')}`,
    },
  )
  .transform(({ text, raw, url, path, stream, data = null, ...description }): AuthoredPart => {
    const described = descriptionOf(present(description));
    if (text !== undefined) return { ...described, text };
    if (raw !== undefined) return { ...described, raw };
    if (path !== undefined) return { ...described, path };
    if (stream !== undefined) return { ...described, stream };
    return url === undefined ? { ...described, data } : { ...described, url };
  });

const parts = z.array(part).min(1, 'needs at least one part');

const message = z.object({ parts, metadata });

const heading = z.object({
  artifactId: z.string().min(1).max(ID_MAX),
  name: z.string().max(NAME_MAX).optional(),
  description: z.string().max(DESCRIPTION_MAX).optional(),
  metadata,
});

const artifact = heading.extend({ parts });

const streamOptions = heading.extend({ mediaType: z.string().max(ID_MAX).optional() });

/** @throws SkillError that names what is wrong with it. */
export function toSkillMessage(say: Say): SkillMessage {
  if (typeof say === 'string') return { parts: [{ text: say }] };
  return recordable('a message is a string or { parts }', () => {
    const said = present(message.parse(say));
    assertFits(said, AGENT_UNSTORED_BYTES);
    return said;
  });
}

type WholeArtifact = Extract<Said, { kind: 'artifact' }>;

/** @throws SkillError */
export function toArtifactEmission(said: SkillArtifact, artifactId: string): WholeArtifact {
  return recordable('an artifact is { name, parts }', () => {
    const known = present(artifact.parse({ ...said, artifactId }));
    assertFits(known, SIGNAL_BYTES);
    return { kind: 'artifact', at: Date.now(), ...known, append: false, last: true };
  });
}

type Opened = ArtifactOptions & { readonly artifactId: string };

/** @throws SkillError */
export function toStreamOptions(said: Opened): Opened {
  const claim = 'ctx.artifact takes { name, description, artifactId, metadata, mediaType }';
  return recordable(claim, () => present(streamOptions.parse(said)));
}

/** @throws SkillError */
export function checkPart(said: AuthoredPart): AuthoredPart {
  return recordable('a chunk is a string or a part', () => {
    const known = part.parse(said);
    assertFits({ parts: [known] }, AGENT_UNSTORED_BYTES);
    return known;
  });
}

/** What is wrong would be wrong at the next attempt too. */
function recordable<T>(claim: string, read: () => T): T {
  try {
    return read();
  } catch (err) {
    // Not only zod's: `JSON.stringify` throws at a circle and at a BigInt.
    const reason = err instanceof z.ZodError ? z.prettifyError(err) : textOf(err);
    throw new SkillError(`${claim}:\n${reason}`, { retryable: false, cause: err });
  }
}

/** Contents of `text`, `raw` and `data` can be stored beside Temporal, whatever their size. */
function assertFits(
  { parts: said, ...rest }: { readonly parts: readonly AuthoredPart[] },
  maxBytes: number,
): void {
  const bytes = jsonBytes(rest) + planParts(said.map(asRecorded), 0).bytes;
  if (bytes <= maxBytes) return;
  throw new RangeError(
    `its urls, metadata, names and number of parts come to ${String(bytes)} bytes of JSON, ` +
      `and ${String(maxBytes)} is the most`,
  );
}

/** The longest reference that there is. */
const ANY_REFERENCE: PartReference = {
  digest: '0'.repeat(64),
  bytes: Number.MAX_SAFE_INTEGER,
  content: 'raw',
};

/** A part as long as it will be when its file is stored. */
function asRecorded(part: AuthoredPart): Part {
  return isFile(part) ? { ...descriptionOf(part), ref: ANY_REFERENCE } : part;
}

type Present<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Without the fields that are undefined. */
function present<T extends object>(value: T): Present<T> {
  const there = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(there) as Present<T>;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
