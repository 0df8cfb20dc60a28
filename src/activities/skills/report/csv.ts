// Reads the bytes of a CSV file into columns, slice by slice.

import { parse, type InfoRecord } from 'csv-parse';
import { isUtf8 } from 'node:buffer';
import { finished } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { typeOf } from './cell';
import type { Column } from './column';
import { toTableError, type Position } from './csv-error';
import { findDelimiter } from './delimiter';
import { openColumns, pause, TableError, type Table } from './table';

/** A few milliseconds of parsing; between two slices the event loop turns. */
const SLICE_BYTES = 65_536;
/** A longer record comes from a quote that is not closed. */
const MAX_RECORD_CHARACTERS = 1_048_576;
const NEWLINE = 0x0a;

/** @throws TableError that names line and column; the reason of `signal` when it is aborted. */
export async function readCsv(bytes: Buffer, signal: AbortSignal): Promise<Table> {
  checkEncoding(bytes);
  const at: Position = { line: 0, emptyLines: 0, names: [] };
  const filler = new Filler(at);
  const delimiter = findDelimiter(bytes.toString('utf8', 0, SLICE_BYTES));
  const parser = parse({
    bom: true,
    delimiter,
    max_record_size: MAX_RECORD_CHARACTERS,
    on_record: (fields, info) => filler.take(fields, info),
    skip_empty_lines: true,
    // Within a tab-separated line white space separates.
    trim: delimiter !== '\t',
  });
  const source = Readable.from(slices(bytes, signal), { objectMode: false });
  source.on('error', (err) => parser.destroy(err));
  source.pipe(parser).resume();
  try {
    await finished(parser);
  } catch (err) {
    throw toTableError(err, at);
  } finally {
    source.destroy();
  }
  return filler.table();
}

async function* slices(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += SLICE_BYTES) {
    await pause(signal);
    yield bytes.subarray(start, start + SLICE_BYTES);
  }
}

/** The first record names the columns, every further one is a row of cells. */
class Filler {
  private readonly at: Position;
  private columns: readonly Column[] = [];
  private rows = 0;

  constructor(at: Position) {
    this.at = at;
  }

  take(fields: readonly string[], info: InfoRecord): null {
    if (this.columns.length === 0) this.open(fields, info.lines);
    else {
      for (const [index, column] of this.columns.entries()) column.add(fields[index] ?? '');
      this.rows += 1;
    }
    this.at.line = info.lines;
    this.at.emptyLines = info.empty_lines;
    return null;
  }

  table(): Table {
    if (this.columns.length === 0) {
      throw new TableError('The file is empty. Send a header line and at least one row.');
    }
    if (this.rows === 0) {
      throw new TableError(
        `Line ${this.at.line + 1}: there are no rows under the header. Send at least one row.`,
      );
    }
    return { rows: this.rows, columns: this.columns };
  }

  private open(fields: readonly string[], line: number): void {
    this.columns = openColumns(fields, (index) => `Line ${line}, column ${index + 1}`);
    const names = this.columns.map(({ name }) => name);
    if (names.every((name) => typeOf(name) !== 'string')) {
      throw new TableError(
        `Line ${line}, column 1: "${names[0] ?? ''}" is a value and no column name. ` +
          'Put a header line with the column names first.',
      );
    }
    this.at.names = names;
  }
}

function checkEncoding(bytes: Buffer): void {
  if (isUtf8(bytes)) return;
  for (let line = 1, start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const column = invalidColumn(bytes.subarray(start, end));
    if (column > 0) {
      throw new TableError(
        `Line ${line}, character ${column}: the file is not UTF-8. Save it with the encoding UTF-8.`,
      );
    }
    start = end;
  }
}

/** Counted from 1; 0 when the line is valid. */
function invalidColumn(line: Buffer): number {
  if (isUtf8(line)) return 0;
  return line.toString('utf8').indexOf('\uFFFD') + 1;
}
