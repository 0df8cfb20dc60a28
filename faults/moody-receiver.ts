// A webhook receiver that fails in one way at random events, and keeps every post also while it comes and goes.

import { Receiver, seqOf, type Received, type Reply } from '../test/harness/receiver';
import type { Seeded } from '../test/harness/seeded';

/** - `away`: refuses nothing by itself; the row closes it and opens it again */
export const MOODS = ['500', '429', '301', '410', 'away', 'hang'] as const;
export type Mood = (typeof MOODS)[number];

export interface Post {
  readonly seq: number;
  /** The body, as it came. */
  readonly raw: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly isTaken: boolean;
}

/** What a receiver of mood `429` asks for. */
export const RETRY_AFTER_S = 1;

/** A post that hangs so long has been given up by its sender, not cut by the death of one: it waits 15 s. */
const GIVEN_UP_MS = 14_000;

/** Events that are refused, by most moods. */
const REFUSED_EVENTS = 3;
/** Times for each of them. */
const MAX_REFUSALS = 2;

export interface MoodyOptions {
  readonly mood: Mood;
  readonly seed: Seeded;
  /** Of the task: which of them are refused is random. */
  readonly events: number;
  /** Where mood `301` sends its sender. */
  readonly elsewhere: string;
}

export class MoodyReceiver {
  readonly posts: Post[] = [];
  readonly mood: Mood;
  /** How often each of these events is refused yet. */
  private readonly refusals: Map<number, number>;
  private readonly elsewhere: string;
  private receiver: Receiver;

  private constructor(receiver: Receiver, { mood, seed, events, elsewhere }: MoodyOptions) {
    this.receiver = receiver;
    this.mood = mood;
    this.elsewhere = elsewhere;
    const places = mood === 'away' ? 0 : mood === '410' || mood === 'hang' ? 1 : REFUSED_EVENTS;
    this.refusals = new Map(
      Array.from({ length: places }, () => [
        seed.between(2, Math.floor(events / 2)),
        mood === '410' ? Number.POSITIVE_INFINITY : seed.between(1, MAX_REFUSALS),
      ]),
    );
    this.receiver.answer = (received) => this.take(received);
  }

  static async start(options: MoodyOptions): Promise<MoodyReceiver> {
    return new MoodyReceiver(await Receiver.start(), options);
  }

  get url(): string {
    return this.receiver.url;
  }

  /** The numbers of the events that it took, each where it came first. */
  get order(): readonly number[] {
    return [...new Set(this.posts.filter(({ isTaken }) => isTaken).map(({ seq }) => seq))];
  }

  /** From now on it takes everything. */
  relent(): void {
    this.refusals.clear();
  }

  close(): Promise<void> {
    return this.receiver.close();
  }

  /** On the same port. */
  async open(): Promise<void> {
    this.receiver = await Receiver.start(this.receiver.port);
    this.receiver.answer = (received) => this.take(received);
  }

  private take(received: Omit<Received, 'status'>): Reply {
    const { raw, at } = received;
    const seq = seqOf(received);
    const reply = this.replyTo(seq, at);
    this.posts.push({ seq, raw, at, isTaken: reply === 200 });
    return reply;
  }

  private replyTo(seq: number, at: number): Reply {
    const left = this.refusals.get(seq) ?? 0;
    if (left === 0) return 200;
    const { mood } = this;
    if (mood === 'hang') {
      const before = this.posts.at(-1);
      return before?.seq === seq && at - before.at > GIVEN_UP_MS ? 200 : 'hang';
    }
    this.refusals.set(seq, left - 1);
    if (mood === '429') return { status: 429, headers: { 'retry-after': String(RETRY_AFTER_S) } };
    if (mood === '301') return { status: 301, headers: { location: this.elsewhere } };
    return mood === '410' ? 410 : 500;
  }
}
