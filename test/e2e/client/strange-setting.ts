// Strange agents for each test of a file, and clients that call them.

import {
  createLonghaulClient,
  type LonghaulClient,
  type LonghaulClientOptions,
} from '../../../src/client';
import { StrangeAgent, frame, openStream, type Answer } from './strange-agent';

/** Quick enough for a test, and patient enough for a busy machine. */
const RECONNECT = { initialDelayMs: 5, maxDelayMs: 20, giveUpAfterMs: 5_000 };

export const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
export const KEYS = 'urn:longhaul:a2a:idempotency-key:1';

export interface Opened {
  readonly agent: StrangeAgent;
  readonly client: LonghaulClient;
}

export class StrangeSetting {
  private readonly agents: StrangeAgent[] = [];

  /** @param extensions what the agent's card declares. */
  async open(
    answer: Answer,
    {
      extensions = [],
      ...options
    }: { extensions?: readonly string[] } & LonghaulClientOptions = {},
  ): Promise<Opened> {
    const agent = await this.start(answer, { extensions });
    const client = await createLonghaulClient({ url: agent.url, reconnect: RECONNECT, ...options });
    return { agent, client };
  }

  async start(answer: Answer, { extensions = [] as readonly string[], port = 0 } = {}) {
    const agent = await StrangeAgent.start(answer, extensions, port);
    this.agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.splice(0).map((agent) => agent.close()));
  }
}

/** A stream of these results. */
export function saying(...results: readonly object[]): Answer {
  return ({ id }, res) => {
    openStream(res);
    for (const result of results) frame(res, id, result);
    res.end();
  };
}

/** The first request gets the first answer, and so on; the last one goes on. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let next = 0;
  return (asked, res) => {
    answers[Math.min(next, answers.length - 1)]!(asked, res);
    next += 1;
  };
}

export const cut: Answer = (_asked, res) => res.destroy();
