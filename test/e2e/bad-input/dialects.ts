// The four ways to say the same: JSON-RPC and REST, each of both generations.

import { envelope, type Headings } from '../../harness/calls';
import type { Stack } from '../../harness/stack';
import { ask, open, post, type Answer, type Json } from './answers';
import {
  expectLegacyRestRefusal,
  expectLegacyRpcRefusal,
  expectRestRefusal,
  expectRpcRefusal,
  type Reason,
} from './refusals';

/** Every refused message names this context, so that whatever it left behind would be found. */
export const REFUSED_CONTEXT = 'refused';

/** The id of no task. */
export const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** How a gateway is spoken to. */
interface Binding {
  readonly send: (request: unknown, url?: string) => Promise<Answer>;
  readonly stream: (request: unknown) => Promise<Response>;
  readonly get: (id: string, historyLength?: number | string) => Promise<Answer>;
  readonly cancel: (id: string) => Promise<Answer>;
  readonly subscribe: (id: string) => Promise<Response>;
  /** A body of any kind to where messages are sent. */
  readonly raw: (body: string | Buffer, headers?: Headings, url?: string) => Promise<Answer>;
  readonly expectRefusal: (answer: Answer, reason: Reason, id?: unknown) => void;
  readonly isJsonRpc: boolean;
}

/** What a message looks like. */
interface Shape {
  /** A good request to send a message, with these fields of the message changed. */
  readonly request: (message?: Json, configuration?: Json) => Json;
  readonly isLegacy: boolean;
  /** What a message's parts are called, and parts that are wrong. */
  readonly partsKey: string;
  readonly twoContents: Json;
  /** A file whose bytes are an object with a name that every object has. */
  readonly strangeFile: Json;
  /** The flag of the configuration that says whether to wait. */
  readonly waitKey: string;
  /** The field of the configuration in which push notifications are asked for. */
  readonly pushKey: string;
}

export interface Dialect extends Binding, Shape {
  readonly name: string;
}

/** JSON-RPC 1.0, REST 1.0, JSON-RPC 0.3, REST 0.3: on the first gateway, unless an address is given. */
export function dialectsOf(stack: Stack): readonly [Dialect, Dialect, Dialect, Dialect] {
  return [
    { name: 'JSON-RPC 1.0', ...jsonRpc(stack, { 'A2A-Version': '1.0' }, V1_METHODS), ...V1 },
    { name: 'REST 1.0', ...rest(stack, ''), ...V1 },
    { name: 'JSON-RPC 0.3', ...jsonRpc(stack, {}, LEGACY_METHODS), ...LEGACY_RPC },
    { name: 'REST 0.3', ...rest(stack, '/v1'), ...LEGACY_REST },
  ];
}

type Rpc = (method: string, params?: unknown) => Promise<Answer>;

interface Askers {
  /** Any request to a path of the first gateway. */
  readonly ask: (path: string, request?: Parameters<typeof ask>[1]) => Promise<Answer>;
  /** Any method of JSON-RPC. */
  readonly askRpc: Rpc;
  readonly askLegacyRpc: Rpc;
}

/** For what no dialect has a word for. */
export function askersOf(stack: Stack): Askers {
  const [rpc, , legacyRpc] = dialectsOf(stack);
  const over =
    ({ raw }: Dialect): Rpc =>
    (method, params) =>
      raw(JSON.stringify(envelope(method, params)));
  return {
    ask: (path, request) => ask(stack.url + path, request),
    askRpc: over(rpc),
    askLegacyRpc: over(legacyRpc),
  };
}

type Methods = Readonly<Record<'send' | 'stream' | 'get' | 'cancel' | 'subscribe', string>>;

const V1_METHODS: Methods = {
  send: 'SendMessage',
  stream: 'SendStreamingMessage',
  get: 'GetTask',
  cancel: 'CancelTask',
  subscribe: 'SubscribeToTask',
};
const LEGACY_METHODS: Methods = {
  send: 'message/send',
  stream: 'message/stream',
  get: 'tasks/get',
  cancel: 'tasks/cancel',
  subscribe: 'tasks/resubscribe',
};

function jsonRpc(stack: Stack, headers: Headings, methods: Methods): Binding {
  const call = (method: string, params: unknown, url = stack.url): Promise<Answer> =>
    post(url, JSON.stringify(envelope(method, params)), headers);
  const openCall = (method: string, params: unknown): Promise<Response> =>
    open(stack.url, JSON.stringify(envelope(method, params)), headers);
  return {
    send: (request, url) => call(methods.send, request, url),
    stream: (request) => openCall(methods.stream, request),
    get: (id, historyLength) => call(methods.get, { id, historyLength }),
    cancel: (id) => call(methods.cancel, { id }),
    subscribe: (id) => openCall(methods.subscribe, { id }),
    raw: (body, more = {}, url = stack.url) => post(url, body, { ...headers, ...more }),
    expectRefusal: methods === LEGACY_METHODS ? expectLegacyRpcRefusal : expectRpcRefusal,
    isJsonRpc: true,
  };
}

function rest(stack: Stack, prefix: '' | '/v1'): Binding {
  const task = (id: string): string => `${stack.url}${prefix}/tasks/${id}`;
  const query = (historyLength?: number | string): string =>
    historyLength === undefined ? '' : `?historyLength=${historyLength}`;
  return {
    send: (request, url = stack.url) =>
      post(`${url}${prefix}/message:send`, JSON.stringify(request)),
    stream: (request) => open(`${stack.url}${prefix}/message:stream`, JSON.stringify(request)),
    get: (id, historyLength) => ask(task(id) + query(historyLength)),
    cancel: (id) => post(`${task(id)}:cancel`, ''),
    subscribe: (id) => fetch(`${task(id)}:subscribe`),
    raw: (body, more, url = stack.url) => post(`${url}${prefix}/message:send`, body, more),
    expectRefusal: prefix === '' ? expectRestRefusal : expectLegacyRestRefusal,
    isJsonRpc: false,
  };
}

/** Makes requests of a message that is good with these fields, and may have others or more. */
function requests(good: Json): Shape['request'] {
  const base = { messageId: 'm', contextId: REFUSED_CONTEXT, metadata: { skillId: 'echo' } };
  return (message = {}, configuration) => ({
    message: { ...base, ...good, ...message },
    ...(configuration && { configuration }),
  });
}

const STRANGE = { constructor: 'aGVsbG8=' };

const V1: Shape = {
  request: requests({ role: 'ROLE_USER', parts: [{ text: 'hello' }] }),
  isLegacy: false,
  partsKey: 'parts',
  twoContents: { text: 'a', url: 'https://example.com/b' },
  strangeFile: { raw: STRANGE },
  waitKey: 'returnImmediately',
  pushKey: 'taskPushNotificationConfig',
};

const LEGACY_RPC: Shape = {
  request: requests({ kind: 'message', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }),
  isLegacy: true,
  partsKey: 'parts',
  twoContents: { kind: 'file', file: { bytes: 'aGk=', uri: 'https://example.com/b' } },
  strangeFile: { kind: 'file', file: { bytes: STRANGE } },
  waitKey: 'blocking',
  pushKey: 'pushNotificationConfig',
};

const LEGACY_REST: Shape = {
  request: requests({ role: 'ROLE_USER', content: [{ text: 'hello' }] }),
  isLegacy: true,
  partsKey: 'content',
  twoContents: { text: 'a', file: { fileWithUri: 'https://example.com/b' } },
  strangeFile: { file: { fileWithBytes: STRANGE } },
  waitKey: 'blocking',
  pushKey: 'pushNotification',
};
