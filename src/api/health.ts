// Health and metrics of a process that serves nothing else.

import express from 'express';
import { createServer } from 'node:http';
import type { Registry } from 'prom-client';
import { listen } from './listen';

export interface HealthServer {
  close(): Promise<void>;
}

/** Answers `/healthz`, `/readyz` and `/metrics`; the process opens it once it is ready. */
export async function serveHealth(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Registry;
}): Promise<HealthServer> {
  const { host, port, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.get(['/healthz', '/readyz'], (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.metrics());
  });
  const server = createServer(app);
  await listen(server, { port, host, setting: 'WORKER_HEALTH_PORT' });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
