// What an error that a skill has thrown, or that its words have caused, says to callers and to the workflow.

import { types } from 'node:util';

/** Of an error's text; some quote the whole input that they could not read. */
const ERROR_TEXT_MAX = 4_096;

const UNREADABLE = 'what was thrown cannot be read: to look at it throws';

/** What was thrown, or an error in its place where a getter, a `toString` or a proxy of it throws itself. */
export function readable(thrown: unknown): unknown {
  try {
    // All that is read of it later, here and by the log.
    textOf(thrown);
    isFinal(thrown);
    if (isError(thrown)) String(thrown.stack);
    return thrown;
  } catch {
    return new Error(UNREADABLE);
  }
}

/** Of any realm: tests have one of their own. */
export function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}

/** By its shape: a skill may have another copy of `SkillError`, or none. */
export function isFinal(error: unknown): boolean {
  return isError(error) && 'retryable' in error && error.retryable === false;
}

/** The text of an error, never its stack and never its class. */
export function textOf(error: unknown): string {
  const text = isError(error) ? prettyText(error) || error.name : String(error);
  return text.length > ERROR_TEXT_MAX ? `${text.slice(0, ERROR_TEXT_MAX)} …` : text;
}

/** An error of zod's, whose own message is a page of JSON. By its shape: a skill has a zod of its own, or comes from a thread. */
export function issuesOf(error: unknown): readonly Issue[] | undefined {
  if (!isError(error) || !/^\$?Zod(Real)?Error$/.test(error.name)) return undefined;
  const issues = 'issues' in error ? error.issues : parsed(error.message);
  return Array.isArray(issues) && issues.every(isIssue) && issues.length > 0 ? issues : undefined;
}

export interface Issue {
  readonly code?: unknown;
  readonly message: string;
  readonly path: readonly unknown[];
}

/** As zod's `prettifyError` has it; zod itself would be a third of what a thread loads. */
function prettyText(error: Error): string {
  const issues = issuesOf(error);
  if (issues === undefined) return error.message;
  return [...issues]
    .sort((a, b) => a.path.length - b.path.length)
    .map(({ message, path }) =>
      path.length === 0 ? `✖ ${message}` : `✖ ${message}\n  → at ${placeOf(path)}`,
    )
    .join('\n');
}

function placeOf(path: readonly unknown[]): string {
  return path
    .map((key, at) => {
      if (typeof key === 'number') return `[${String(key)}]`;
      const name = String(key);
      if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return `[${JSON.stringify(name)}]`;
      return at === 0 ? name : `.${name}`;
    })
    .join('');
}

function isIssue(issue: unknown): issue is Issue {
  if (typeof issue !== 'object' || issue === null) return false;
  return (
    'message' in issue &&
    typeof issue.message === 'string' &&
    'path' in issue &&
    Array.isArray(issue.path)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
