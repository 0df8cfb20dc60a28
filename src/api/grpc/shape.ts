// What a message looks like on the wire, as far as a scan of its bytes has to know.

import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';

/** Protobuf: the encodings of a field; groups are not among them. */
export const [VARINT, I64, LENGTH, I32] = [0, 1, 2, 5];

/** What may stand in a field: text, the key of a map, a message, or bytes nobody looks into. */
export type Content = 'text' | 'key' | 'opaque' | Shape;

interface Field {
  readonly wireTypes: readonly number[];
  readonly content: Content;
  /** A message that comes once: sent twice, some decoders merge the two and others take the second. */
  readonly isSingleMessage: boolean;
}

/** A message as the scan needs it. */
export interface Shape {
  readonly fields: ReadonlyMap<number, Field>;
  /** An object or list of its own in JSON; a `Value` is what it holds, an entry belongs to its map. */
  readonly isLevel: boolean;
}

/** @param known holds what was made before; messages hold themselves. */
export function shapeOf(message: DescMessage, known = new Map<string, Shape>()): Shape {
  const made = known.get(message.typeName);
  if (made !== undefined) return made;
  const fields = new Map<number, Field>();
  const shape = { fields, isLevel: message.typeName !== 'google.protobuf.Value' };
  known.set(message.typeName, shape);
  for (const field of message.fields) fields.set(field.number, fieldOf(field, known));
  return shape;
}

function fieldOf(field: DescField, known: Map<string, Shape>): Field {
  if (field.fieldKind === 'map') {
    const key: Field = { wireTypes: [LENGTH], content: 'key', isSingleMessage: false };
    const value = valueOf(field.message, field.scalar, known);
    const entry = { fields: new Map([key, value].map((f, i) => [i + 1, f])), isLevel: false };
    return { wireTypes: [LENGTH], content: entry, isSingleMessage: false };
  }
  const value = valueOf(field.message, field.scalar, known);
  if (field.fieldKind !== 'list') return value;
  // Numbers of a list may come together.
  return { ...value, wireTypes: [...value.wireTypes, LENGTH], isSingleMessage: false };
}

function valueOf(
  message: DescMessage | undefined,
  scalar: ScalarType | undefined,
  known: Map<string, Shape>,
): Field {
  if (message !== undefined) {
    return { wireTypes: [LENGTH], content: shapeOf(message, known), isSingleMessage: true };
  }
  const isSingleMessage = false;
  if (scalar === ScalarType.STRING)
    return { wireTypes: [LENGTH], content: 'text', isSingleMessage };
  return { wireTypes: [WIRE_TYPES.get(scalar) ?? VARINT], content: 'opaque', isSingleMessage };
}

const WIRE_TYPES = new Map<ScalarType | undefined, number>([
  [ScalarType.BYTES, LENGTH],
  ...[ScalarType.DOUBLE, ScalarType.FIXED64, ScalarType.SFIXED64].map(as(I64)),
  ...[ScalarType.FLOAT, ScalarType.FIXED32, ScalarType.SFIXED32].map(as(I32)),
]);

function as(wireType: number): (scalar: ScalarType) => [ScalarType, number] {
  return (scalar) => [scalar, wireType];
}
