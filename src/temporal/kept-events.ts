// The newest events of a feed, bounded by count and by size.

import type { TaskEvent } from '../workflows/task';
import type { Increment } from './task-history';

/** What a feed keeps for its followers; a newcomer needs none, a slow one reads again. */
const KEPT_BYTES = 262_144;
const KEPT_EVENTS = 1_000;

export class KeptEvents {
  private events: TaskEvent[] = [];
  private sizes: number[] = [];
  private bytes = 0;

  /** Number of the oldest event kept; infinite when there is none. */
  get firstSeq(): number {
    return this.events[0]?.seq ?? Number.POSITIVE_INFINITY;
  }

  at(seq: number): TaskEvent | undefined {
    return this.events[seq - this.firstSeq];
  }

  add({ events, bytes }: Increment): void {
    for (const event of events) {
      const newest = this.events.at(-1)?.seq ?? 0;
      if (event.seq <= newest) continue;
      // After a gap (a history read anew begins at the newest run) the older ones are not kept on:
      // who needs them or what is missing reads the history.
      if (event.seq > newest + 1) this.forget();
      const size = bytes / events.length;
      this.events.push(event);
      this.sizes.push(size);
      this.bytes += size;
    }
    this.bound();
  }

  private forget(): void {
    this.events = [];
    this.sizes = [];
    this.bytes = 0;
  }

  private bound(): void {
    let dropped = 0;
    let { length } = this.events;
    while (length > 1 && (length > KEPT_EVENTS || this.bytes > KEPT_BYTES)) {
      this.bytes -= this.sizes[dropped] ?? 0;
      dropped += 1;
      length -= 1;
    }
    if (dropped === 0) return;
    this.events = this.events.slice(dropped);
    this.sizes = this.sizes.slice(dropped);
  }
}
