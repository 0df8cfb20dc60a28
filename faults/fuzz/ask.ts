// Sends bytes to a gateway over HTTP or gRPC, and takes what it says to them, good or not.

import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { createParser } from 'eventsource-parser';
import type { Headings } from '../../test/harness/calls';
import type { Binding, Said } from './said';

/** Node's clients take 10 by default, which one body fills. */
const SESSION_MB = 100;

/** What takes longer is no answer. */
const ANSWER_MS = 20_000;

export interface HttpCall {
  readonly binding: Exclude<Binding, 'gRPC'>;
  readonly url: string;
  readonly headers?: Headings;
  readonly body: Buffer;
}

/** Of a stream the first event. Rejects when there is no answer. */
export async function askHttp({ binding, url, headers = {}, body }: HttpCall): Promise<Said> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const contentType = response.headers.get('Content-Type') ?? '';
  const isStream = contentType.startsWith('text/event-stream');
  const text = isStream ? await firstEvent(response) : await response.text();
  return { binding, status: response.status, contentType, text };
}

/** Of an answer that is a stream; empty when it ends before. */
async function firstEvent(response: Response): Promise<string> {
  let first: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      first ??= data;
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    // Leaving the loop ends the stream.
    if (first !== undefined) break;
  }
  return first ?? '';
}

/** One connection to a gRPC port; what is sent on it need not be gRPC. */
export class GrpcSocket {
  private readonly session: ClientHttp2Session;

  /** @param address `host:port`. */
  constructor(address: string) {
    this.session = connect(`http://${address}`, { maxSessionMemory: SESSION_MB });
    // Each call tells by itself that it failed.
    this.session.on('error', () => undefined);
  }

  /** @param body with its frame; see `framed`. Rejects when there is no answer. */
  ask(path: string, body: Buffer, headers: Headings = {}): Promise<Said> {
    return new Promise((resolve, reject) => {
      const call = this.session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      let [status, contentType] = [0, ''];
      let initial: Readonly<Record<string, unknown>> = {};
      const done = (told: Readonly<Record<string, unknown>>): void => {
        const grpcStatus = told['grpc-status'];
        resolve({
          ...{ binding: 'gRPC', status, contentType, text: textOf(told) },
          head: [...headOf(initial), ...headOf(told)],
          ...(grpcStatus === undefined ? {} : { grpcStatus: Number(grpcStatus) }),
        });
        call.close(constants.NGHTTP2_CANCEL);
      };
      call.setTimeout(ANSWER_MS, () => reject(new Error('no answer')));
      call.on('response', (head, flags) => {
        status = head[':status'] ?? 0;
        contentType = head['content-type'] ?? '';
        initial = head;
        if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) done(head);
      });
      call.on('trailers', done);
      // The first message of a stream that may go on is enough, if nothing ends it at once.
      call.on('data', () => setImmediate(() => call.destroyed || done({})));
      call.on('error', reject);
      call.on('close', () => reject(new Error(`closed with code ${call.rstCode}`)));
      call.end(body);
    });
  }

  close(): void {
    this.session.destroy();
  }
}

/** A message as gRPC frames it. @param isCompressed says so, whether it is or not. */
export function framed(message: Buffer, isCompressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const TEXTS = ['grpc-message', 'grpc-status-details-bin'];

function headOf(told: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(told).flatMap(([name, value]) =>
    TEXTS.includes(name) ? [] : [[name, String(value)] as const],
  );
}

function textOf(told: Readonly<Record<string, unknown>>): string {
  const [message, details] = TEXTS.map((name) => (name in told ? String(told[name]) : ''));
  return `${decodeURIComponent(message ?? '')}\n${Buffer.from(details ?? '', 'base64').toString('latin1')}`;
}
