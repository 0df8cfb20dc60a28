// Builds a worker from ready-made parts: skills, and the notifications of webhooks.

import { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createTaskActivities } from '../activities/run-skill';
import { skillQueuesOf } from '../activities/skill-queue';
import { catchStrayErrors } from '../activities/stray-errors';
import { serveHealth } from '../api/health';
import { createMetrics } from '../api/metrics';
import { createPartStores, type PartStores } from '../storage/part-store';
import { ContinuationTokens } from '../temporal/continuations';
import { Tasks } from '../temporal/tasks';
import { AddressRules } from '../webhooks/address-rules';
import { createPushActivities } from '../webhooks/deliver';
import { createPoster } from '../webhooks/post';
import { MAX_RUNNING_DELIVERIES, connectWorker, startTaskWorker } from '../worker/worker';
import type { TaskActivities } from '../workflows/contract';
import type { PushActivities } from '../workflows/push-contract';
import { openBlobs } from './part-blobs';
import { sweepFromTimeToTime } from './part-sweeps';
import {
  keysOf,
  openTemporal,
  pushQueueOf,
  signingSecretsOf,
  untilSearchAttributes,
  version,
  type ProcessParts,
} from './process';

/** Resolves with a client over the worker's own connection, through which a gateway beside it starts tasks. */
export async function openWorker(
  parts: ProcessParts,
  fail: (err: unknown) => void,
): Promise<Client> {
  const { config, temporal, skills, log, running } = parts;
  const client = openTemporal(parts);
  const blobs = await openBlobs(parts);
  const stores = createPartStores(blobs);
  await untilSearchAttributes(client, parts);
  catchStrayErrors((err, kind) => {
    log.fatal({ err }, `an ${kind} that belongs to no skill`);
    if (kind === 'exception') process.exit(1);
  });
  const connection = await connectWorker(temporal.connection ?? {});
  running.add(() => connection.close());
  const native = new Client({ connection, namespace: temporal.namespace });
  const worker = await startTaskWorker({
    connection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    activities: await openActivities(parts, { native, client, stores }),
    skillQueues: skillQueuesOf(skills, config.taskQueue),
    // Switched off, what is under way waits in its queue until it is switched on again.
    ...(config.push.isOn && {
      push: { taskQueue: pushQueueOf(config), activities: await openPush(parts, client, stores) },
    }),
    cacheSize: config.workflowCacheSize,
    onFailure: fail,
  });
  running.add(() => worker.close());
  sweepFromTimeToTime(parts, client, blobs);
  return native;
}

interface Reach {
  /** Over the connection of the worker. */
  readonly native: Client;
  /** Its polls can be given up, which those over the worker's connection cannot. */
  readonly client: Client;
  readonly stores: PartStores;
}

async function openActivities(
  { config, skills, log }: ProcessParts,
  { native, client, stores }: Reach,
): Promise<TaskActivities> {
  const tasks = new Tasks({ client: native, taskQueue: config.taskQueue });
  const followed = new Tasks({ client, taskQueue: config.taskQueue });
  return createTaskActivities({
    skills: new Map(skills.map((skill) => [skill.id, skill])),
    stores,
    continuations: new ContinuationTokens((await keysOf(config))('continuation')),
    signal: (run, batch) => tasks.signal(run, batch),
    longLog: (run, speaker) => tasks.longLog(run, speaker),
    takeOver: (run, speaker) => tasks.takeOver(run, speaker),
    followUps: (run) => followed.followUps(run),
    readTask: (ref) => tasks.read(ref),
    log: (taskId, skillId) => toSkillLog(log.child({ taskId, skillId })),
  });
}

async function openPush(
  parts: ProcessParts,
  client: Client,
  stores: PartStores,
): Promise<PushActivities> {
  const { config, log, running } = parts;
  const keys = await keysOf(config);
  const tasks = new Tasks({ client, taskQueue: config.taskQueue });
  const poster = createPoster(new AddressRules(config.push.allowHosts));
  running.add(() => poster.close());
  return createPushActivities({
    tasks,
    poster,
    places: MAX_RUNNING_DELIVERIES,
    stores,
    credentialsKey: keys('webhook-credentials'),
    signingSecrets: signingSecretsOf(config, keys),
    userAgent: `longhaul/${version}`,
    report: (err, taskId) => {
      log.error({ err, taskId }, 'a notification could not be made');
    },
  });
}

function toSkillLog(log: Logger): ReturnType<Parameters<typeof createTaskActivities>[0]['log']> {
  return {
    info: (message, fields = {}) => {
      log.info(fields, message);
    },
    warn: (message, fields = {}) => {
      log.warn(fields, message);
    },
    error: (message, fields = {}) => {
      log.error(fields, message);
    },
  };
}

export async function openWorkerHealth({
  config,
  log,
  running,
  sweeps,
}: ProcessParts): Promise<void> {
  if (config.workerHealthPort === undefined) return;
  const { host, workerHealthPort } = config;
  const health = await serveHealth({
    host,
    port: workerHealthPort,
    metrics: createMetrics({ sweeps }),
  });
  running.add(() => health.close());
  log.info({ port: workerHealthPort }, 'health is served');
}
