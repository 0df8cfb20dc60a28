// What a caller is told of an error that a skill has thrown, or that its words have caused.

/** Of an error's text; some quote the whole input that they could not read. */
const ERROR_TEXT_MAX = 4_096;

/** The text of an error, never its stack. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.length > ERROR_TEXT_MAX ? `${text.slice(0, ERROR_TEXT_MAX)} …` : text;
}
