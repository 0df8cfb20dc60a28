// Posts one notification: to an address that may be dialed, which is pinned, and without following anybody.

import type { LookupFunction } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { NOT_REACHED, destinationOf, type AddressRules, type Destination } from './address-rules';
import { resolveHost } from './resolve';

/** A receiver that takes longer has refused (Standard Webhooks: 15 to 30 s). */
const TIMEOUT_MS = 15_000;

/** Nothing that a receiver answers is read, but a short answer keeps its connection. */
const ANSWER_MAX_BYTES = 4_096;

/** Most servers close an idle connection after five seconds. */
const KEEP_ALIVE_MS = 4_000;

export interface Notification {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Posted =
  | { readonly kind: 'accepted' }
  /** The receiver wants no more (410). */
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAfterMs?: number };

export interface Poster {
  /** @throws the signal's reason when it aborts first; whatever the receiver does is an answer. */
  post(notification: Notification, signal: AbortSignal): Promise<Posted>;
  close(): Promise<void>;
}

export function createPoster(rules: AddressRules): Poster {
  const agent = new Agent({
    connect: pinnedConnector(rules),
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  return {
    async post(notification, signal) {
      // A host that is an address is never looked up, so it is looked at here.
      const problem = rules.problemOf(notification.url);
      if (problem !== undefined) return { kind: 'refused', reason: `the URL ${problem}` };
      return postWith(agent, notification, signal);
    },
    close: () => agent.destroy(),
  };
}

async function postWith(
  agent: Agent,
  { url, headers, body }: Notification,
  signal: AbortSignal,
): Promise<Posted> {
  const call = new AbortController();
  const abort = (): void => {
    call.abort(signal.reason);
  };
  const limit = setTimeout(() => {
    call.abort(new Error(`no answer within ${String(TIMEOUT_MS / 1_000)} s`));
  }, TIMEOUT_MS);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const answer = await request(url, {
      method: 'POST',
      headers: { ...headers, 'accept-encoding': 'identity' },
      body,
      dispatcher: agent,
      signal: call.signal,
    });
    await answer.body.dump({ limit: ANSWER_MAX_BYTES }).catch(() => undefined);
    return fromAnswer(answer.statusCode, answer.headers['retry-after']);
  } catch (err) {
    signal.throwIfAborted();
    return { kind: 'refused', reason: reasonOf(err) };
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', abort);
  }
}

function fromAnswer(status: number, retryAfter: string | string[] | undefined): Posted {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  const reason = `HTTP ${String(status)}`;
  if (status === 410) return { kind: 'gone', reason };
  const retryAfterMs = toMilliseconds(retryAfter?.toString() ?? '');
  return { kind: 'refused', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). */
function toMilliseconds(retryAfter: string): number | undefined {
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const until = Date.parse(retryAfter);
  return Number.isNaN(until) ? undefined : Math.max(until - Date.now(), 0);
}

/** The code of a failed connection, or what we found against it; nothing that a receiver said. */
function reasonOf(err: unknown): string {
  const { code, message } = (err ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return [code, message].find((said) => typeof said === 'string') ?? 'the connection failed';
}

/** Resolves a name once, and connects to what was looked at: no other answer can slip in between. */
function pinnedConnector(rules: AddressRules): buildConnector.connector {
  return (options, callback) => {
    const { hostname, port, protocol } = options;
    const to = destinationOf({ hostname, port, protocol });
    const connect = buildConnector({ lookup: guardedLookup(rules, to), timeout: TIMEOUT_MS });
    connect(options, callback);
  };
}

function guardedLookup(rules: AddressRules, to: Destination): LookupFunction {
  return (_hostname, options, callback) => {
    resolveHost(rules, to).then(
      (addresses) => {
        const [first] = addresses;
        if (!addresses.every(({ address }) => rules.mayDial(address, to))) {
          callback(new Error(`the URL ${NOT_REACHED}`), '');
        } else if (options.all) {
          callback(null, [...addresses]);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (err: unknown) => {
        callback(err as Error, '');
      },
    );
  };
}
