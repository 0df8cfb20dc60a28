// Finds the table in a message: a CSV file first, then rows as data, then text that is CSV.

import type { ContentPart, Json, Message } from '../../skill';
import { readCsv } from './csv';
import { looksLikeCsv } from './delimiter';
import { isRow, readRows } from './rows';
import { TableError, type Table } from './table';

export interface Source {
  /** How the report calls the table. */
  readonly name: string;
  /** @throws TableError when the sender has to mend the table. */
  read(signal: AbortSignal): Promise<Table>;
}

/** Quick: nothing is decoded, only the head of a text is looked at. */
export function findTable(message: Message<ContentPart>): Source | undefined {
  return (
    firstOf(message.parts, fileSource) ??
    firstOf(message.parts, rowsSource) ??
    firstOf(message.parts, textSource)
  );
}

function firstOf(
  parts: readonly ContentPart[],
  find: (part: ContentPart) => Source | undefined,
): Source | undefined {
  for (const part of parts) {
    const source = find(part);
    if (source !== undefined) return source;
  }
  return undefined;
}

function fileSource(part: ContentPart): Source | undefined {
  const isCsv =
    /^text\/csv\s*(;|$)/i.test(part.mediaType ?? '') || /\.csv$/i.test(part.filename ?? '');
  if (!isCsv) return undefined;
  const name = part.filename ?? 'CSV file';
  if ('raw' in part) return { name, read: async (signal) => readCsv(decode(part.raw), signal) };
  if ('text' in part) return { name, read: (signal) => readCsv(Buffer.from(part.text), signal) };
  return undefined;
}

function rowsSource(part: ContentPart): Source | undefined {
  if (!('data' in part)) return undefined;
  const rows = rowsIn(part.data);
  if (rows === undefined || !isRow(rows[0])) return undefined;
  return { name: part.filename ?? 'data', read: (signal) => readRows(rows, signal) };
}

function rowsIn(data: Json): readonly Json[] | undefined {
  if (isList(data)) return data;
  if (!isRow(data) || !Object.hasOwn(data, 'rows')) return undefined;
  const { rows } = data;
  return rows !== undefined && isList(rows) ? rows : undefined;
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function textSource(part: ContentPart): Source | undefined {
  if (!('text' in part) || !looksLikeCsv(part.text)) return undefined;
  return { name: 'text', read: (signal) => readCsv(Buffer.from(part.text), signal) };
}

/** Node skips what is not base64; the length tells that it did. */
function decode(raw: string): Buffer {
  const bytes = Buffer.from(raw, 'base64');
  if (bytes.length === Buffer.byteLength(raw, 'base64')) return bytes;
  throw new TableError(
    'The file part is not valid base64. Encode the bytes of the file as base64 in "raw".',
  );
}
