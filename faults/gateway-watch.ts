// I5 of a gateway while a row runs: its memory, its health and what it prints.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from 'simple-statistics';
import type { TestProcess } from '../test/harness/processes';
import type { Trial } from './trial';

const SAMPLE_MS = 100;

/** I5. */
const MAX_RSS_MB = 300;
const HEALTH_P99_MS = 200;

const PAGE_BYTES = 4_096;

export interface GatewayWatch {
  /** Checks what was seen since it began. */
  end(): Promise<void>;
}

/** @param name as the figures call it. */
export function watchGateway(trial: Trial, name: string, gateway: TestProcess): GatewayWatch {
  const stop = new AbortController();
  const healthMs: number[] = [];
  let rssMb = 0;
  const sample = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      rssMb = Math.max(rssMb, await rssMbOf(gateway.pid));
      const from = performance.now();
      const response = await fetch(`${gateway.url}/healthz`).catch(() => undefined);
      await response?.arrayBuffer();
      healthMs.push(response?.ok === true ? performance.now() - from : Number.POSITIVE_INFINITY);
      await delay(SAMPLE_MS);
    }
  };
  const sampling = sample();
  // A row that throws never comes to its end.
  trial.defer(() => {
    stop.abort();
    return sampling;
  });
  return {
    async end() {
      stop.abort();
      await sampling;
      const figure = (what: string, value: number, unit: string, atMost: number): void => {
        const rounded = Math.round(value);
        trial.figure(`${name}, ${what}`, rounded, { unit, atMost });
      };
      figure('memory', rssMb, 'MB', MAX_RSS_MB);
      figure('health p99', quantile(healthMs, 0.99), 'ms', HEALTH_P99_MS);
      trial.check(
        'I5',
        !/unhandled|uncaught/i.test(gateway.output()),
        `${name} printed: ${gateway.output().slice(0, 500)}`,
      );
    },
  };
}

/** 0 for a process that is gone. Linux. */
async function rssMbOf(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '0 0');
  return (Number(statm.split(' ')[1]) * PAGE_BYTES) / 1e6;
}
