// What the rows reckon from what they have measured.

import { quantile } from 'simple-statistics';

/** Whole; not a number when there are no values. @param share 0.95 for the 95th percentile. */
export function percentileOf(values: readonly number[], share: number): number {
  return values.length === 0 ? Number.NaN : Math.round(quantile([...values], share));
}
