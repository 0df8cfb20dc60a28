// Wakes whoever waits for something of many that come.

import { WAIT_MS, within } from './eventually';

export class Bell {
  private readonly waiting = new Set<() => void>();

  /** Something has come. */
  ring(): void {
    for (const wake of [...this.waiting]) wake();
    this.waiting.clear();
  }

  /** Resolves when the next thing comes. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  /** Resolves when it fits what has come; asked again with each thing that comes, and rejects when none does in time. */
  async until(what: string, fits: () => boolean, ms = WAIT_MS): Promise<void> {
    while (!fits()) await within(what, this.next(), ms);
  }
}
