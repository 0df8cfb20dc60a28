// Requests with every header as given: `fetch` sets `Host` by itself.

import { request, type IncomingHttpHeaders } from 'node:http';
import type { Headings } from '../../harness/calls';

/** These answers come at once; a stream that was opened by mistake would stay open. */
const ANSWER_MS = 5_000;

export interface PlainRequest {
  /** Default: `/`. */
  readonly path?: string;
  readonly headers?: Headings;
  /** Makes it a POST. */
  readonly body?: string;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export function ask(
  url: string,
  { path = '/', headers = {}, body }: PlainRequest,
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url + path, { method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject).end(body);
  });
}
