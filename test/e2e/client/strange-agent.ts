// A tiny HTTP server on loopback that answers A2A requests as a test wants, however strange.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Of JSON-RPC, else empty. */
  readonly method: string;
  readonly params: Record<string, unknown>;
  readonly id: number;
}

export type Answer = (asked: Asked, res: ServerResponse) => void;

export class StrangeAgent {
  readonly asked: Asked[] = [];
  readonly port: number;
  readonly url: string;
  private readonly server: Server;
  private readonly extensions: readonly string[];

  private constructor(server: Server, extensions: readonly string[]) {
    this.server = server;
    this.extensions = extensions;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${String(this.port)}`;
  }

  /** @param answer gets every request but those for the card. */
  static async start(
    answer: Answer,
    extensions: readonly string[] = [],
    port = 0,
  ): Promise<StrangeAgent> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const agent = new StrangeAgent(server, extensions);
    server.on('request', (req, res) => void agent.take(req, res, answer));
    return agent;
  }

  /** The methods that were called so far, in order. */
  get methods(): readonly string[] {
    return this.asked.map(({ method }) => method);
  }

  get card(): object {
    const { url } = this;
    // As in JSON of protobuf, what would be empty is not there.
    const extensions = this.extensions.map((uri) => ({ uri }));
    return {
      name: 'strange',
      description: 'for tests',
      version: '1',
      supportedInterfaces: [
        { url: `${url}/`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      ],
      capabilities: { streaming: true, ...(this.extensions.length > 0 && { extensions }) },
      defaultInputModes: ['text/plain'],
      defaultOutputModes: ['text/plain'],
      skills: [],
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(req: IncomingMessage, res: ServerResponse, answer: Answer): Promise<void> {
    if (req.url === '/.well-known/agent-card.json') {
      res.setHeader('Content-Type', 'application/json').end(JSON.stringify(this.card));
      return;
    }
    let body = '';
    for await (const chunk of req) body += String(chunk);
    const said = (body === '' ? {} : JSON.parse(body)) as Partial<Asked>;
    const { method = '', params = {}, id = 0 } = said;
    const asked = { path: req.url ?? '', headers: req.headers, method, params, id };
    this.asked.push(asked);
    answer(asked, res);
  }
}

export function openStream(res: ServerResponse): void {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
}

/** A frame of JSON-RPC; `seq` is its number in SSE. */
export function frame(res: ServerResponse, id: number, result: object, seq?: number): void {
  if (seq !== undefined) res.write(`id: ${seq}\n`);
  res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`);
}

export function answerJson(res: ServerResponse, id: number, said: object): void {
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify({ jsonrpc: '2.0', id, ...said }));
}

const TASK_ID = 'task-1';
const ids = { taskId: TASK_ID, contextId: 'context-1' };

export function numbered(seq: number | undefined): object {
  return seq === undefined ? {} : { metadata: { 'urn:longhaul:a2a:stream-cursor:1': { seq } } };
}

export function task(state: string, seq?: number, more: object = {}): object {
  const status = { state: `TASK_STATE_${state}` };
  return { id: TASK_ID, contextId: 'context-1', status, ...numbered(seq), ...more };
}

export function status(state: string, seq?: number): object {
  return { statusUpdate: { ...ids, status: { state: `TASK_STATE_${state}` }, ...numbered(seq) } };
}

export function chunk(
  text: string,
  { seq, append = true }: { seq?: number; append?: boolean } = {},
) {
  const artifact = { artifactId: 'a', parts: [{ text }] };
  return { artifactUpdate: { ...ids, artifact, append, ...numbered(seq) } };
}
