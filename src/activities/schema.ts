// Reading a value by an author's schema, for answers and for results of steps.

import { SkillError } from './skill';
import type { Schema } from './step-options';

/**
 * A schema that never reads anything is its author's mistake, and no fault of what it is given.
 * @param where what it was given to, e.g. `ctx.ask(prompt, schema)`.
 * @throws SkillError
 */
export function checkSchema(schema: unknown, where: string): void {
  if (typeof schema === 'object' || typeof schema === 'function') {
    if (schema !== null && typeof Reflect.get(schema, 'parse') === 'function') return;
  }
  const text = `${where}: a schema is anything with a function "parse", such as zod's, and this has none`;
  throw new SkillError(text, { retryable: false });
}

/** @throws what its `parse` throws, or its promise rejects with. */
export async function readBy<T>(schema: Schema<T>, value: unknown): Promise<T> {
  // Where there are two, the other one refuses refinements that are async.
  return isAsync(schema) ? schema.parseAsync(value) : schema.parse(value);
}

function isAsync<T>(
  schema: Schema<T>,
): schema is Schema<T> & { parseAsync(value: unknown): Promise<T> } {
  return 'parseAsync' in schema && typeof schema.parseAsync === 'function';
}
