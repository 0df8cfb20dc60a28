// Which character separates the fields of a CSV text, told from its first records.
// csv-parse's own detection throws on letters beyond ASCII, so its parser is tried with each.

import { parse } from 'csv-parse/sync';

/** In order of preference. */
const CANDIDATES = [',', ';', '\t', '|'];
/** Enough to judge by, cheap enough for `accepts`. */
const HEAD_RECORDS = 6;
const HEAD_CHARACTERS = 65_536;

/** Names are short and no sentences; this tells two lines of a letter from a table. */
const COLUMN_NAME = /^[^\r\n]{0,59}[^\r\n.!?:]$/;

interface Guess {
  readonly delimiter: string;
  readonly records: readonly (readonly string[])[];
}

/** Of one column, so without any delimiter: a comma. */
export function findDelimiter(head: string): string {
  return bestGuess(head)?.delimiter ?? ',';
}

/** At least two lines with the same number of fields, at least two, under names that can be a header. */
export function looksLikeCsv(text: string): boolean {
  const guess = bestGuess(text);
  if (guess === undefined || guess.records.length < 2 || agreement(guess) < 1) return false;
  const names = guess.records[0]?.map((name) => name.trim()) ?? [];
  return new Set(names).size === names.length && names.every((name) => COLUMN_NAME.test(name));
}

function bestGuess(text: string): Guess | undefined {
  const head = firstLines(text);
  return CANDIDATES.map((delimiter) => ({ delimiter, records: firstRecords(head, delimiter) }))
    .filter((guess) => width(guess) > 1)
    .reduce<Guess | undefined>((best, guess) => {
      if (best === undefined) return guess;
      const lead = agreement(guess) - agreement(best);
      return lead > 0 || (lead === 0 && width(guess) > width(best)) ? guess : best;
    }, undefined);
}

function width({ records }: Guess): number {
  return records[0]?.length ?? 0;
}

/** The share of records with as many fields as the first. */
function agreement(guess: Guess): number {
  const { records } = guess;
  return records.filter((fields) => fields.length === width(guess)).length / records.length;
}

function firstLines(text: string): string {
  if (text.length <= HEAD_CHARACTERS) return text;
  const head = text.slice(0, HEAD_CHARACTERS);
  const end = Math.max(head.lastIndexOf('\n'), head.lastIndexOf('\r'));
  return end > 0 ? head.slice(0, end) : head;
}

function firstRecords(head: string, delimiter: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  try {
    parse(head, {
      bom: true,
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      to: HEAD_RECORDS,
      trim: delimiter !== '\t',
      on_record: (fields) => {
        records.push(fields);
        return null;
      },
    });
  } catch {
    // A bad quote further down: the records above it still tell.
  }
  return records;
}
