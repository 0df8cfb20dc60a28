// Removes from time to time what Temporal has dropped, beside a worker.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { Blobs } from '../storage/blobs';
import { sweepParts } from '../storage/sweep';
import { claimSweep } from '../storage/sweep-record';
import { hasWorkflow, readRetention } from '../temporal/retention';
import type { ProcessParts } from './process';

/** A start is busy enough, and processes that start together do not come to the store together. */
const FIRST_LOOK_MS = 60_000;

/** How often it is asked whether a sweep is due, in one interval: another process may have done it since. */
const LOOKS = 4;

/** Until the process ends; a sweep that fails is told of, and the next one comes in its time. */
export function sweepFromTimeToTime(parts: ProcessParts, client: Client, blobs: Blobs): void {
  const { config, log, running } = parts;
  const { sweepEveryMs } = config.artifacts;
  if (sweepEveryMs === undefined) return;
  const lookEveryMs = sweepEveryMs / LOOKS;
  const sweeping = async (): Promise<void> => {
    await pause(Math.random() * Math.min(FIRST_LOOK_MS, lookEveryMs), running.signal);
    while (!running.signal.aborted) {
      await sweepIfDue(parts, client, blobs).catch((err: unknown) => {
        if (running.signal.aborted) return;
        parts.sweeps.failed += 1;
        log.warn({ err }, 'stored parts could not be swept');
      });
      await pause(lookEveryMs, running.signal);
    }
  };
  const swept = sweeping();
  running.add(() => swept);
}

async function sweepIfDue(parts: ProcessParts, client: Client, blobs: Blobs): Promise<void> {
  const { config, log, running, sweeps } = parts;
  const { namespaceId, retentionMs } = await readRetention(client);
  const now = new Date();
  const everyMs = config.artifacts.sweepEveryMs ?? 0;
  if (!(await claimSweep(blobs, { namespaceId, everyMs, now }))) return;
  const swept = await sweepParts(blobs, {
    retentionMs,
    now,
    isThere: (workflowId) => hasWorkflow(client, workflowId),
    signal: running.signal,
  });
  sweeps.completed += 1;
  sweeps.parts += swept.parts;
  sweeps.bytes += swept.bytes;
  log.info(swept, 'stored parts were swept');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
