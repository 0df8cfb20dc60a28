// Does something again and again on a schedule, whatever comes of it: a slow answer keeps no later try back.

import { setTimeout as delay } from 'node:timers/promises';

export interface OffersOptions<T> {
  readonly everyMs: number;
  /** Must end by itself, and must not reject. @param n from 0. */
  readonly offer: (n: number) => Promise<T>;
}

export class Offers<T> {
  /** What came of each, in the order in which they ended. */
  readonly made: T[] = [];
  private readonly options: OffersOptions<T>;
  private readonly stop = new AbortController();
  private readonly offering: Promise<void>;

  constructor(options: OffersOptions<T>) {
    this.options = options;
    this.offering = this.run();
  }

  /** Offers nothing more; resolves when everything has ended. */
  async end(): Promise<readonly T[]> {
    this.stop.abort();
    await this.offering;
    return this.made;
  }

  private async run(): Promise<void> {
    const { everyMs, offer } = this.options;
    const { signal } = this.stop;
    const open: Promise<unknown>[] = [];
    for (let n = 0; !signal.aborted; n += 1) {
      open.push(offer(n).then((made) => this.made.push(made)));
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(open);
  }
}
