// The Prometheus metrics of one process.

import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';

export function createMetrics(sources: { readonly openFeeds?: () => number }): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { openFeeds } = sources;
  if (openFeeds !== undefined) {
    new Gauge({
      name: 'longhaul_open_feeds',
      help: 'Tasks followed by this process: one history long poll each.',
      registers: [registry],
      collect() {
        this.set(openFeeds());
      },
    });
  }
  return registry;
}
