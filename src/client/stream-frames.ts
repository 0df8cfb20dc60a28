// What one frame of a stream says in each HTTP binding: a result, or an error that is thrown by type.

import { StreamResponse } from '@a2a-js/sdk';
import { fromJsonRpcErrorResponse, fromRestErrorBody } from '@a2a-js/sdk/errors';
import { ProtocolError, UnavailableError } from './errors';
import { seqIn, type UnknownEvent } from './extensions';

export interface Frame {
  readonly data: string;
  /** Of the response that carries it. */
  readonly status: number;
  /** Its SSE event type says that it is one. */
  readonly isError?: boolean;
}

/** Reasons of `google.rpc.ErrorInfo` with which an agent ends a stream that may go on. */
const FOR_NOW: ReadonlySet<unknown> = new Set([
  'TASK_ENGINE_UNAVAILABLE',
  'TASK_ENGINE_BUSY',
  'GATEWAY_STOPPING',
]);

/** Codes that `google.rpc.Status` has in REST for the same. */
const FOR_NOW_CODES: ReadonlySet<unknown> = new Set([429, 502, 503, 504]);

/**
 * The `result` of a JSON-RPC 2.0 response.
 * @throws the SDK's error for its `error`, UnavailableError, ProtocolError for what is neither.
 */
export function jsonRpcResult({ data }: Frame): unknown {
  const { jsonrpc, result, error, id } = parse(data);
  if (isObject(error) && 'message' in error) {
    const { code, message, data: list } = error;
    const details = detailsIn(list);
    const said = fromJsonRpcErrorResponse({
      jsonrpc: '2.0',
      id: typeof id === 'number' ? id : null,
      error: { code: Number(code), message: textOf(message), data: details },
    });
    throw isForNow(details) ? new UnavailableError(said.message, { cause: said }) : said;
  }
  if (jsonrpc !== '2.0' || result === undefined) throw unreadable(data);
  return result;
}

/**
 * The frame itself, which is a StreamResponse (A2A §11.7).
 * @throws the SDK's error for an `error` member (A2A §11.6), UnavailableError, ProtocolError.
 */
export function restResult({ data, status, isError = false }: Frame): unknown {
  const body = parse(data);
  const { error } = body;
  if (isObject(error)) {
    const { code, message, details: list } = error;
    const details = detailsIn(list);
    const statusCode = Number(code ?? status);
    const said = fromRestErrorBody({ message: textOf(message), details }, { statusCode });
    throw isForNow(details) || FOR_NOW_CODES.has(code)
      ? new UnavailableError(said.message, { cause: said })
      : said;
  }
  if (isError) throw new ProtocolError(`the stream ended with an error: ${excerpt(data)}`);
  return body;
}

/**
 * @param id of the frame; absent where the event has no number.
 * @returns undefined for an event of an unknown kind that has no number, either.
 */
export function toEvent(
  result: unknown,
  id: string | undefined,
): StreamResponse | UnknownEvent | undefined {
  const event = StreamResponse.fromJSON(result);
  if (event.payload !== undefined) return event;
  const seq = numberIn(result) ?? (id !== undefined && /^\d+$/.test(id) ? Number(id) : undefined);
  return seq === undefined ? undefined : { payload: undefined, seq };
}

/** In the metadata of the one member that an event has. */
function numberIn(result: unknown): number | undefined {
  const [value] = isObject(result) ? Object.values(result) : [];
  const metadata = isObject(value) ? value['metadata'] : undefined;
  return isObject(metadata) ? seqIn(metadata) : undefined;
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : 'unknown error';
}

function detailsIn(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isForNow(details: readonly Record<string, unknown>[]): boolean {
  return details.some(({ reason }) => FOR_NOW.has(reason));
}

function parse(data: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(data);
    if (isObject(parsed)) return parsed;
  } catch {
    // Not JSON: the same to the caller as JSON that is no object.
  }
  throw unreadable(data);
}

function unreadable(data: string): ProtocolError {
  return new ProtocolError(`the stream holds what is no A2A event: ${excerpt(data)}`);
}

function excerpt(data: string): string {
  return JSON.stringify(data.slice(0, 100));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
