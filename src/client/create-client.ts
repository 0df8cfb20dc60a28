// Puts a client together: from an address, a card, or a client of the SDK.

import type { AgentCard } from '@a2a-js/sdk';
import {
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  type Client,
  type ClientConfig,
  type TransportFactory,
} from '@a2a-js/sdk/client';
import { Agent } from './agent';
import { LonghaulClientError, ProtocolError } from './errors';
import { guardedFetch } from './guarded-fetch';
import { LonghaulClient } from './longhaul-client';
import type { ReconnectOptions } from './pace';
import { ownTransportFactories } from './transports';

/** A2A §8.2, relative to the agent's address. */
const CARD_PATH = '.well-known/agent-card.json';

/** Long enough for an agent that wakes up. */
const CONNECT_TIMEOUT_MS = 30_000;

/** A task with its artifacts fits, and a page of a browser bears it. */
const MAX_EVENT_SIZE = 16 * 1024 * 1024;

/** Seven of the comments with which Longhaul breaks its silence. */
const IDLE_TIMEOUT_MS = 30_000;

/** Which agent: exactly one of the three. */
export type AgentSource =
  /** Its address; the card is at `cardPath`, by default `/.well-known/agent-card.json`. */
  | { readonly url: string; readonly cardPath?: string }
  | { readonly agentCard: AgentCard }
  /**
   * A client of the SDK, whose transport stays as it is: the limits below do not hold for it.
   * `agentCard` saves asking it for its card.
   */
  | { readonly client: Client; readonly agentCard?: AgentCard };

export interface LonghaulClientOptions {
  /** For every request over HTTP. Credentials: `createAuthenticatingFetchWithRetry` of the SDK. Default: `fetch`. */
  readonly fetchImpl?: typeof fetch;
  /** Sent with every request but that for the card: HTTP headers, gRPC metadata. Default: none. */
  readonly serviceParameters?: Readonly<Record<string, string>>;
  /** More transports, such as the SDK's `GrpcTransportFactory`. Default: JSON-RPC and REST. */
  readonly transports?: readonly TransportFactory[];
  /** `JSONRPC`, `HTTP+JSON`, `GRPC`. Default: the order of the card. */
  readonly preferredTransports?: readonly string[];
  /** The SDK's: interceptors and defaults of sends. */
  readonly clientConfig?: ClientConfig;
  /** Speaks A2A 0.3 where the card offers nothing else. Default: false. */
  readonly legacyCompat?: { readonly enabled: boolean };
  /** To the response headers of a stream, and to the answer of a short call. A stream has no time limit. Default: 30,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Silence after which a stream with cursors is opened anew. Default: 30,000 ms. */
  readonly idleTimeoutMs?: number;
  /** Characters of one event of a stream over HTTP. Default: 16 Mi. */
  readonly maxEventSize?: number;
  readonly reconnect?: ReconnectOptions;
}

/**
 * @throws TypeError for a `url` that is none; HttpStatusError, ConnectionError or ProtocolError when the
 * card cannot be had; the SDK's Error when it offers no transport that is there.
 */
export async function createLonghaulClient(
  options: AgentSource & LonghaulClientOptions,
): Promise<LonghaulClient> {
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS, serviceParameters = {}, reconnect = {} } = options;
  const { client, card } = await connect(options, connectTimeoutMs);
  const agent = new Agent(client, card, { answerTimeoutMs: connectTimeoutMs, serviceParameters });
  return new LonghaulClient(agent, reconnect);
}

async function connect(
  options: AgentSource & LonghaulClientOptions,
  connectTimeoutMs: number,
): Promise<{ readonly client: Client; readonly card: AgentCard }> {
  if ('client' in options) {
    const { client } = options;
    return { client, card: options.agentCard ?? (await client.getAgentCard()) };
  }
  const { idleTimeoutMs = IDLE_TIMEOUT_MS, maxEventSize = MAX_EVENT_SIZE } = options;
  const speaksLegacy = options.legacyCompat?.enabled ?? false;
  const fetchImpl = guardedFetch({ fetchImpl: options.fetchImpl ?? fetch, connectTimeoutMs });
  const http = { fetchImpl, maxEventSize, idleTimeoutMs, speaksLegacy };
  const legacyCompat = { enabled: speaksLegacy };
  const cardResolver = new DefaultAgentCardResolver({ fetchImpl, legacyCompat });
  const factory = new ClientFactory({
    ...ClientFactoryOptions.createFrom(
      { transports: ownTransportFactories(http) },
      { transports: [...(options.transports ?? [])] },
    ),
    cardResolver,
    preferredTransports: [...(options.preferredTransports ?? [])],
    ...(options.clientConfig === undefined ? {} : { clientConfig: options.clientConfig }),
  });
  const card =
    'url' in options
      ? await cardAt(cardResolver, options)
      : cardResolver.normalizeAgentCard(options.agentCard);
  return { client: await factory.createFromAgentCard(card), card };
}

async function cardAt(
  resolver: DefaultAgentCardResolver,
  { url, cardPath = CARD_PATH }: { readonly url: string; readonly cardPath?: string },
): Promise<AgentCard> {
  if (!/^https?:\/\//i.test(url)) {
    throw new TypeError(`url is ${JSON.stringify(url)}: it must begin with http:// or https://`);
  }
  const address = new URL(cardPath, url).href;
  try {
    return await resolver.resolve(url, cardPath);
  } catch (err) {
    if (err instanceof LonghaulClientError) throw err;
    const why = err instanceof Error ? err.message : String(err);
    throw new ProtocolError(`what is at ${address} is no agent card: ${why}`, { cause: err });
  }
}
