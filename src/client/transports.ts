// The SDK's transports over HTTP with streams of our own: its reader refuses events over 4 MiB,
// reads a large one in quadratic time and hides the type of an error in a stream.

import {
  SendMessageRequest,
  SubscribeToTaskRequest,
  type AgentCard,
  type StreamResponse,
} from '@a2a-js/sdk';
import {
  JsonRpcTransportFactory,
  RestTransportFactory,
  type RequestOptions,
  type Transport,
  type TransportFactory,
} from '@a2a-js/sdk/client';
import { ProtocolError } from './errors';
import { STREAM_CURSOR_URI, declaredExtensions } from './extensions';
import { readSse, type SseLimits } from './sse-events';
import { jsonRpcResult, restResult, toEvent, type Frame } from './stream-frames';

export interface HttpTransportOptions {
  readonly fetchImpl: typeof fetch;
  readonly maxEventSize: number;
  /** Holds with an agent that declares stream cursors: there a needless reconnect loses nothing. */
  readonly idleTimeoutMs: number;
  /** A2A 0.3, where the card offers nothing else. */
  readonly speaksLegacy: boolean;
}

/** Streams of A2A 0.3 stay the SDK's. */
const OWN_VERSION = '1.0';

/** One for each binding over HTTP. */
export function ownTransportFactories(options: HttpTransportOptions): TransportFactory[] {
  return [
    withOwnStreams(JsonRpcTransportFactory, options, jsonRpcStreams),
    withOwnStreams(RestTransportFactory, options, restStreams),
  ];
}

type Streams = Pick<Transport, 'sendMessageStream' | 'resubscribeTask'>;
type Events = AsyncGenerator<StreamResponse, void, undefined>;
type Open = (url: string, body: unknown, options?: RequestOptions) => Events;
type StreamsAt = (url: string, card: AgentCard, options: HttpTransportOptions) => Streams;

/** A factory of the SDK, by what it is given here. */
type SdkTransportFactory = new (options: {
  readonly fetchImpl: typeof fetch;
  readonly legacyCompat: { enabled: boolean };
}) => TransportFactory;

function withOwnStreams(
  Sdk: SdkTransportFactory,
  options: HttpTransportOptions,
  streamsAt: StreamsAt,
): TransportFactory {
  const { fetchImpl, speaksLegacy } = options;
  const sdk = new Sdk({ fetchImpl, legacyCompat: { enabled: speaksLegacy } });
  return {
    protocolName: sdk.protocolName,
    async create(url, card) {
      const transport = await sdk.create(url, card);
      if (transport.protocolVersion !== OWN_VERSION) return transport;
      return Object.assign(transport, streamsAt(url, card, options));
    },
  };
}

function jsonRpcStreams(url: string, card: AgentCard, own: HttpTransportOptions): Streams {
  const open = opener(own, card, jsonRpcResult);
  let lastId = 0;
  const call = (method: string, params: unknown, options?: RequestOptions): Events => {
    lastId += 1;
    return open(url, { jsonrpc: '2.0', id: lastId, method, params }, options);
  };
  return {
    sendMessageStream: (params, options) =>
      call('SendStreamingMessage', SendMessageRequest.toJSON(params), options),
    resubscribeTask: (params, options) =>
      call('SubscribeToTask', SubscribeToTaskRequest.toJSON(params), options),
  };
}

function restStreams(url: string, card: AgentCard, own: HttpTransportOptions): Streams {
  const open = opener(own, card, restResult);
  const address = (tenant: string, path: string): string =>
    url.replace(/\/+$/, '') + (tenant === '' ? '' : `/${encodeURIComponent(tenant)}`) + path;
  return {
    sendMessageStream: (params, options) =>
      open(address(params.tenant, '/message:stream'), SendMessageRequest.toJSON(params), options),
    resubscribeTask: ({ tenant, id }, options) =>
      open(address(tenant, `/tasks/${encodeURIComponent(id)}:subscribe`), undefined, options),
  };
}

/** @param resultOf what a frame says in this binding; throws the error that it may say instead. */
function opener(
  { fetchImpl, maxEventSize, idleTimeoutMs }: HttpTransportOptions,
  card: AgentCard,
  resultOf: (frame: Frame) => unknown,
): Open {
  const isResumed = declaredExtensions(card).has(STREAM_CURSOR_URI);
  const limits: SseLimits = { maxEventSize, ...(isResumed ? { idleTimeoutMs } : {}) };
  return async function* open(url, body, options) {
    const response = await fetchImpl(url, {
      method: 'POST',
      headers: {
        ...options?.serviceParameters,
        'Content-Type': 'application/json',
        Accept: 'text/event-stream',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(options?.signal === undefined ? {} : { signal: options.signal }),
    });
    if (response.headers.get('Content-Type')?.startsWith('text/event-stream') !== true) {
      // An agent may refuse a stream with one plain answer.
      resultOf({ data: await response.text(), status: response.status });
      throw new ProtocolError(`${url} answered a stream with one result instead of events`);
    }
    if (response.body === null) return;
    for await (const { data, event, id } of readSse(response.body, limits)) {
      const result = resultOf({ data, status: response.status, isError: event === 'error' });
      const said = toEvent(result, id);
      if (said !== undefined) yield said;
    }
  };
}
