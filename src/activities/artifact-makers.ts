// Makes artifacts of texts, JSON values and files. What they return is a plain object in the shape
// that `saveArtifact`, `sendPartialArtifact` and the result of a skill take.

import { lookup } from 'mime-types';
import { textOf } from './error-text';
import { toJson } from './json-value';
import { SkillError, type AuthoredPart, type SkillArtifact, type StreamPart } from './skill';

/** What an artifact may have besides its name and content. */
export type ArtifactMore = Omit<SkillArtifact, 'name' | 'parts'>;

type TextMore = ArtifactMore & {
  /** Default: what the name says, e.g. `text/markdown` for `report.md`, or else `text/plain`. */
  readonly mediaType?: string;
};

/** An artifact with one text. */
export function textArtifact(name: string, text: string, more: TextMore = {}): SkillArtifact {
  const { mediaType = mediaTypeOf(name, 'text/plain'), ...rest } = more;
  return { ...rest, name, parts: [{ text, mediaType }] };
}

/**
 * An artifact with one value as a data part, copied as it is now.
 * @throws SkillError that names what JSON does not have: NaN, undefined in a list, a Map …
 */
export function jsonArtifact(name: string, value: unknown, more: ArtifactMore = {}): SkillArtifact {
  try {
    return { ...more, name, parts: [{ data: toJson(value), mediaType: 'application/json' }] };
  } catch (err) {
    const text = `artifact "${name}" is no JSON: ${textOf(err)}`;
    throw new SkillError(text, { retryable: false, cause: err });
  }
}

/** A file of text, of bytes in memory, of this machine, or of a stream; the last two stay out of memory. */
export type FileContent =
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
  | { readonly path: string }
  | { readonly stream: StreamPart['stream'] };

export type FileOptions = ArtifactMore &
  FileContent & {
    /** Of the artifact and of its file. */
    readonly name: string;
    /** Default: what the name says, or else `application/octet-stream`, for text `text/plain`. */
    readonly mediaType?: string;
  };

/** An artifact with one file. @throws SkillError when it is not told what is in it. */
export function fileArtifact(options: FileOptions): SkillArtifact {
  const { name, mediaType, artifactId, description, metadata } = options;
  const fallback = 'text' in options ? 'text/plain' : 'application/octet-stream';
  const file = { filename: name, mediaType: mediaType ?? mediaTypeOf(name, fallback) };
  return {
    ...(artifactId === undefined ? {} : { artifactId }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
    name,
    parts: [{ ...file, ...contentOf(options) }],
  };
}

function contentOf(
  options: FileContent & { readonly name: string },
): Extract<AuthoredPart, { text: string } | { raw: string } | { path: string } | StreamPart> {
  if ('text' in options) return { text: options.text };
  if ('bytes' in options) return { raw: Buffer.from(options.bytes).toString('base64') };
  if ('path' in options) return { path: options.path };
  if ('stream' in options) return { stream: options.stream };
  const text = `artifact "${(options as { name: string }).name}" needs one of text, bytes, path, stream`;
  throw new SkillError(text, { retryable: false });
}

function mediaTypeOf(name: string, fallback: string): string {
  const found = lookup(name);
  return found === false ? fallback : found;
}
