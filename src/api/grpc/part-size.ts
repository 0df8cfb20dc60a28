// How many bytes a part takes in protobuf, which for data is not what it takes in JSON.

import { fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { inlineSize } from '../../temporal/stored-parts';
import type { ContentPart } from '../../workflows/task';

/**
 * At most. A number takes eleven bytes in a list, be it of one digit; text and bytes take no more than
 * in JSON.
 */
export function partSize(part: ContentPart): number {
  if (!('data' in part)) return inlineSize(part);
  const { data, ...described } = part;
  const value = toBinary(ValueSchema, fromJson(ValueSchema, data as JsonValue));
  return value.length + inlineSize({ ...described, text: '' });
}
