// One agent without our extensions for each test, at an address that can be cut.

import type { StreamResponse } from '@a2a-js/sdk';
import { createLonghaulClient, type LonghaulClient } from '../../../src/client';
import { untilAnswer } from '../../harness/eventually';
import { Address } from './address';
import { PlainAgent, type Run } from './plain-agent';
import { inWords } from './seen';

/** Quick enough for a test, and patient enough for a busy machine. */
export const RECONNECT = { initialDelayMs: 5, maxDelayMs: 50, giveUpAfterMs: 10_000 };

export class PlainSetting {
  private open: { readonly address: Address; readonly agent: PlainAgent } | undefined;

  get address(): Address {
    return this.opened.address;
  }

  /** @param streaming what the card says. */
  async start(streaming = true): Promise<void> {
    const [address, free] = await Promise.all([Address.open(), Address.open()]);
    await free.close();
    const agent = await PlainAgent.start(free.port, address.url, streaming);
    address.target = free.url;
    this.open = { address, agent };
  }

  async close(): Promise<void> {
    await Promise.all([this.open?.address.close(), this.open?.agent.close()]);
    this.open = undefined;
  }

  client(transport = 'JSONRPC'): Promise<LonghaulClient> {
    const preferredTransports = [transport];
    return createLonghaulClient({
      url: this.address.url,
      preferredTransports,
      reconnect: RECONNECT,
    });
  }

  /** The message that is or will be under way next. */
  next(): Promise<Run> {
    return this.opened.agent.next();
  }

  /** Resolves when that many subscriptions have begun to answer. */
  subscribed(times = 1): Promise<unknown> {
    const { answered } = this.opened.agent;
    return untilAnswer(
      'the subscription',
      async () => answered.filter((method) => /SubscribeToTask|:subscribe/.test(method)),
      ({ length }) => length >= times,
    );
  }

  private get opened() {
    if (this.open === undefined) throw new Error('the agent is not running');
    return this.open;
  }
}

/** The stream as it is read, beside what has come so far. */
export function reading(events: AsyncIterable<StreamResponse>) {
  const seen: StreamResponse[] = [];
  const over = (async () => {
    for await (const event of events) seen.push(event);
    return seen.map(inWords);
  })();
  const until = (word: string): Promise<unknown> =>
    untilAnswer(
      word,
      async () => seen.map(inWords),
      (words) => words.includes(word),
    );
  return { seen, over, until };
}
