// Random choices that can be had again: `FAULT_SEED` of a printed run repeats it.

export interface Seeded {
  readonly seed: number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
}

/** @param seed default: `FAULT_SEED`, else any. */
export function seeded(seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000)): Seeded {
  let state = seed;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { seed, between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}
