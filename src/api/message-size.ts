// How long a caller's message may be besides the content of its parts, which moves out of the way (D9).

import { TaskError, TaskErrorReason } from '../temporal/task-error';
import { jsonBytes } from '../workflows/json-bytes';
import { CANCEL_METADATA_BYTES, OUTPUT_MODES_BYTES, USER_MESSAGE_BYTES } from '../workflows/limits';
import type { ContentPart, JsonObject, Message } from '../workflows/task';

/**
 * @param partsBytes what the parts come to as JSON when the big ones are stored.
 * @throws TaskError `invalid` that names the field which is too long.
 */
export function assertMessageFits(message: Message<ContentPart>, partsBytes: number): void {
  const bytes = jsonBytes({ ...message, parts: [] }) + partsBytes;
  if (bytes <= USER_MESSAGE_BYTES) return;
  const { path, bytes: long } = longestField(message, partsBytes);
  const text =
    `${path}: is ${String(long)} bytes of JSON; besides what can be stored of its parts ` +
    `(text, raw, data) a message may have ${String(USER_MESSAGE_BYTES)} bytes`;
  throw new TaskError(TaskErrorReason.invalid, text);
}

/** @throws TaskError `invalid` when there are more accepted output modes than a task keeps. */
export function assertModesFit(modes: readonly string[] = []): void {
  assertKept('configuration.acceptedOutputModes', modes, OUTPUT_MODES_BYTES);
}

/** @throws TaskError `invalid` when a cancel says more than a task keeps. */
export function assertCancelFits(metadata: JsonObject = {}): void {
  assertKept('metadata', metadata, CANCEL_METADATA_BYTES);
}

function assertKept(path: string, value: unknown, maxBytes: number): void {
  const bytes = jsonBytes(value);
  if (bytes <= maxBytes) return;
  const text =
    `${path}: is ${String(bytes)} bytes of JSON; ` +
    `at most ${String(maxBytes)} are kept with a task`;
  throw new TaskError(TaskErrorReason.invalid, text);
}

interface Field {
  readonly path: string;
  readonly bytes: number;
}

function longestField(message: Message<ContentPart>, partsBytes: number): Field {
  const { metadata, extensions, referenceTaskIds, parts } = message;
  const longest = longestOf('message', { metadata, extensions, referenceTaskIds });
  if (longest.bytes >= partsBytes) return longest;
  const inParts = parts.map((part, index) => {
    const { filename, mediaType, metadata: described } = part;
    const url = 'url' in part ? part.url : undefined;
    const fields = { url, filename, mediaType, metadata: described };
    return longestOf(`message.parts[${String(index)}]`, fields);
  });
  const [first] = inParts.sort((a, b) => b.bytes - a.bytes);
  // Where no part is long by itself they are too many.
  return first !== undefined && first.bytes > partsBytes / 2
    ? first
    : { path: 'message.parts', bytes: partsBytes };
}

function longestOf(path: string, fields: Readonly<Record<string, unknown>>): Field {
  const sizes = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ path: `${path}.${key}`, bytes: jsonBytes(value) }));
  const [first] = sizes.sort((a, b) => b.bytes - a.bytes);
  return first ?? { path, bytes: 0 };
}
