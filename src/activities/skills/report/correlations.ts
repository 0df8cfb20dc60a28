// Pearson's correlation of every pair of numeric columns.

import { sampleCorrelation } from 'simple-statistics';
import type { Column } from './column';
import { pause } from './table';

/** The first so many numeric columns are paired: 190 pairs, a few milliseconds each. */
const MAX_CORRELATED_COLUMNS = 20;

export type Correlation = Readonly<{
  a: string;
  b: string;
  /** Rows that have a value in both columns. */
  rows: number;
  /** Null when it is not defined: fewer than two such rows, or a column that never changes. */
  pearson: number | null;
}>;

export type Correlations = Readonly<{
  pairs: readonly Correlation[];
  columns: readonly string[];
  /** Numeric columns beyond the limit, which are in no pair. */
  columnsLeftOut: number;
}>;

/** Yields between pairs. Throws the reason of `signal` when it is aborted. */
export async function correlate(
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<Correlations> {
  const numeric = columns.filter(({ isNumeric }) => isNumeric);
  const paired = numeric.slice(0, MAX_CORRELATED_COLUMNS);
  const pairs: Correlation[] = [];
  for (const [index, a] of paired.entries()) {
    for (const b of paired.slice(index + 1)) {
      await pause(signal);
      pairs.push(correlatePair(a, b));
    }
  }
  return {
    pairs,
    columns: paired.map(({ name }) => name),
    columnsLeftOut: numeric.length - paired.length,
  };
}

function correlatePair(a: Column, b: Column): Correlation {
  const [x, y] = completePairs(a.values, b.values);
  const pearson = x.length < 2 ? Number.NaN : sampleCorrelation(x, y);
  return {
    a: a.name,
    b: b.name,
    rows: x.length,
    // Rounding carries a perfect correlation a little beyond 1.
    pearson: Number.isFinite(pearson) ? Math.max(-1, Math.min(1, pearson)) : null,
  };
}

function completePairs(a: Float64Array, b: Float64Array): readonly [number[], number[]] {
  const x: number[] = [];
  const y: number[] = [];
  for (const [row, value] of a.entries()) {
    const other = b[row] ?? Number.NaN;
    if (Number.isNaN(value) || Number.isNaN(other)) continue;
    x.push(value);
    y.push(other);
  }
  return [x, y];
}
