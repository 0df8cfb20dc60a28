// A value as JSON has it, or an error that names the place where it is none.

import type { Json } from '../workflows/task';

/**
 * A copy of the value that only JSON is in. As `JSON.stringify` has it, a property that is undefined is left out and
 * what has a `toJSON`, such as a Date, is what that returns. What it would change in silence is refused:
 * NaN and the infinities, undefined in a list, functions, Maps and other objects of a class.
 * @throws TypeError that names the place, e.g. `rows[3].mean`.
 */
export function toJson(value: unknown): Json {
  return read(value, { path: '', within: [] });
}

interface Place {
  readonly path: string;
  /** The objects around it, outermost first. */
  readonly within: readonly object[];
}

function read(value: unknown, place: Place): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw notJson(place, String(value));
    case 'object':
      return value === null ? null : readObject(value, place);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      throw notJson(place, value === undefined ? 'undefined' : `a ${typeof value}`);
  }
}

function readObject(value: object, { path, within }: Place): Json {
  if (within.includes(value)) throw notJson({ path, within }, 'an object that it lies in');
  const inside = [...within, value];
  if (hasJson(value)) return read(value.toJSON(), { path, within: inside });
  if (Array.isArray(value)) {
    // `Array.from`, because `map` skips holes.
    return Array.from(value, (item: unknown, index) =>
      read(item, { path: `${path}[${String(index)}]`, within: inside }),
    );
  }
  if (!isPlain(value)) throw notJson({ path, within }, `a ${value.constructor.name}`);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    fields.map(([key, field]) => [
      key,
      read(field, { path: path === '' ? key : `${path}.${key}`, within: inside }),
    ]),
  );
}

function hasJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notJson({ path }: Place, what: string): TypeError {
  return new TypeError(`${path === '' ? 'the value' : path} is ${what}, which JSON does not have`);
}
