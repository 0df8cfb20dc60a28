// What a step returned, in the form that is journaled, and back.

import { types } from 'node:util';
import { MissingPartError, type PartStore } from '../storage/part-store';
import type { StepResult } from '../workflows/journal';
import { JOURNAL_RESULT_BYTES } from '../workflows/limits';
import type { Json } from '../workflows/task';
import { SkillError } from './skill';

export interface Encoded {
  /** Absent: `undefined`. */
  readonly result?: StepResult;
  /** What a later run gets for it, and this one too. */
  readonly value: unknown;
}

/**
 * Bytes as they are, everything else as JSON, the big ones by reference.
 * @param isRead a schema reads what comes back, so that a date may have become a string.
 * @throws SkillError when JSON cannot say it: a later run would get something else than this one.
 */
export async function encodeResult(
  value: unknown,
  store: PartStore,
  isRead: boolean,
): Promise<Encoded> {
  if (value === undefined) return { value };
  if (types.isUint8Array(value)) {
    // What is more than that (a Buffer) does not come back.
    const bytes = new Uint8Array(value);
    return { value: bytes, result: { stored: await stored(bytes, 'raw', store) } };
  }
  const text = jsonOf(value, isRead);
  const json = JSON.parse(text) as Json;
  const isBig = Buffer.byteLength(text) > JOURNAL_RESULT_BYTES;
  const result = isBig ? { stored: await stored(Buffer.from(text), 'data', store) } : { json };
  return { value: structuredClone(json), result };
}

/** Rejects with `MissingPartError` when the bytes are gone. */
export async function decodeResult(
  result: StepResult | undefined,
  store: PartStore,
): Promise<unknown> {
  if (result === undefined) return undefined;
  // A copy: what a skill does to its result is not to change what the journal holds.
  if ('json' in result) return structuredClone(result.json);
  const { digest, content } = result.stored;
  const bytes = await store.get(digest);
  if (content === 'raw') return new Uint8Array(bytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new MissingPartError(digest, 'is not the JSON it was');
  }
}

async function stored<Content extends 'raw' | 'data'>(
  bytes: Uint8Array,
  content: Content,
  store: PartStore,
): Promise<{ digest: string; bytes: number; content: Content }> {
  return { digest: await store.put(bytes), bytes: bytes.byteLength, content };
}

function jsonOf(value: unknown, isRead: boolean): string {
  const path: string[] = [];
  let text: string | undefined;
  try {
    text = JSON.stringify(value, function (this: Record<string, unknown>, key, seen: unknown) {
      // `toJSON` has been at `seen`, not at what the holder has.
      const strange = strangenessOf(this[key], isRead);
      if (strange !== undefined)
        throw new TypeError(`${strange}${key === '' ? '' : ` at "${key}"`}`);
      return seen;
    });
  } catch (err) {
    path.push(err instanceof Error ? err.message : String(err));
  }
  if (text !== undefined) return text;
  const what = path[0] ?? `it is a ${typeof value}`;
  throw new SkillError(`what it returned cannot be journaled: ${what}`, { retryable: false });
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
    [types.isMap(value), 'Map'],
    [types.isSet(value), 'Set'],
    [types.isPromise(value), 'promise that was not awaited'],
    [types.isRegExp(value), 'RegExp'],
    [types.isNativeError(value), 'Error'],
    [types.isArrayBufferView(value) || types.isAnyArrayBuffer(value), 'buffer inside an object'],
  ];
  const kind = kinds.find(([is]) => is)?.[1];
  return kind === undefined ? undefined : `there is a ${kind}`;
}
