// The `fetch` that all HTTP transports are given: response headers in time, and refusals by type.

import { ConnectionError, ConnectTimeoutError, HttpStatusError, UnavailableError } from './errors';

/** The agent, or a proxy before it, cannot answer for now. */
const FOR_NOW: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** How much of a body that is no A2A error is shown. */
const EXCERPT_CHARACTERS = 200;

export interface GuardedFetchOptions {
  readonly fetchImpl: typeof fetch;
  /** For requests that accept a stream: others may wait for a task. */
  readonly connectTimeoutMs: number;
}

/**
 * Rejects with ConnectTimeoutError, ConnectionError, UnavailableError or HttpStatusError; A2A errors
 * in a body are left to the transport. What the caller's signal aborts rejects with its reason.
 */
export function guardedFetch({ fetchImpl, connectTimeoutMs }: GuardedFetchOptions): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    const isStream = new Headers(init?.headers).get('Accept') === 'text/event-stream';
    const late = new AbortController();
    const timer = isStream ? setTimeout(() => late.abort(), connectTimeoutMs) : undefined;
    const signals = [late.signal, init?.signal].filter(
      (signal) => signal !== null && signal !== undefined,
    );
    try {
      const response = await fetchImpl(input, { ...init, signal: AbortSignal.any(signals) });
      return response.ok ? response : await refused(response, url);
    } catch (err) {
      init?.signal?.throwIfAborted();
      if (late.signal.aborted) throw new ConnectTimeoutError(url, connectTimeoutMs);
      if (err instanceof UnavailableError || err instanceof HttpStatusError) throw err;
      throw new ConnectionError(`${url} cannot be reached`, { cause: err });
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The response again when its body is an A2A error that says more than its status. */
async function refused(response: Response, url: string): Promise<Response> {
  const { status, headers, statusText } = response;
  const text = await response.text();
  const said = errorMessageIn(text);
  const message = `${url} answered ${status} ${statusText}: ${said ?? text.slice(0, EXCERPT_CHARACTERS)}`;
  if (FOR_NOW.has(status)) {
    const retryAfterMs = retryAfter(headers.get('Retry-After'));
    throw new UnavailableError(message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
  if (status === 401 || status === 403 || said === undefined) {
    throw new HttpStatusError(status, message);
  }
  return new Response(text, { status, statusText, headers });
}

/** The `error.message` of JSON-RPC 2.0, A2A §11.6; the `message` of 0.3's REST. */
function errorMessageIn(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { error?: { message?: unknown }; message?: unknown } | null;
    const message = body?.error?.message ?? body?.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110 §10.2.3), in milliseconds from now. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
