// Receives push notifications on loopback and keeps them.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { within } from '../harness/eventually';

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Receiver {
  readonly url: string;
  /** The first delivery, had or to come, that fits. */
  until(fits: (delivery: Delivery) => boolean): Promise<Delivery>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      deliveries.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(204).end();
      wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const first = async (fits: (delivery: Delivery) => boolean): Promise<Delivery> => {
    for (;;) {
      const found = deliveries.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return {
    url: `http://127.0.0.1:${String(port)}/hook`,
    until: (fits) => within('a delivery', first(fits)),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
