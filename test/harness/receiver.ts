// A webhook receiver on loopback: keeps every notification, and answers as the test wants.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bell } from './bell';
import type { WireEvent } from './wire';

export interface Received {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it came, for its signature. */
  readonly raw: string;
  readonly event: WireEvent;
  /** Number of the task's event, from the event's own metadata; 0.3 has the task's. */
  readonly id: string;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
  /** What it was answered; absent when it was left without an answer. */
  readonly status: number | undefined;
}

/** A status, one with headers, or `hang`: no answer at all. */
export type Reply =
  number | 'hang' | { readonly status: number; readonly headers: Readonly<Record<string, string>> };

export class Receiver {
  readonly received: Received[] = [];
  /** Decides on each notification. Default: 200. */
  answer: (received: Omit<Received, 'status'>) => Reply = () => 200;
  /** Stays known when it is closed. */
  port = 0;
  private readonly server: Server;
  private readonly bell = new Bell();

  private constructor() {
    this.server = createServer((req, res) => {
      void this.take(req, res);
    });
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.server.listen(port, '127.0.0.1', resolve));
    receiver.port = (receiver.server.address() as AddressInfo).port;
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/hook`;
  }

  /** Those that were answered with 2xx. */
  get taken(): readonly Received[] {
    return this.received.filter(({ status = 0 }) => status >= 200 && status < 300);
  }

  /** Resolves when it fits what has come; asked again with each notification. */
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
    const raw = Buffer.concat(chunks).toString('utf8');
    const headers = req.headers as Received['headers'];
    const event = JSON.parse(raw) as WireEvent;
    const received = { headers, raw, event, id: headers['webhook-id'] ?? '', at: Date.now() };
    const reply = this.answer(received);
    if (reply === 'hang') {
      this.received.push({ ...received, status: undefined });
    } else {
      const { status, headers: more = {} } = typeof reply === 'number' ? { status: reply } : reply;
      this.received.push({ ...received, status });
      res.writeHead(status, more).end();
    }
    this.bell.ring();
  }
}

/** The number at the end of a notification's id. */
export function seqOf({ id }: { readonly id: string }): number {
  return Number(id.split('.').at(-1));
}
