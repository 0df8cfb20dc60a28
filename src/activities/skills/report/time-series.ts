// The mean of a column over time, in the finest steps that a line of readable length allows.

import type { Point } from './chart-specs';
import { pause } from './table';

const MAX_POINTS = 120;
/** Characters of an ISO time that name a minute, an hour, a day, a month. */
const FINE_STEPS = [16, 13, 10, 7];
/** Of a year: taken where even months are too many. */
const COARSEST_STEP = 4;
const ISO_START = '0000-01-01T00:00:00Z';
/** A few tens of milliseconds of work; between two slices the event loop turns. */
const SLICE_ROWS = 50_000;

export interface Series {
  /** In ms since 1970, one a row; NaN where it is missing, as in `values`. */
  readonly dates: Float64Array;
  readonly values: Float64Array;
}

/** Points in the order of time. Throws the reason of `signal` when it is aborted. */
export async function meansOverTime(series: Series, signal: AbortSignal): Promise<Point[]> {
  for (const characters of FINE_STEPS) {
    const points = await meansBy({ ...series, characters, limit: MAX_POINTS }, signal);
    if (points !== undefined) return points;
  }
  const limit = Number.POSITIVE_INFINITY;
  return (await meansBy({ ...series, characters: COARSEST_STEP, limit }, signal)) ?? [];
}

interface Grouping extends Series {
  readonly characters: number;
  readonly limit: number;
}

/** Undefined as soon as there are more points than the limit. */
async function meansBy(
  { dates, values, characters, limit }: Grouping,
  signal: AbortSignal,
): Promise<Point[] | undefined> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const [row, date] of dates.entries()) {
    if (row % SLICE_ROWS === 0) await pause(signal);
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(date) || Number.isNaN(value)) continue;
    const step = new Date(date).toISOString().slice(0, characters);
    const total = sums.get(step) ?? { sum: 0, count: 0 };
    total.sum += value;
    total.count += 1;
    sums.set(step, total);
    if (sums.size > limit) return undefined;
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([step, { sum, count }]) => ({
      date: step + ISO_START.slice(characters),
      mean: sum / count,
    }));
}
