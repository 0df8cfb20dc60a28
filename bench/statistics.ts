// Percentiles of one run, and the spread of a figure over the rounds.

import { max, median, min, quantile } from 'simple-statistics';

/** A figure measured once a round. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws Error when there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const copy = [...values];
  return { median: median(copy), min: min(copy), max: max(copy) };
}

/** @param share 0.5 for the median, 0.99 for the 99th percentile. */
export function percentile(values: readonly number[], share: number): number {
  return quantile([...values], share);
}

/** Ratio of two figures in each round: what slows the machine down for a round slows both down. */
export function ratios(ours: readonly number[], theirs: readonly number[]): readonly number[] {
  return ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
}
