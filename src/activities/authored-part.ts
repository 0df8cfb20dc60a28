// What a skill may give for a part: content in A2A's shape, or the file or stream that it is read from.

import type { ContentPart, PartDescription } from '../workflows/task';

/**
 * A file on this machine. It is read when it is said, and never held in memory.
 * `filename` defaults to the last part of the path, `mediaType` to what the filename says.
 */
export type FilePart = PartDescription & {
  /** From the working directory, where it is relative. Whoever writes it chooses which file is read. */
  readonly path: string;
};

/** Bytes that are read as they come and never held in memory. Strings count as UTF-8. */
export type StreamPart = PartDescription & {
  readonly stream: AsyncIterable<Uint8Array | string>;
};

export type AuthoredPart = ContentPart | FilePart | StreamPart;

/** Has its content elsewhere, to be moved to the part store. */
export function isFile(part: object): part is FilePart | StreamPart {
  return 'path' in part || 'stream' in part;
}

/** Of any realm: a test runner has its own. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value);
}
