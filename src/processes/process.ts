// What the processes of a deployment share: their ready-made parts, their keys, and the queues between them.

import type { Client } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Skill } from '../activities/skill';
import type { Config, TemporalConfig } from '../config/config';
import type { SweepTotals } from '../storage/sweep';
import { keysFromFile, keysFromSecret, type DeriveKey } from '../storage/service-secret';
import { untilAnswered } from '../temporal/availability';
import { openClient } from '../temporal/connection';
import { ensureSearchAttributes } from '../temporal/search-attributes';
import type { Running } from './running';

export const { version } = JSON.parse(
  readFileSync(join(__dirname, '../../package.json'), 'utf8'),
) as {
  readonly version: string;
};

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

export interface ProcessParts {
  readonly config: Config;
  readonly temporal: TemporalConfig;
  readonly skills: readonly Skill[];
  readonly log: Logger;
  readonly running: Running;
  /** Kept by the worker of this process, told by its metrics. */
  readonly sweeps: SweepTotals;
}

/** Closed with the process. */
export function openTemporal({ temporal, running }: ProcessParts): Client {
  const { connection, namespace } = temporal;
  const client = openClient({ connection, client: { namespace } });
  running.add(() => client.connection.close());
  return client;
}

export async function untilSearchAttributes(
  client: Client,
  { log, running: { signal } }: ProcessParts,
): Promise<void> {
  await untilAnswered(() => ensureSearchAttributes(client), {
    signal,
    onWait(cause) {
      log.warn({ cause: String(cause) }, 'waiting for Temporal');
    },
  });
}

/** The same for every process with this `DATA_DIR`, or with this `SERVICE_SECRET`. */
export async function keysOf({ serviceSecret, dataDir }: Config): Promise<DeriveKey> {
  return serviceSecret === undefined
    ? keysFromFile(join(dataDir, 'secret'))
    : keysFromSecret(serviceSecret);
}

/** Apart from that of skills: webhooks that wait must not take the places of skills that work. */
export function pushQueueOf({ taskQueue }: Config): string {
  return `${taskQueue}-push`;
}

/** What notifications are signed with; derived when the operator has set none. */
export function signingSecretsOf({ push }: Config, keys: DeriveKey): readonly Buffer[] {
  return push.signingSecrets ?? [keys('webhook-signature')];
}
