// JSON-RPC and REST calls of A2A 1.0 on a gateway, and the messages that they send.

import { randomUUID } from 'node:crypto';
import { WAIT_MS } from './eventually';
import type { WireError, WireMessage, WirePage, WireTask } from './wire';

export type Headings = Readonly<Record<string, string>>;

export interface Call {
  /** Is appended to the address. Default: `/`. */
  readonly path?: string;
  /** Makes it a POST. */
  readonly body?: unknown;
  readonly headers?: Headings;
  readonly signal?: AbortSignal;
}

/** Resolves with the head of the answer; its body may be a stream. */
export function request(
  url: string,
  { path = '/', body, headers = {}, signal }: Call,
): Promise<Response> {
  return fetch(url + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json', ...headers },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** An answer in full; `ms` is how long it took. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly ms: number;
}

export type Rpc<T> = Answer<{ readonly result?: T; readonly error?: WireError }>;

export async function http<T>(url: string, call: Call): Promise<Answer<T>> {
  const from = Date.now();
  const response = await request(url, { signal: AbortSignal.timeout(WAIT_MS), ...call });
  const { status, headers } = response;
  const body = (await response.json()) as T;
  return { status, headers, body, ms: Date.now() - from };
}

/** One id for all: frames of two streams are then equal to the byte. */
export function envelope(method: string, params: unknown): object {
  return { jsonrpc: '2.0', id: 1, method, params };
}

export function rpc<T>(
  url: string,
  method: string,
  params: unknown,
  headers: Headings = {},
): Promise<Rpc<T>> {
  return http(url, { body: envelope(method, params), headers });
}

/** The result of a call that must succeed. */
export async function result<T>(call: Promise<Rpc<T>>): Promise<T> {
  const { body } = await call;
  if (body.result === undefined) throw new Error(`refused: ${JSON.stringify(body)}`);
  return body.result;
}

/** Resolves with the task as it ends or asks. */
export async function send(
  url: string,
  message: WireMessage,
  headers: Headings = {},
): Promise<WireTask> {
  return (await result(rpc<{ task: WireTask }>(url, 'SendMessage', { message }, headers))).task;
}

/** What makes a send answer at once. */
export const LEAVING = { configuration: { returnImmediately: true } } as const;

/** Resolves with the task as it begins. */
export async function sendAndLeave(
  url: string,
  message: WireMessage,
  headers: Headings = {},
): Promise<WireTask> {
  const params = { message, ...LEAVING };
  return (await result(rpc<{ task: WireTask }>(url, 'SendMessage', params, headers))).task;
}

export function getTask(url: string, id: string): Promise<WireTask> {
  return result(rpc<WireTask>(url, 'GetTask', { id }));
}

export function listTasks(url: string, query: object): Promise<WirePage> {
  return result(rpc<WirePage>(url, 'ListTasks', query));
}

/** A message for a test skill; its options travel as the data part. */
export function messageFor(skillId: string, options: object = {}, more: object = {}): WireMessage {
  return {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    parts: [{ text: 'please' }, { data: options }],
    metadata: { skillId },
    ...more,
  };
}

export function answerTo(task: WireTask, text: string): WireMessage {
  return { messageId: randomUUID(), role: 'ROLE_USER', taskId: task.id, parts: [{ text }] };
}
