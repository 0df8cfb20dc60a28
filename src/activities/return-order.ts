// In which order calls come back to a skill's function: the same in every run, so that a race between steps, or
// between a step and a sleep, has the winner that it had. By when they ended, first and later runs alike.

import { setImmediate } from 'node:timers/promises';
import type { JournalCall } from '../workflows/journal';

/** One that has not come back yet. */
interface Pending {
  /** A message that was read counts as a step that takes no time. */
  readonly kind: 'step' | 'sleep';
  /** Place in the journal: of a step where it ended, of a sleep where it began. */
  readonly place: number;
  /** When it was called and when it is over, in epoch milliseconds. */
  readonly at: number;
  readonly end: number;
}

export class ReturnOrder {
  private readonly patienceMs: number;
  /** By id, in the order of their places. */
  private readonly pending = new Map<string, Pending>();
  private readonly waiting = new Set<() => void>();
  private places = 0;

  /** @param patienceMs how long a call waits for one before it that the function has not come to. */
  constructor(patienceMs: number) {
    this.patienceMs = patienceMs;
  }

  /** In the order of the journal. */
  add(call: JournalCall): void {
    if (this.pending.has(call.id)) return;
    const { at } = call;
    const kind = call.kind === 'sleep' ? 'sleep' : 'step';
    this.pending.set(call.id, { kind, place: this.places, at, end: endOf(call) });
    this.places += 1;
  }

  /** Resolves when the call may go back: all that came back before it have. */
  async turn(id: string): Promise<void> {
    const own = this.pending.get(id);
    if (own === undefined) return;
    if (!this.isNext(own)) await this.untilNext(own);
    void this.goBack(id);
  }

  /** What the function does with one comes before the next: it may be several promises away. */
  private async goBack(id: string): Promise<void> {
    await setImmediate();
    this.pending.delete(id);
    for (const look of [...this.waiting]) look();
  }

  private untilNext(own: Pending): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.isNext(own)) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(() => {
        // What the function does not call any more is not waited for again.
        for (const [id, other] of this.pending) if (isBefore(other, own)) this.pending.delete(id);
        look();
      }, this.patienceMs);
      this.waiting.add(look);
    });
  }

  private isNext(own: Pending): boolean {
    for (const other of this.pending.values()) if (isBefore(other, own)) return false;
    return true;
  }
}

function endOf(call: JournalCall): number {
  switch (call.kind) {
    case 'step':
    case 'failed':
      return call.at + call.ms;
    case 'sleep':
      return call.until;
    case 'message':
      return call.at;
  }
}

/** One that depends on the other is never before it: it began, or was recorded, after the other's end. */
function isBefore(a: Pending, b: Pending): boolean {
  if (a === b) return false;
  if (a.kind === 'step' && b.kind === 'step') return a.place < b.place;
  if (a.place > b.place) return !isBefore(b, a);
  if (a.kind === 'step') return true;
  if (b.kind === 'step') return a.end <= b.end;
  return a.end <= b.at || a.end <= b.end;
}
