// One contender under one load: some tasks speak, the others are open and followed, and new ones are sent.

import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../monotonic';
import type { Ticks } from '../peers/contract';
import type { Contender } from './contenders';

export interface Level {
  readonly name: string;
  /** Tasks that are open and followed, those that speak included. */
  readonly open: number;
  readonly speakers: number;
  /** Of each speaker. */
  readonly ticks: Ticks;
  /** Tasks that are sent one after the other, to hear their first word. */
  readonly sends: { readonly count: number; readonly everyMs: number };
}

export interface Heard {
  /** From emission to client, of what was said while all spoke. */
  readonly tookMs: readonly number[];
  /** From the call until the client had the first word of the skill, which speaks at once. */
  readonly firstWordMs: readonly number[];
  readonly eventsPerSecond: number;
}

const ONE_WORD: Ticks = { count: 1, everyMs: 0 };

export async function hear(contender: Contender, level: Level): Promise<Heard> {
  const { open, speakers, ticks } = level;
  const close = await contender.open(open - speakers);
  try {
    const beginnings = Array.from({ length: speakers }, () => new Beginning());
    const speaking = Promise.all(
      beginnings.map((beginning) => listenTo(contender, ticks, () => beginning.tell())),
    );
    // One task that speaks alone is to have no other beside it.
    const begun = Promise.all(beginnings.map(({ come }) => come));
    await Promise.race([speaking, ...(speakers === 1 ? [] : [begun])]);
    const firstWordMs = await sendSome(contender, level.sends);
    return { ...whileAllSpoke(await speaking), firstWordMs };
  } finally {
    await close();
  }
}

class Beginning {
  readonly come: Promise<void>;
  tell = (): void => undefined;

  constructor() {
    this.come = new Promise((resolve) => {
      this.tell = resolve;
    });
  }
}

/** In the time of `monotonicMs`. */
interface Word {
  readonly saidAt: number;
  readonly heardAt: number;
}

async function listenTo(
  contender: Contender,
  ticks: Ticks,
  onWord: () => void = () => undefined,
): Promise<readonly Word[]> {
  const words: Word[] = [];
  for await (const text of contender.listen(ticks)) {
    words.push({ saidAt: Number(text), heardAt: monotonicMs() });
    onWord();
    if (words.length === ticks.count) break;
  }
  if (words.length === ticks.count) return words;
  throw new Error(`${contender.name}: heard ${words.length} of ${ticks.count} emissions`);
}

/** Tasks start one after the other, and end so. */
function whileAllSpoke(tasks: readonly (readonly Word[])[]): Omit<Heard, 'firstWordMs'> {
  const from = Math.max(...tasks.map((words) => words.at(0)?.saidAt ?? Number.NaN));
  const until = Math.min(...tasks.map((words) => words.at(-1)?.saidAt ?? Number.NaN));
  const words = tasks.flat().filter(({ saidAt }) => saidAt >= from && saidAt <= until);
  if (words.length < tasks.length) {
    throw new Error('the first task had ended before the last one spoke: the machine is too busy');
  }
  return {
    tookMs: words.map(({ saidAt, heardAt }) => heardAt - saidAt),
    eventsPerSecond: ((words.length - 1) / (until - from)) * 1_000,
  };
}

async function sendSome(
  contender: Contender,
  { count, everyMs }: Level['sends'],
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    const from = monotonicMs();
    for (const { heardAt } of await listenTo(contender, ONE_WORD)) tookMs.push(heardAt - from);
    await delay(everyMs);
  }
  return tookMs;
}
