// The figures of a table, column by column; what goes into analysis.json.

import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';
import { formatDate } from './cell';
import type { Column } from './column';
import { correlate, type Correlations } from './correlations';
import { pause, type Table } from './table';

const TOP_VALUES = 10;
const TOP_VALUE_CHARACTERS = 100;
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

// Aliases, because an interface is not assignable to the index signature of `Json`.
export type Analysis = Readonly<{
  source: string;
  rows: number;
  columns: readonly ColumnAnalysis[];
  correlations: Correlations;
}>;

export type ColumnAnalysis = NumericAnalysis | DateAnalysis | TextAnalysis;

type Common = Readonly<{
  name: string;
  missing: number;
  /** Different values; at least so many when `distinctIsCapped`. */
  distinct: number;
  distinctIsCapped: boolean;
}>;

export type NumericAnalysis = Common &
  Readonly<{
    type: 'integer' | 'number';
    min: number;
    max: number;
    /** Null beyond the range of a double. */
    mean: number | null;
    /** Of a sample (n - 1); null for a single value and beyond the range of a double. */
    standardDeviation: number | null;
    /** Interpolated linearly, as R's type 7 and numpy do. */
    quantiles: readonly { readonly p: number; readonly value: number }[];
  }>;

export type DateAnalysis = Common &
  Readonly<{
    type: 'date';
    min: string;
    max: string;
  }>;

export type TextAnalysis = Common &
  Readonly<{
    type: 'boolean' | 'string';
    /** Most frequent first, equal ones in the order of first sight; long values are cut. */
    topValues: readonly { readonly value: string; readonly count: number }[];
  }>;

/** Yields between columns and pairs. Throws the reason of `signal` when it is aborted. */
export async function analyze(
  table: Table,
  source: string,
  signal: AbortSignal,
): Promise<Analysis> {
  const columns: ColumnAnalysis[] = [];
  for (const column of table.columns) {
    await pause(signal);
    columns.push(await describe(column, signal));
  }
  const correlations = await correlate(table.columns, signal);
  return { source, rows: table.rows, columns, correlations };
}

async function describe(column: Column, signal: AbortSignal): Promise<ColumnAnalysis> {
  const { type } = column;
  switch (type) {
    case 'integer':
    case 'number':
      return describeNumbers(column, type, signal);
    case 'date':
      return describeDates(column, await sortedValues(column, signal));
    case 'boolean':
    case 'string':
      return describeTexts(column, type);
  }
}

async function describeNumbers(
  column: Column,
  type: NumericAnalysis['type'],
  signal: AbortSignal,
): Promise<NumericAnalysis> {
  const sorted = await sortedValues(column, signal);
  const common = { ...commonOf(column), distinct: distinctIn(sorted), distinctIsCapped: false };
  await pause(signal);
  return {
    ...common,
    type,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    mean: finite(mean(sorted)),
    standardDeviation: sorted.length < 2 ? null : finite(sampleStandardDeviation(sorted)),
    quantiles: QUANTILES.map((p) => ({ p, value: quantileSorted(sorted, p) })),
  };
}

function describeDates(column: Column, sorted: readonly number[]): DateAnalysis {
  return {
    ...commonOf(column),
    distinct: distinctIn(sorted),
    distinctIsCapped: false,
    type: 'date',
    min: formatDate(sorted[0] ?? 0),
    max: formatDate(sorted.at(-1) ?? 0),
  };
}

function describeTexts(column: Column, type: TextAnalysis['type']): TextAnalysis {
  const topValues = [...column.counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP_VALUES)
    .map(([value, count]) => ({ value: shorten(value), count }));
  return { ...commonOf(column), type, topValues };
}

function commonOf({ name, missing, counts, isCapped }: Column): Common {
  return { name, missing, distinct: counts.size, distinctIsCapped: isCapped };
}

/** Sorted as a typed array, which is native and several times as fast as a list. */
async function sortedValues(column: Column, signal: AbortSignal): Promise<readonly number[]> {
  const present = column.values.filter((value) => !Number.isNaN(value));
  await pause(signal);
  present.sort();
  await pause(signal);
  return Array.from(present);
}

function distinctIn(sorted: readonly number[]): number {
  return sorted.reduce((count, value, at) => (value === sorted[at - 1] ? count : count + 1), 0);
}

function shorten(value: string): string {
  if (value.length <= TOP_VALUE_CHARACTERS) return value;
  // The cut must not leave half a surrogate pair.
  return `${value.slice(0, TOP_VALUE_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
