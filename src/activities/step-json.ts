// A step's result as the JSON that is journaled, or an error that names the place where it is none.

import { types } from 'node:util';

/** Where `JSON.stringify` is: an object, and its place in the result. */
interface Holder {
  readonly value: object;
  readonly path: string;
}

/**
 * As `JSON.stringify` has it: what is undefined is left out or null, an instance is its fields or what its `toJSON`
 * returns. What a later run would get as something else is refused.
 * @param isRead a schema reads what comes back, so that a date may have become a string.
 * @throws TypeError that names the place, e.g. `there is the number NaN at rows[1].mean`.
 */
export function stepJson(value: unknown, isRead: boolean): string {
  const within: Holder[] = [];
  const text = JSON.stringify(value, function (this: object, key, seen: unknown) {
    // What it has left: it goes through the result from the outside in.
    while (within.length > 0 && within.at(-1)?.value !== this) within.pop();
    const path = pathOf(within.at(-1), key);
    // `toJSON` has been at `seen`, not at what the holder has.
    const strange = strangenessOf(Reflect.get(this, key), isRead);
    if (strange !== undefined) throw strangeAt(path, strange);
    if (typeof seen === 'object' && seen !== null) {
      if (within.some((holder) => holder.value === seen)) {
        throw strangeAt(path, 'there is an object that it lies in');
      }
      within.push({ value: seen, path });
    }
    return seen;
  }) as string | undefined;
  if (text === undefined) throw new TypeError('it has a toJSON that returns nothing');
  return text;
}

function strangeAt(path: string, strange: string): TypeError {
  return new TypeError(path === '' ? strange : `${strange} at ${path}`);
}

/** As one would write it: `rows[1].mean`, `["a b"]`. */
function pathOf(holder: Holder | undefined, key: string): string {
  // The first one is an object around the result, which has no place itself.
  if (holder === undefined) return '';
  const { value, path } = holder;
  if (Array.isArray(value)) return `${path}[${key}]`;
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** What JSON would make something else of, in words; undefined is left out by JSON, and may be. */
function strangenessOf(value: unknown, isRead: boolean): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return 'there is a bigint';
    case 'function':
      return 'there is a function';
    case 'symbol':
      return 'there is a symbol';
    case 'number':
      return Number.isFinite(value) ? undefined : `there is the number ${String(value)}`;
    case 'object':
      break;
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
  }
  if (types.isDate(value) && !isRead) {
    return 'there is a Date, which comes back as a string: give the step a schema that reads it';
  }
  const kinds: readonly [boolean, string][] = [
    [types.isMap(value), 'a Map'],
    [types.isSet(value), 'a Set'],
    [types.isPromise(value), 'a promise that was not awaited'],
    [types.isRegExp(value), 'a RegExp'],
    [types.isNativeError(value), 'an Error'],
    [types.isArrayBufferView(value) || types.isAnyArrayBuffer(value), 'a buffer inside an object'],
  ];
  const kind = kinds.find(([is]) => is)?.[1];
  return kind === undefined ? undefined : `there is ${kind}`;
}
