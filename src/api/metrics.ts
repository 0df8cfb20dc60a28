// The Prometheus metrics of one process.

import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { SweepTotals } from '../storage/sweep';

export function createMetrics(sources: {
  readonly openFeeds?: () => number;
  readonly sweeps: SweepTotals;
}): Registry {
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
  addSweeps(registry, sources.sweeps);
  return registry;
}

/** All zero in a process without a worker. */
function addSweeps(registry: Registry, sweeps: SweepTotals): void {
  const counted: readonly (readonly [string, string, keyof SweepTotals])[] = [
    ['sweeps', 'Times that the store of big parts was looked through.', 'completed'],
    ['sweeps_failed', 'Times that this could not be done.', 'failed'],
    ['swept_parts', 'Stored parts removed, because Temporal has dropped their tasks.', 'parts'],
    ['swept_bytes', 'Bytes of these.', 'bytes'],
  ];
  for (const [name, help, key] of counted) {
    new Counter({
      name: `longhaul_part_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(sweeps[key]);
      },
    });
  }
}
