// A log as the attempt has it that speaks there (D8): batches go in, and now and then it is left in peace to continue
// as new. Temporal refuses that to a run which is sent something meanwhile, and its worker has to read all of it again.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { progressSignal } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import { renewSignal } from '../workflows/log-contract';

/** As for other calls: what does not answer by then is tried again. */
const CALL_DEADLINE_MS = 10_000;

/** It takes some ten milliseconds; where no worker is there to do it, the stream goes on. */
const RENEWAL_MAX_MS = 2_000;
const LOOK_MS = 10;

export interface StreamLog {
  /** Workflow id. */
  readonly id: string;
  /** Rejects with what the Temporal client throws. */
  send(batch: Batch): Promise<void>;
  /** Resolves when its next run has begun, or does not come. Rejects with what the Temporal client throws. */
  renew(): Promise<void>;
}

export function openStreamLog(client: Client, id: string): StreamLog {
  const handle = client.workflow.getHandle(id);
  const inTime = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + CALL_DEADLINE_MS, call);
  const runId = async (): Promise<string | undefined> => {
    const { runId: current, status } = await inTime(() => handle.describe());
    return status.name === 'RUNNING' ? current : undefined;
  };
  return {
    id,
    send: (batch) => inTime(() => handle.signal(progressSignal, batch)),
    async renew() {
      const before = await runId();
      if (before === undefined) return;
      await inTime(() => handle.signal(renewSignal));
      const until = Date.now() + RENEWAL_MAX_MS;
      while (Date.now() < until && (await runId()) === before) await delay(LOOK_MS);
    },
  };
}
