// The answer to a question with a schema: asked again, with the reason, until one fits.

import type { ContentPart, Json, Message } from '../workflows/task';
import { isError, isFinal, issuesOf, textOf } from './error-text';
import { checkSchema, readBy } from './schema';
import type { Say, Schema, SkillMessage } from './skill';

/**
 * Resolves with what the schema makes of the data part of an answer, or of its text, or of the JSON that the text is.
 * @throws SkillError for what is no schema; what the schema throws, where that is final or an error of its code.
 */
export async function askUntilItFits<T>(
  ask: (prompt: Say) => Promise<Message<ContentPart>>,
  prompt: Say,
  schema: Schema<T>,
): Promise<T> {
  checkSchema(schema, 'ctx.ask(prompt, schema)');
  let asked = prompt;
  for (;;) {
    const candidates = candidatesOf(await ask(asked));
    const misfits: Misfit[] = [];
    for (const value of candidates) {
      try {
        return await readBy(schema, value);
      } catch (error) {
        // Nobody could give an answer that fits.
        if (isFinal(error) || isMistake(error)) throw error;
        misfits.push({ value, error });
      }
    }
    asked = withReason(prompt, textOf(clearest(misfits)));
  }
}

/** Chat clients send nothing but text, so a text may stand for what it says as JSON. */
function candidatesOf(answer: Message<ContentPart>): readonly unknown[] {
  for (const part of answer.parts) if ('data' in part) return [part.data];
  const text = answer.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  const json = jsonIn(text);
  return json === undefined ? [text] : [text, json];
}

function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

interface Misfit {
  readonly value: unknown;
  readonly error: unknown;
}

/** What was wrong in it, rather than that it was of another kind: of two, of that which came nearer. */
function clearest(misfits: readonly Misfit[]): unknown {
  const near = misfits.filter(({ error }) => !isOfAnotherKind(error));
  const nearest = near.length === 1 ? near[0] : misfits.find(({ value }) => isContainer(value));
  return (nearest ?? misfits[0])?.error;
}

function isOfAnotherKind(error: unknown): boolean {
  const issues = issuesOf(error) ?? [];
  return issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** A misspelled name in the schema's own code is no fault of the answer. */
function isMistake(error: unknown): boolean {
  return isError(error) && error.name === 'ReferenceError';
}

function withReason(prompt: Say, reason: string): SkillMessage {
  const { parts, ...rest } = typeof prompt === 'string' ? { parts: [{ text: prompt }] } : prompt;
  return { ...rest, parts: [{ text: `That does not fit: ${reason}` }, ...parts] };
}
