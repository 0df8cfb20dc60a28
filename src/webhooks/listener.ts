// A receiver for local trials: prints what arrives, and whether its signature holds.

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { toSecret } from './signature';

/** A notification is a stream frame or a whole task, neither of which is longer. */
const BODY_MAX_BYTES = 16_777_216;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Notifications are good when one of them fits. */
  readonly secrets: readonly Buffer[];
  readonly print: (line: string) => void;
}

export interface Listener {
  readonly url: string;
  close(): Promise<void>;
}

/** Rejects when the port cannot be had. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { host, port, print } = options;
  const server = createServer((req, res) => {
    read(req).then(
      (body) => {
        print(describe(req, body, options.secrets));
        res.writeHead(204).end();
      },
      (err: unknown) => {
        print(`a request that could not be read: ${String(err)}`);
        res.writeHead(413).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String(bound)}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_MAX_BYTES) throw new Error('it is too long');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function describe(req: IncomingMessage, body: string, secrets: readonly Buffer[]): string {
  const id = req.headers['webhook-id']?.toString() ?? '(no webhook-id)';
  const verdict = isSigned(req, body, secrets) ? 'signed' : 'NOT SIGNED';
  return `${new Date().toISOString()} ${verdict} ${id}\n${pretty(body)}`;
}

/** By the package that receivers use, not by the code that signs. */
function isSigned(req: IncomingMessage, body: string, secrets: readonly Buffer[]): boolean {
  return secrets.some((secret) => {
    try {
      new Webhook(toSecret(secret)).verify(body, req.headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  });
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
