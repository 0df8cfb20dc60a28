// What one cell of a table is: missing, or a value of one of five types.

export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'string';

/** Compared in lower case. */
const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null']);
const BOOLEANS = new Set(['true', 'false', 'yes', 'no']);
const LONGEST_WORD = 5;

/** Digits after a leading zero are a code, such as a postcode, and no number. */
const NUMBER = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const DIGITS = /^[+-]?\d+$/;
const DATE =
  /^(\d{4})([-/])(\d{2})\2(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:Z|([+-])(\d{2}):?(\d{2}))?)?$/;

export function isMissing(text: string): boolean {
  return text.length < LONGEST_WORD && MISSING.has(text.toLowerCase());
}

export function typeOf(text: string): ColumnType {
  if (NUMBER.test(text)) return numericTypeOf(text);
  if (text.length <= LONGEST_WORD && BOOLEANS.has(text.toLowerCase())) return 'boolean';
  return Number.isNaN(parseDate(text)) ? 'string' : 'date';
}

function numericTypeOf(text: string): ColumnType {
  const value = Number(text);
  // Beyond 2^53 digits get lost: a whole number that long is an identifier.
  if (DIGITS.test(text)) return Number.isSafeInteger(value) ? 'integer' : 'string';
  return Number.isFinite(value) ? 'number' : 'string';
}

/** The type of a column that holds both. */
export function commonType(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b) return a;
  const isNumeric = (type: ColumnType): boolean => type === 'integer' || type === 'number';
  return isNumeric(a) && isNumeric(b) ? 'number' : 'string';
}

/** Milliseconds since 1970 of an ISO 8601 date or time, UTC unless it says else; NaN for any other text. */
export function parseDate(text: string): number {
  const found = DATE.exec(text);
  if (found === null) return Number.NaN;
  const part = (index: number): number => Number(found[index] ?? 0);
  const [year, month, day] = [part(1), part(3), part(4)];
  const [hours, minutes, seconds] = [part(5), part(6), part(7)];
  if (hours > 23 || minutes > 59 || seconds > 59 || part(10) > 14 || part(11) > 59)
    return Number.NaN;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  // The 31st of February rolls over into March.
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return Number.NaN;
  const offset = (found[9] === '-' ? -1 : 1) * (part(10) * 60 + part(11));
  const sinceMidnight = ((hours * 60 + minutes - offset) * 60 + seconds) * 1_000;
  return midnight.getTime() + sinceMidnight + Math.floor(part(8) * 1_000);
}

/** The day alone when the time is midnight. */
export function formatDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T00:00:00.000Z', '');
}
