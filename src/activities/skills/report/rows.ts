// Reads the rows of a data part into columns: a column for every key, in the order of first sight.

import type { Json, JsonObject } from '../../skill';
import { openColumns, pause, TableError, type Table } from './table';

/** A few milliseconds of work; between two slices the event loop turns. */
const SLICE_ROWS = 1_000;

/** @throws TableError that names the row; the reason of `signal` when it is aborted. */
export async function readRows(rows: readonly Json[], signal: AbortSignal): Promise<Table> {
  const names = await namesOf(rows, signal);
  if (names.length === 0) {
    throw new TableError('Row 1: the rows have no fields. Send objects with at least one field.');
  }
  const columns = openColumns(names, (index) => `Field ${index + 1} of the rows`);
  for (const [index, row] of rows.entries()) {
    if (index % SLICE_ROWS === 0) await pause(signal);
    const fields = rowAt(row, index);
    for (const [at, column] of columns.entries()) column.add(cellOf(fields, names[at] ?? ''));
  }
  return { rows: rows.length, columns };
}

export function isRow(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function namesOf(rows: readonly Json[], signal: AbortSignal): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const [index, row] of rows.entries()) {
    if (index % SLICE_ROWS === 0) await pause(signal);
    for (const name of Object.keys(rowAt(row, index))) names.add(name);
  }
  return [...names];
}

function rowAt(row: Json, index: number): JsonObject {
  if (isRow(row)) return row;
  throw new TableError(
    `Row ${index + 1}: it is no object. Send every row as an object of column names and values.`,
  );
}

/** Nested values become their JSON text. */
function cellOf(row: JsonObject, name: string): string {
  const value = Object.hasOwn(row, name) ? row[name] : undefined;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
