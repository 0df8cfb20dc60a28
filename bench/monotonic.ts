// The clock by which two processes of one machine compare times.

/** Milliseconds with fractions, of a clock that all processes share and that nobody sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
