// The mean of a column over time, in the finest steps that a line of readable length allows.

import type { Point } from './chart-specs';

const MAX_POINTS = 120;
/** Characters of an ISO time that name a minute, an hour, a day, a month, a year. */
const STEPS = [16, 13, 10, 7, 4];
const ISO_START = '0000-01-01T00:00:00Z';

/**
 * @param dates in ms since 1970, one a row; NaN where it is missing, as in `values`.
 * @returns points in the order of time; one a year where even months are too many.
 */
export function meansOverTime(dates: Float64Array, values: Float64Array): Point[] {
  for (const characters of STEPS) {
    const limit = characters === STEPS.at(-1) ? Number.POSITIVE_INFINITY : MAX_POINTS;
    const points = meansBy({ dates, values, characters, limit });
    if (points !== undefined) return points;
  }
  return [];
}

interface Grouping {
  readonly dates: Float64Array;
  readonly values: Float64Array;
  readonly characters: number;
  readonly limit: number;
}

/** Undefined as soon as there are more points than the limit. */
function meansBy({ dates, values, characters, limit }: Grouping): Point[] | undefined {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const [row, date] of dates.entries()) {
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
