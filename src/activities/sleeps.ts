// How a skill sleeps: where it is while there is little to go or another branch is at work, else by ending its run until then.

import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import { SkillError } from './skill';

/** A sleep that has less to go costs less where it is than in the workflow. */
const SLEEP_IN_PLACE_MS = 2_000;

/** A run that has done nothing but sleep for so long has no other branch at work. */
const IDLE_MS = 500;

/** Ten years: what is longer was meant in other units, and some day is more than Temporal's timers take. */
const SLEEP_MAX_MS = 315_576_000_000;

/** What time it is, in epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Default: `IDLE_MS`. */
  readonly idleMs?: number;
}

export interface SleepsOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A step is under way. */
  isAtWork(): boolean;
  /** Ends the run until then, in epoch milliseconds. Absent where no run can be ended. */
  readonly suspend: ((until: number) => Promise<never>) | undefined;
}

export class Sleeps {
  private readonly options: SleepsOptions;
  /** When each sleep that is under way is over. */
  private readonly under = new Set<number>();
  private touchedAt = 0;

  constructor(options: SleepsOptions) {
    this.options = options;
  }

  /** The function does something else than sleep. */
  touch(): void {
    this.touchedAt = this.options.clock.now();
  }

  async untilDue(due: number): Promise<void> {
    const { clock, signal, suspend } = this.options;
    this.under.add(due);
    try {
      for (;;) {
        const left = due - clock.now();
        if (left <= 0) return;
        if (suspend !== undefined && left > SLEEP_IN_PLACE_MS && this.isIdle) {
          await suspend(Math.min(...this.under));
        }
        await delay(Math.min(left, this.idleMs), undefined, { signal });
      }
    } finally {
      this.under.delete(due);
    }
  }

  private get isIdle(): boolean {
    const { clock } = this.options;
    return !this.options.isAtWork() && clock.now() - this.touchedAt >= this.idleMs;
  }

  private get idleMs(): number {
    return this.options.clock.idleMs ?? IDLE_MS;
  }
}

/**
 * When a sleep is over, in epoch milliseconds.
 * @param until milliseconds from `now` on, or a Date.
 * @throws SkillError for anything else, and for more than ten years.
 */
export function dueAt(until: unknown, now: number): number {
  const due = timeOf(until, now);
  if (Number.isFinite(due) && due - now <= SLEEP_MAX_MS) return due;
  const text = `ctx.sleep takes milliseconds or a Date, and ten years at most, not ${String(until)}`;
  throw new SkillError(text, { retryable: false });
}

/** NaN for what is no time. */
function timeOf(until: unknown, now: number): number {
  if (typeof until === 'number') return now + until;
  return types.isDate(until) ? until.getTime() : Number.NaN;
}
