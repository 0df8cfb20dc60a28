// What csv-parse found wrong, told to the sender of the file: line, column, and what to do.

import { CsvError } from 'csv-parse';
import { TableError } from './table';

/** Where the parser is; lines are counted from 1. */
export interface Position {
  line: number;
  emptyLines: number;
  names: readonly string[];
}

/** Anything but an error of the parser is returned as it is. */
export function toTableError(err: unknown, at: Position): unknown {
  return err instanceof CsvError ? new TableError(explain(err, at)) : err;
}

function explain(err: CsvError, at: Position): string {
  const index = numberIn(err, 'index');
  const here = `Line ${numberIn(err, 'lines')}, ${columnAt(index, at)}`;
  const code: string = err.code;
  switch (code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return explainLength(err, at);
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return (
        `Line ${firstLine(err, at)}, ${columnAt(index, at)}: the value does not end, probably ` +
        'because a quote is not closed. Close it; write a quote inside a quoted value twice ("").'
      );
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return (
        `${here}: text follows a closing quote. ` +
        'Write a quote inside a quoted value twice ("").'
      );
    case 'INVALID_OPENING_QUOTE':
      return (
        `${here}: there is a quote inside a value that is not quoted. ` +
        'Put the whole value in quotes and write the quote inside it twice ("").'
      );
    default:
      return `${here}: ${err.message}. Mend the line and send the file again.`;
  }
}

function explainLength(err: CsvError, at: Position): string {
  const expected = at.names.length;
  const { record } = err;
  const got = Array.isArray(record) ? record.length : 0;
  const where = `Line ${numberIn(err, 'lines')}, ${columnAt(Math.min(got, expected), at)}`;
  const counts = `the line has ${fields(got)}, the header ${expected}`;
  return got < expected
    ? `${where}: the value is missing; ${counts}. Add what is missing, empty if it has no value.`
    : `${where}: one value too many; ${counts}. Put values that contain the delimiter in quotes.`;
}

/** The record at fault begins after the last good one and the empty lines between. */
function firstLine(err: CsvError, at: Position): number {
  return at.line + 1 + numberIn(err, 'empty_lines') - at.emptyLines;
}

function columnAt(index: number, at: Position): string {
  const name = at.names[index];
  return name === undefined ? `column ${index + 1}` : `column ${index + 1} ("${name}")`;
}

function fields(count: number): string {
  return count === 1 ? '1 value' : `${count} values`;
}

function numberIn(err: CsvError, key: string): number {
  const value = err[key];
  return typeof value === 'number' ? value : 0;
}
