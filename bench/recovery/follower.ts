// A client that follows one task through every death: when its stream breaks it comes back with its cursor.

import { setTimeout as delay } from 'node:timers/promises';
import { A2aClient } from '../a2a-client';
import { monotonicMs } from '../monotonic';

/** Pause before it comes back. */
const RETRY_MS = 20;

const FRAME_ID = /^id: (\d+)$/m;
/** A time as the skill says it. */
const TIME = /"text":"(\d+(?:\.\d+)?)"/;

/** In the time of `monotonicMs`. */
interface Word {
  readonly saidAt: number;
  readonly heardAt: number;
}

export class Follower {
  private readonly taskId: string;
  private readonly urls: () => readonly string[];
  private cursor = 1;
  private hasLeft = false;
  private client: A2aClient | undefined;
  private readonly waiting = new Set<(word: Word) => void>();

  /** @param urls of the gateways that it knows of, asked for again whenever it comes back. */
  constructor(taskId: string, urls: () => readonly string[]) {
    this.taskId = taskId;
    this.urls = urls;
    void this.follow();
  }

  /** The first word that is said from this time on. */
  async wordSince(time: number): Promise<Word> {
    for (;;) {
      const word = await new Promise<Word>((resolve) => this.waiting.add(resolve));
      if (word.saidAt >= time) return word;
    }
  }

  leave(): void {
    this.hasLeft = true;
    this.client?.close();
  }

  private async follow(): Promise<void> {
    for (let attempt = 0; !this.hasLeft; attempt += 1) {
      const urls = this.urls();
      const client = new A2aClient(urls[attempt % urls.length] ?? '');
      this.client = client;
      // It breaks in the end, whatever it is that ends it.
      await this.read(client).catch(() => undefined);
      client.close();
      await delay(RETRY_MS);
    }
  }

  private async read(client: A2aClient): Promise<void> {
    const stream = await client.open(this.taskId, this.cursor);
    let pending = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      const now = monotonicMs();
      const frames = (pending + String(chunk)).split('\n\n');
      pending = frames.pop() ?? '';
      for (const frame of frames) this.hear(frame, now);
    }
  }

  private hear(frame: string, heardAt: number): void {
    const [, id] = FRAME_ID.exec(frame) ?? [];
    // A snapshot has no number, and repeats what is known.
    if (id === undefined) return;
    this.cursor = Number(id);
    const [, said] = TIME.exec(frame) ?? [];
    if (said === undefined) return;
    for (const tell of [...this.waiting]) {
      this.waiting.delete(tell);
      tell({ saidAt: Number(said), heardAt });
    }
  }
}
