// The arguments of a model's call: read by a schema, and refused in words that the model can act on.

import type { z } from 'zod';
import { SkillError } from '../skill';

/** Models write null for what they leave out. */
export function withoutNulls(args: unknown): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

/** @throws SkillError that names each field that is wrong. */
export function readArguments<T>(schema: z.ZodType<T>, args: unknown): T {
  const checked = schema.safeParse(typeof args === 'string' ? parseJson(args) : args);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw refusal(problems.join('; '));
}

/** What becomes the text of a tool error. */
export function refusal(text: string): SkillError {
  return new SkillError(text, { retryable: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refusal('the arguments are not JSON');
  }
}
