// How long values are as JSON in UTF-8: what they add to a payload.

const encoder = new TextEncoder();
const measured = new WeakMap<object, number>();

export function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).byteLength;
}

/** The same for a value that never changes, measured once. */
export function jsonBytesOnce(value: object): number {
  const known = measured.get(value);
  if (known !== undefined) return known;
  const bytes = jsonBytes(value);
  measured.set(value, bytes);
  return bytes;
}
