// The rows of the error table as each dialect says them, and what no answer may give away.

import { join } from 'node:path';
import { parse, type Answer, type Json } from './answers';

const ROOT = join(__dirname, '../../..');

const ROWS = {
  TASK_NOT_FOUND: { code: -32001, http: 404, status: 'NOT_FOUND' },
  TASK_NOT_CANCELABLE: { code: -32002, http: 400, status: 'FAILED_PRECONDITION' },
  PUSH_NOTIFICATION_NOT_SUPPORTED: { code: -32003, http: 400, status: 'FAILED_PRECONDITION' },
  UNSUPPORTED_OPERATION: { code: -32004, http: 400, status: 'FAILED_PRECONDITION' },
  CONTENT_TYPE_NOT_SUPPORTED: { code: -32005, http: 415, status: 'INVALID_ARGUMENT' },
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: { code: -32007, http: 400, status: 'FAILED_PRECONDITION' },
  VERSION_NOT_SUPPORTED: { code: -32009, http: 400, status: 'FAILED_PRECONDITION' },
  INVALID_JSON: { code: -32700, http: 400, status: 'INVALID_ARGUMENT' },
  INVALID_REQUEST: { code: -32600, http: 400, status: 'INVALID_ARGUMENT' },
  REQUEST_TOO_LARGE: { code: -32600, http: 413, status: 'INVALID_ARGUMENT' },
  METHOD_NOT_FOUND: { code: -32601, http: 404, status: 'NOT_FOUND' },
  INVALID_PARAMS: { code: -32602, http: 400, status: 'INVALID_ARGUMENT' },
} as const;
export type Reason = keyof typeof ROWS;

const info = (reason: Reason): Json => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'a2a-protocol.org',
});

/** A refusal as JSON-RPC 2.0 says it. The official client of 0.3 in Go reads no list in `data`. */
export function rpcRefusal(reason: Reason, id: unknown = 1, isLegacy = false): Json {
  const message = expect.any(String) as string;
  const data = isLegacy ? info(reason) : [info(reason)];
  return { jsonrpc: '2.0', id, error: { code: ROWS[reason].code, message, data } };
}

export function expectTellsNothing({ contentType, text }: Answer): void {
  expect(contentType).toMatch(/^application\/json\b/);
  expect(text).not.toContain(ROOT);
  expect(text).not.toMatch(/<html|<pre|<!doctype/i);
  expect(text).not.toMatch(/\bat \S+ \(|node_modules|\.ts:\d|\.js:\d/);
}

/** JSON-RPC speaks in the body; the status tells only what is wrong with HTTP itself. */
export const expectRpcRefusal = rpcExpectation(false);
export const expectLegacyRpcRefusal = rpcExpectation(true);

function rpcExpectation(isLegacy: boolean) {
  return (answer: Answer, reason: Reason, id: unknown = 1): void => {
    expectTellsNothing(answer);
    const { http } = ROWS[reason];
    expect(parse(answer)).toEqual(rpcRefusal(reason, id, isLegacy));
    expect(answer.status).toBe(http === 413 || http === 415 ? http : 200);
  };
}

export function expectRestRefusal(answer: Answer, reason: Reason): void {
  expectTellsNothing(answer);
  const { http, status } = ROWS[reason];
  expect(parse(answer)).toEqual({
    error: {
      code: http,
      status,
      message: expect.any(String) as string,
      details: expect.arrayContaining([info(reason)]) as unknown[],
    },
  });
  expect(answer.status).toBe(http);
}

export function expectLegacyRestRefusal(answer: Answer, reason: Reason): void {
  expectTellsNothing(answer);
  const { http, code, status } = ROWS[reason];
  const message = expect.any(String) as string;
  const details = expect.arrayContaining([info(reason)]) as unknown[];
  const { type, ...body } = parse(answer) as { readonly type?: unknown };
  expect(body).toEqual({ code, message, error: { code: http, status, message, details } });
  expect(type ?? 'Error').toMatch(/^[A-Za-z]*Error$/);
  expect(answer.status).toBe(http);
}
