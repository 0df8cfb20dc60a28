// An OpenAI-compatible endpoint on loopback: keeps what it is asked, and streams what the test wants over real HTTP.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Bell } from './bell';

interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly tool_calls?: readonly object[];
}

export interface ChatRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly path: string;
  readonly body: {
    readonly model: string;
    readonly stream: boolean;
    readonly messages: readonly ChatMessage[];
    readonly tools: readonly { readonly function: { readonly name: string } }[];
  };
  /** Which turn of the model it is in its conversation, from 1. */
  readonly turn: number;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
  /** Epoch milliseconds at which its connection was closed before the answer was whole. */
  leftAt?: number;
}

export interface Refusal {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stream {
  /** The content type; undefined: none. Default: that of SSE. */
  readonly type?: string | undefined;
  /** Pieces of text, each a chunk of its own. */
  readonly texts?: readonly string[];
  /** Before each piece. Default: none. */
  readonly everyMs?: number;
  readonly calls?: readonly {
    readonly name: string;
    readonly args: object;
    /** As Google's models sign their thoughts. */
    readonly signature?: string;
  }[];
  /**
   * How it ends. Default: as it should. `cut`: the connection breaks; `silence`: nothing more comes;
   * `unfinished`: it ends without a reason; `error`: with an error in the stream.
   */
  readonly end?: 'cut' | 'silence' | 'unfinished' | 'error';
}

/** What is no stream of events, with 200. */
export interface Page {
  readonly type: string;
  readonly body: string;
}

export type Answer = Refusal | Page | Stream;

/** Arguments of tools come in slices of so many characters. */
const SLICE = 7;

export class ModelEndpoint {
  readonly requests: ChatRequest[] = [];
  /** Decides on each request. */
  answer: (request: ChatRequest) => Answer = () => ({ texts: ['ok'] });
  private readonly server: Server;
  private readonly bell = new Bell();

  private constructor() {
    this.server = createServer((req, res) => {
      void this.take(req, res);
    });
  }

  static async start(): Promise<ModelEndpoint> {
    const endpoint = new ModelEndpoint();
    await new Promise<void>((resolve) => endpoint.server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/v1`;
  }

  /** Forgets what it was asked, and answers with these from now on, one after the other; the last one stays. */
  script(...answers: readonly Answer[]): void {
    this.requests.length = 0;
    this.answer = () => answers[Math.min(this.requests.length, answers.length) - 1]!;
  }

  /** How often each turn was asked for, from the first on. */
  get requestsByTurn(): readonly number[] {
    const turns = this.requests.map(({ turn }) => turn);
    return Array.from(
      { length: Math.max(0, ...turns) },
      (_, index) => turns.filter((turn) => turn === index + 1).length,
    );
  }

  /** Resolves when it fits what has come and gone; asked again with each request and each that leaves. */
  until(what: string, fits: () => boolean, ms?: number): Promise<void> {
    return this.bell.until(what, fits, ms);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatRequest['body'];
    const turn = body.messages.filter(({ role }) => role === 'assistant').length + 1;
    const headers = req.headers as ChatRequest['headers'];
    const request: ChatRequest = { headers, path: req.url ?? '', body, turn, at: Date.now() };
    this.requests.push(request);
    const answer = this.answer(request);
    this.bell.ring();
    res.on('close', () => {
      if (!res.writableFinished) request.leftAt = Date.now();
      this.bell.ring();
    });
    if ('status' in answer) refuse(res, answer);
    else if ('body' in answer) res.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    else await stream(res, answer);
  }
}

function refuse(res: ServerResponse, { status, message = 'no', headers = {} }: Refusal): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify({ error: { message, type: 'error', code: null } }));
}

async function stream(res: ServerResponse, answer: Stream): Promise<void> {
  const { texts = [], everyMs = 0, calls = [], end } = answer;
  const type = 'type' in answer ? answer.type : 'text/event-stream';
  res.writeHead(200, type === undefined ? {} : { 'content-type': type });
  const send = (event: object): void => {
    if (!res.destroyed) res.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  const delta = (said: object, finish: string | null = null): void => {
    send({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'stub',
      choices: [{ index: 0, delta: said, finish_reason: finish }],
    });
  };
  delta({ role: 'assistant', content: '' });
  for (const content of texts) {
    if (everyMs > 0) await delay(everyMs);
    if (res.destroyed) return;
    delta({ content });
  }
  for (const [index, { name, args, signature }] of calls.entries()) {
    const id = `call_${String(index)}`;
    const text = JSON.stringify(args);
    const signed = signature && { extra_content: { google: { thought_signature: signature } } };
    const opening = { index, id, type: 'function', function: { name, arguments: '' }, ...signed };
    delta({ tool_calls: [opening] });
    for (let at = 0; at < text.length; at += SLICE) {
      const slice = text.slice(at, at + SLICE);
      delta({ tool_calls: [{ index, function: { arguments: slice } }] });
    }
  }
  switch (end) {
    case undefined:
      delta({}, calls.length > 0 ? 'tool_calls' : 'stop');
      res.end('data: [DONE]\n\n');
      return;
    case 'cut':
      // What was written is on its way first.
      await delay(50);
      res.destroy();
      return;
    case 'silence':
      await once(res, 'close');
      return;
    case 'unfinished':
      res.end();
      return;
    case 'error':
      send({ error: { message: 'The server is overloaded', type: 'server_error' } });
      res.end('data: [DONE]\n\n');
  }
}
