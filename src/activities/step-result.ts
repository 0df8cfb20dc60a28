// What a step returned, in the form that is journaled, and back.

import { types } from 'node:util';
import { MissingPartError, type PartStore } from '../storage/part-store';
import type { StepResult } from '../workflows/journal';
import { JOURNAL_RESULT_BYTES } from '../workflows/limits';
import type { Json } from '../workflows/task';
import { textOf } from './error-text';
import { SkillError } from './skill';
import { stepJson } from './step-json';

export interface Encoded {
  /** Absent: `undefined`. */
  readonly result?: StepResult;
  /** What a later run gets for it, and this one too. */
  readonly value: unknown;
}

/** Which step made it, and whether a schema reads what comes back. */
interface Made {
  readonly id: string;
  readonly isRead: boolean;
}

/**
 * Bytes as a Buffer, whatever they were, everything else as JSON, the big ones by reference.
 * @throws SkillError when JSON cannot say it: a later run would get something else than this one.
 */
export async function encodeResult(value: unknown, store: PartStore, made: Made): Promise<Encoded> {
  if (value === undefined) return { value };
  if (types.isUint8Array(value)) {
    // A copy: what the skill does to its bytes is not to change what is stored.
    const bytes = Buffer.from(value);
    return { value: bytes, result: { stored: await stored(bytes, 'raw', store) } };
  }
  const text = jsonOf(value, made);
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
  if (content === 'raw') return Buffer.from(bytes);
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

/** @throws SkillError: in the next run it would be the same. */
function jsonOf(value: unknown, { id, isRead }: Made): string {
  try {
    return stepJson(value, isRead);
  } catch (err) {
    const text = `step "${id}": what it returned cannot be journaled: ${textOf(err)}`;
    throw new SkillError(text, { retryable: false, cause: err });
  }
}
