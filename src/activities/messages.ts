// `ctx.messages`: what callers say while the skill runs. What was read is in the journal, so that every later run
// reads it at the same place; the rest is read from the task's own history, one message after the other.

import { restoreMessage } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { ContentPart, Message } from '../workflows/task';
import { misfit, type Journal } from './journal';
import { SkillError } from './skill';
import type { Clock } from './sleeps';
import type { Steps } from './steps';

const CALL = 'ctx.messages';

/** Where follow-ups come from. */
export interface FollowUpSource {
  /** The follow-up of this number, counted from 0, when it has come. Rejects when `signal` aborts. */
  at(followUp: number, signal: AbortSignal): Promise<Message>;
}

export interface MessagesOptions {
  /** Absent in a skill that replies. */
  readonly journal: Journal | undefined;
  readonly calls: Pick<Steps, 'place' | 'record' | 'turn' | 'waiting'>;
  readonly store: PartStore;
  readonly clock: Clock;
  /** Follow-ups that were known when the run began, and how many of them had been read. */
  readonly followUps: readonly Message<ContentPart>[];
  readonly read: number;
  /** Aborted when the run has to stop. */
  readonly signal: AbortSignal;
  /** The run has ended where the function waits; what it does from there on counts for nothing. */
  hasLeft(): boolean;
  open(): FollowUpSource;
}

type Item = Message<ContentPart>;

export class Messages implements AsyncIterable<Item> {
  private readonly options: MessagesOptions;
  /** Of all that was said to the task so far; the next one is of this number. */
  private read: number;
  private source: FollowUpSource | undefined;
  private readonly over = new AbortController();
  /** Whoever reads waits for this one: only the oldest can be read. */
  private before: Promise<unknown> = Promise.resolve();

  constructor(options: MessagesOptions) {
    this.options = options;
    this.read = options.read;
  }

  [Symbol.asyncIterator](): AsyncIterator<Item, undefined, undefined> {
    const left = new AbortController();
    const end = AbortSignal.any([left.signal, this.over.signal]);
    const done = { done: true, value: undefined } as const;
    return {
      next: async () => {
        const message = end.aborted ? undefined : await this.next(end);
        return message === undefined ? done : { done: false, value: message };
      },
      return: async () => {
        left.abort();
        return done;
      },
    };
  }

  /** The function has returned: loops that are still under way end. */
  close(): void {
    this.over.abort();
  }

  /** Undefined when the loop is left before there is a message. */
  private async next(end: AbortSignal): Promise<Item | undefined> {
    const { journal, calls, followUps } = this.options;
    if (journal === undefined) {
      const text = 'a skill that replies has no task that messages could come to';
      throw new SkillError(text, { retryable: false });
    }
    this.options.signal.throwIfAborted();
    const id = await calls.place(CALL);
    if (!journal.has(id)) return this.inTurn(id, () => this.receive(id, journal, end));
    const call = await journal.take(id);
    if (call?.kind !== 'message') throw misfit(id, 'reads a message there');
    await calls.turn(id);
    return followUps[call.followUp];
  }

  private inTurn(id: string, receive: () => Promise<Item | undefined>): Promise<Item | undefined> {
    const { before } = this;
    const mine = this.options.calls.waiting(id, () => before.then(receive));
    this.before = mine.catch(() => undefined);
    return mine;
  }

  private async receive(id: string, journal: Journal, end: AbortSignal): Promise<Item | undefined> {
    const followUp = this.read;
    const message = await this.arrival(followUp, end);
    if (message === undefined) return undefined;
    // Not before there is something to read: a branch may wait while others come to where they were.
    await journal.take(id);
    if (end.aborted) return undefined;
    await this.options.calls.record({
      ...{ kind: 'message', id, followUp },
      at: this.options.clock.now(),
    });
    this.read += 1;
    await this.options.calls.turn(id);
    return message;
  }

  private async arrival(followUp: number, end: AbortSignal): Promise<Item | undefined> {
    const known = this.options.followUps[followUp];
    if (known !== undefined) return known;
    const { signal, store } = this.options;
    this.source ??= this.options.open();
    try {
      const message = await this.source.at(followUp, AbortSignal.any([signal, end]));
      return await restoreMessage(store, message);
    } catch (err) {
      if (this.options.hasLeft()) return new Promise(() => undefined);
      if (signal.aborted) throw signal.reason;
      if (end.aborted) return undefined;
      throw err;
    }
  }
}
