// What the calls of one run are called: their ids in the journal, and the keys of their effects.

import { createHash } from 'node:crypto';

/** What servers take as an idempotency key. */
const KEY_MAX = 255;

export class StepIds {
  private readonly origin: string;
  private readonly taken = new Set<string>();
  /** By name: the number of its last call. */
  private readonly calls = new Map<string, number>();

  /** @param origin what keys begin with: the id of the task that the journal began with. */
  constructor(origin: string) {
    this.origin = origin;
  }

  /** Of the next call of this name: the name, then `name#2` … but none that another call has been given. */
  next(name: string): string {
    let call = this.calls.get(name) ?? 0;
    let id: string;
    do {
      call += 1;
      id = call === 1 ? name : `${name}#${String(call)}`;
    } while (this.taken.has(id));
    this.calls.set(name, call);
    this.taken.add(id);
    return id;
  }

  /** See `StepScope`. */
  keyOf(id: string): string {
    const key = `${this.origin}:${encodeURIComponent(id)}`;
    if (key.length <= KEY_MAX) return key;
    return `${this.origin}:${createHash('sha256').update(id).digest('hex')}`;
  }
}
