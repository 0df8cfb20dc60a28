// What the bare workflows are told and by which names they are known.

/** Emissions at a fixed interval, the first one after one interval; all in one go where it is 0. */
export interface Ticks {
  readonly count: number;
  readonly everyMs: number;
}

export const SAID_SIGNAL = 'said';
export const CLOCK_TOPIC = 'clock';
