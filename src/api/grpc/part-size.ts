// How many bytes a part takes in protobuf, which for data is not what it takes in JSON.

import { inlineSize } from '../../temporal/stored-parts';
import type { ContentPart, Json } from '../../workflows/task';

/**
 * Text and bytes take no more than in JSON; a number of one digit takes eleven bytes in a list. Counted,
 * because making the messages of a long list only to measure them would hold up everything else.
 */
export function partSize(part: ContentPart): number {
  if (!('data' in part)) return inlineSize(part);
  const { data, ...described } = part;
  return valueBytes(data) + inlineSize({ ...described, text: '' });
}

/** Of `google.protobuf.Value`. */
function valueBytes(value: Json): number {
  if (value === null || typeof value === 'boolean') return 2;
  if (typeof value === 'number') return 9;
  if (typeof value === 'string') return delimited(Buffer.byteLength(value));
  // A list and an object hold the like: items, or entries of a key and an item.
  const isList = Array.isArray(value);
  const items = Object.entries(value).map(([key, item]) => {
    const bytes = delimited(valueBytes(item));
    return isList ? bytes : delimited(delimited(Buffer.byteLength(key)) + bytes);
  });
  return delimited(items.reduce((total, size) => total + size, 0));
}

/** With the tag and the length before it. */
function delimited(bytes: number): number {
  const length = bytes < 128 ? 1 : bytes < 16_384 ? 2 : bytes < 2_097_152 ? 3 : 4;
  return 1 + length + bytes;
}
