// What goes wrong between us and the model's endpoint: whether it may pass, and what may be told of it.

import { APICallError } from '@ai-sdk/provider';

/** Nothing in it is secret: messages of the endpoint and of the network, the API key taken out. */
export class ModelFault extends Error {
  /** The same request may be answered later. */
  readonly isPassing: boolean;
  /** How long the endpoint asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, isPassing: boolean, retryAfterMs?: number) {
    super(message);
    this.name = 'ModelFault';
    this.isPassing = isPassing;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * `fetch`, but an answer that says it is no stream of events is a fault that does not pass: the address is wrong,
 * or what is there does not stream. One that says nothing of its type is read all the same.
 */
export const fetchEvents: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const type = response.headers.get('content-type');
  if (!response.ok || type === null || /^text\/event-stream\b/i.test(type)) return response;
  await response.body?.cancel();
  const { origin, pathname } = new URL(response.url);
  throw new ModelFault(
    `${origin}${pathname} answered with ${type} instead of a stream of events: ` +
      'check that ASSISTANT_BASE_URL is an OpenAI-compatible API up to its version (…/v1), and that it streams',
    false,
  );
};

/** @param secret is taken out of the text: some endpoints repeat a key that they refuse. */
export function toModelFault(err: unknown, secret: string | undefined): ModelFault {
  const redact = (text: string): string =>
    secret === undefined ? text : text.replaceAll(secret, '[API key]');
  if (err instanceof ModelFault) return err;
  if (!APICallError.isInstance(err)) {
    // A connection that breaks, a frame that is no JSON, an error that the endpoint puts into its stream.
    return new ModelFault(`the model's answer broke off: ${redact(messageOf(err))}`, true);
  }
  const { statusCode, isRetryable, responseHeaders = {} } = err;
  if (statusCode === undefined) {
    return new ModelFault(`the model cannot be reached: ${redact(err.message)}`, isRetryable);
  }
  const reason = redact(err.message).trim() || 'without a reason';
  const text = `the model's endpoint answered ${String(statusCode)}: ${reason}`;
  return new ModelFault(text, isRetryable, retryAfterOf(responseHeaders));
}

function messageOf(err: unknown): string {
  const said =
    typeof err === 'object' && err !== null && 'message' in err ? err.message : String(err);
  return typeof said === 'string' ? said : JSON.stringify(said);
}

/** RFC 9110 §10.2.3: seconds or a date. OpenAI's own header comes first, because it is finer. */
function retryAfterOf(headers: Readonly<Record<string, string>>): number | undefined {
  const { 'retry-after-ms': milliseconds, 'retry-after': seconds } = headers;
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Number(milliseconds);
  if (seconds === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(seconds)) return Number(seconds) * 1_000;
  const date = Date.parse(seconds);
  return Number.isNaN(date) ? undefined : Math.max(date - Date.now(), 0);
}
