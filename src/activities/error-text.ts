// What an error that a skill has thrown, or that its words have caused, says to callers and to the workflow.

/** Of an error's text; some quote the whole input that they could not read. */
const ERROR_TEXT_MAX = 4_096;

/** By its shape: a skill may have another copy of `SkillError`, or none. */
export function isFinal(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === false;
}

/** The text of an error, never its stack. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.length > ERROR_TEXT_MAX ? `${text.slice(0, ERROR_TEXT_MAX)} …` : text;
}
