// Requests of any kind, good JSON or not, and their answers as text.

import type { Headings } from '../../harness/calls';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

interface Request {
  readonly method?: string;
  readonly headers?: Headings;
  readonly body?: string | Buffer;
}

export async function ask(url: string, { body, ...options }: Request = {}): Promise<Answer> {
  const response = await fetch(url, {
    ...options,
    headers: { 'Content-Type': 'application/json', ...options.headers },
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
  return read(response);
}

export function post(url: string, body: string | Buffer, headers: Headings = {}): Promise<Answer> {
  return ask(url, { method: 'POST', body, headers });
}

/** Posts for an answer that may be a stream. */
export function open(url: string, body: string, headers: Headings = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
}

export async function read(response: Response): Promise<Answer> {
  const contentType = response.headers.get('Content-Type') ?? '';
  return { status: response.status, contentType, text: await response.text() };
}

export type Json = Readonly<Record<string, unknown>>;

export function parse({ text }: Answer): Json {
  return JSON.parse(text) as Json;
}
