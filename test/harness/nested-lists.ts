// Lists in lists as protobuf has them, however deep: made from the innermost outwards, without recursion.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The numbers of the fields: `Value.list_value`, `ListValue.values`, `Struct.fields` and their entries' value. */
const [LIST_VALUE, VALUES, FIELDS, ENTRY_VALUE] = [6, 1, 1, 2];

/** A `Struct` whose one value is so many lists, each in the one before. */
export function nestedLists(levels: number): Buffer {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const wrap = (field: number, before = new Uint8Array()): void => {
    const head = new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(size).finish();
    pieces.push(head, before);
    size += head.length + before.length;
  };
  for (let level = 0; level < levels; level += 1) {
    if (level > 0) wrap(VALUES);
    wrap(LIST_VALUE);
  }
  wrap(ENTRY_VALUE, new BinaryWriter().tag(1, WireType.LengthDelimited).string('deep').finish());
  wrap(FIELDS);
  return Buffer.concat(pieces.reverse());
}
