// Which failures of a call pass by themselves, whichever transport they come from.

import { A2AError } from '@a2a-js/sdk/errors';
import {
  ConnectionError,
  EventTooLargeError,
  HttpStatusError,
  LonghaulClientError,
  UnavailableError,
} from './errors';

/** `google.rpc.Code`: deadline exceeded, resource exhausted, aborted, unavailable. */
const GRPC_FOR_NOW: ReadonlySet<unknown> = new Set([4, 8, 10, 14]);

const HTTP_FOR_NOW: ReadonlySet<unknown> = new Set([429, 502, 503, 504]);

/** What grpc-js says of a message over its limit, with the code of a server that is busy. */
const GRPC_TOO_LARGE = /larger than max/i;

/** How the SDK's JSON-RPC transport words an answer that is no JSON-RPC. */
const SDK_HTTP_ERROR = /^HTTP error .*?(?:Status: |: )(\d{3})\b/s;

/** What engines call a failed `fetch` or a body that breaks off. */
const FETCH_FAILED = /fetch|network|terminated|load failed|aborted|socket|connection/i;

/** The request has not left this machine. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * The failure by its type: a `ConnectionError` or an `UnavailableError` may pass, everything else
 * is final. What comes from an SDK client that somebody else made is told by its words.
 */
export function toFailure(err: unknown): unknown {
  if (err instanceof LonghaulClientError) return err;
  if (err instanceof A2AError) return fromA2A(err);
  if (!isErrorLike(err)) return err;
  if (err.cause instanceof A2AError) return fromA2A(err.cause);
  const [, status] = SDK_HTTP_ERROR.exec(err.message) ?? [];
  if (status !== undefined) {
    return HTTP_FOR_NOW.has(Number(status))
      ? new UnavailableError(err.message, { cause: err })
      : new HttpStatusError(Number(status), err.message);
  }
  if (err.message.includes('exceeded the maximum allowed size')) {
    return new EventTooLargeError(undefined, { cause: err });
  }
  const isNetwork = FETCH_FAILED.test(err.message) && err.name !== 'SyntaxError';
  return isNetwork || 'code' in err ? new ConnectionError(err.message, { cause: err }) : err;
}

function fromA2A(err: A2AError): unknown {
  const { message } = err;
  // The SDK does not export the classes of its transports' errors from one place.
  const { status, statusCode } = err as {
    readonly status?: unknown;
    readonly statusCode?: unknown;
  };
  if (status === 8 && GRPC_TOO_LARGE.test(message)) {
    return new EventTooLargeError(undefined, { cause: err });
  }
  const isForNow = GRPC_FOR_NOW.has(status) || HTTP_FOR_NOW.has(statusCode);
  return isForNow ? new UnavailableError(message, { cause: err }) : err;
}

/** The agent cannot have seen the request. */
export function isNeverSent(failure: unknown): boolean {
  for (let err = failure; isErrorLike(err); err = err.cause) {
    if (NEVER_SENT.has(err.code)) return true;
    // One for each address of a host.
    if (Array.isArray(err.errors) && err.errors.length > 0) return err.errors.every(isNeverSent);
  }
  return false;
}

interface ErrorLike {
  readonly name: string;
  readonly message: string;
  readonly cause?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
}

/** An error of another realm, such as an engine's own `fetch` throws, is no instance of `Error`. */
function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'name' in value
  );
}
