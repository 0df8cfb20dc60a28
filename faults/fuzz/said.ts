// What an answer must be, whatever was asked (I9): well-formed in its binding, and silent about what is inside.

import { join } from 'node:path';

/** JSON-RPC and REST, each of both generations, and gRPC. */
export type Binding = 'JSON-RPC' | 'REST 1.0' | 'REST 0.3' | 'gRPC';

/** An answer, or the first message of one that is a stream. */
export interface Said {
  readonly binding: Binding;
  /** Of HTTP. */
  readonly status: number;
  readonly contentType: string;
  /** Over gRPC `grpc-message`, and what `grpc-status-details-bin` holds, as it is readable. */
  readonly text: string;
  /** Over gRPC; absent when a stream is still open behind its first message. */
  readonly grpcStatus?: number;
  /** Of gRPC: initial metadata and trailers but for those that hold `text`. */
  readonly head?: readonly (readonly [string, string])[];
}

const ROOT = join(__dirname, '../..');

const HTML = /<html|<pre|<!doctype/i;
const STACK = /\bat \S+ \(|node_modules|\.ts:\d|\.js:\d/;

/** `google.rpc.Code` of what is the service's own fault: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const GRPC_OWN_FAULTS = [2, 13, 14, 15];

/** The last `google.rpc.Code`. */
const GRPC_MAX = 16;

/** Undefined when nothing is wrong with it. */
export function problemOf(said: Said): string | undefined {
  const { status, text } = said;
  if (HTML.test(text) || said.contentType.startsWith('text/html')) return 'it is HTML';
  if (STACK.test(text) || text.includes(ROOT)) return 'it tells of files or calls inside';
  if (status >= 500) return `its status is ${status}`;
  return said.binding === 'gRPC' ? grpcProblem(said) : jsonProblem(said);
}

/** The `google.rpc.ErrorInfo.reason` of a refusal; undefined of anything else. */
export function reasonOf({ binding, text, grpcStatus }: Said): string | undefined {
  if (binding !== 'gRPC') return /"reason":"([A-Z_]+)"/.exec(text)?.[1];
  if (grpcStatus === undefined || grpcStatus === 0) return undefined;
  return /[A-Z]+(?:_[A-Z]+)+/.exec(text)?.[0] ?? `GRPC_STATUS_${grpcStatus}`;
}

function grpcProblem({ status, grpcStatus }: Said): string | undefined {
  if (status !== 200) return `its HTTP status is ${status}`;
  if (grpcStatus === undefined) return undefined;
  const isCode = grpcStatus >= 0 && grpcStatus <= GRPC_MAX;
  if (!isCode || GRPC_OWN_FAULTS.includes(grpcStatus)) return `grpc-status ${grpcStatus}`;
  return undefined;
}

function jsonProblem(said: Said): string | undefined {
  const { binding, status, text } = said;
  // A notification of JSON-RPC.
  if (status === 204) return text === '' ? undefined : '204 with a body';
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return `it is no JSON: ${JSON.stringify(text.slice(0, 200))}`;
  }
  if (binding === 'JSON-RPC') return rpcProblem(body);
  return status < 400 ? undefined : restProblem(body, status, binding);
}

function rpcProblem(body: unknown): string | undefined {
  const { jsonrpc, error, ...rest } = fieldsOf(body);
  if (jsonrpc !== '2.0' || !('id' in rest)) return 'it is no answer of JSON-RPC 2.0';
  if ('result' in rest === (error !== undefined)) return 'it has both or none of result, error';
  if (error === undefined) return undefined;
  const { code, message, data } = fieldsOf(error);
  const isError = Number.isInteger(code) && isText(message) && isReasoned(data);
  return isError ? undefined : `its error is ${JSON.stringify(error)}`;
}

function restProblem(body: unknown, status: number, binding: Binding): string | undefined {
  const { error, code: rpcCode } = fieldsOf(body);
  const { code, status: name, message, details } = fieldsOf(error);
  const isError = code === status && isText(name) && isText(message) && isReasoned(details);
  if (!isError) return `its error is ${JSON.stringify(body).slice(0, 300)}`;
  const hasCode = Number.isInteger(rpcCode);
  return hasCode === (binding === 'REST 0.3') ? undefined : 'its error is of the other generation';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** A list of details, or the one of 0.3. */
function isReasoned(data: unknown): boolean {
  const details: readonly unknown[] = Array.isArray(data) ? data : [data];
  return details.some((detail) => isText(fieldsOf(detail)['reason']));
}
