// Builds a gateway from ready-made parts: tasks, replies, listings, webhooks and cards.

import type { Client } from '@temporalio/client';
import { join } from 'node:path';
import { openCards, type Cards } from '../api/card/cards';
import { createGateway } from '../api/gateway';
import { Intake } from '../api/intake';
import { createMetrics } from '../api/metrics';
import { Recovery } from '../api/recovery';
import { createSkillCatalog } from '../api/skill-catalog';
import { TaskService } from '../api/task-service';
import { Webhooks } from '../api/webhooks';
import type { Config } from '../config/config';
import { createPartStores, type PartStores } from '../storage/part-store';
import { servedSince } from '../storage/served-since';
import type { DeriveKey } from '../storage/service-secret';
import { answers } from '../temporal/availability';
import { openContinuations } from '../temporal/continuations';
import { EndedTasks } from '../temporal/ended-task';
import { nextFreePort } from '../temporal/embedded/free-port';
import { PageTokens } from '../temporal/page-tokens';
import { PushConfigs } from '../temporal/push-configs';
import { Replies } from '../temporal/replies';
import { TaskListing } from '../temporal/task-list';
import { Tasks } from '../temporal/tasks';
import { AddressRules } from '../webhooks/address-rules';
import { openBlobs } from './part-blobs';
import {
  keysOf,
  openTemporal,
  pushQueueOf,
  untilSearchAttributes,
  version,
  type ProcessParts,
} from './process';

/** Where clients reach a gateway. */
export interface Addresses {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `host:port`; absent when gRPC is not served. */
  readonly grpcAddress?: string;
}

/** @param starter over the connection of a worker in this process; see `WorkflowStarterOptions`. */
export async function openGateway(parts: ProcessParts, starter?: Client): Promise<Addresses> {
  const { config, log, running } = parts;
  const client = openTemporal(parts);
  const starting = { client, taskQueue: config.taskQueue, ...(starter && { starter }) };
  const tasks = new Tasks(starting);
  const replies = new Replies(starting);
  running.add(() => {
    tasks.feeds.close();
    return Promise.resolve();
  });
  const { port, ...addresses } = await addressesOf(config);
  const { publicUrl } = addresses;
  const keys = await keysOf(config);
  const stores = createPartStores(await openBlobs(parts));
  const webhooks = config.push.isOn
    ? openWebhooks({ config, client, tasks, keys, publicUrl })
    : undefined;
  const receiving = { ...(webhooks && { webhooks }) };
  const serving = { client, tasks, replies, stores, keys, publicUrl, ...receiving };
  const gateway = createGateway({
    service: openService(parts, serving),
    stores,
    ...receiving,
    continuations: openContinuations(tasks, keys('continuation')),
    cards: await cardsOf(parts, addresses),
    publicUrl,
    allowedHosts: [config.host, ...config.allowedHosts],
    maxBodyBytes: config.maxBodyBytes,
    log,
    metrics: createMetrics({ openFeeds: () => tasks.feeds.openCount, sweeps: parts.sweeps }),
    isReady: () => answers(client),
  });
  running.add(() => gateway.close());
  const { host, grpcPort } = config;
  await gateway.listen({ host, port, ...(grpcPort === undefined ? {} : { grpcPort }) });
  void untilSearchAttributes(client, parts).catch((err: unknown) => {
    if (!running.signal.aborted) log.error({ err }, 'listings will not work');
  });
  return addresses;
}

async function addressesOf(config: Config): Promise<Addresses & { readonly port: number }> {
  const port = config.port === 0 ? await nextFreePort(config.host, 4_000) : config.port;
  const { grpcPort } = config;
  const publicUrl = config.publicUrl ?? `http://${hostInUrl(config.host)}:${String(port)}`;
  if (grpcPort === undefined) return { port, publicUrl };
  const { hostname } = new URL(publicUrl);
  return {
    port,
    publicUrl,
    grpcAddress: config.publicGrpcUrl ?? `${hostname}:${String(grpcPort)}`,
  };
}

interface ServiceParts {
  readonly client: Client;
  readonly tasks: Tasks;
  readonly replies: Replies;
  readonly stores: PartStores;
  readonly keys: DeriveKey;
  readonly publicUrl: string;
  readonly webhooks?: Webhooks;
}

function openService({ config, skills }: ProcessParts, parts: ServiceParts): TaskService {
  const { client, keys, ...shared } = parts;
  const recovery = new Recovery({ ...shared, endedTasks: new EndedTasks(client) });
  const catalog = createSkillCatalog(skills, config.taskQueue);
  const intake = new Intake({ ...shared, recovery, catalog });
  const listing = new TaskListing(client, keys('page-token'));
  return new TaskService({ ...shared, recovery, intake, listing });
}

interface WebhookParts {
  readonly config: Config;
  readonly client: Client;
  readonly tasks: Tasks;
  readonly keys: DeriveKey;
  readonly publicUrl: string;
}

function openWebhooks({ config, client, tasks, keys, publicUrl }: WebhookParts): Webhooks {
  const { allowHosts, scheduleMs } = config.push;
  const delivery = { publicUrl, taskQueue: pushQueueOf(config), scheduleMs };
  return new Webhooks({
    tasks,
    configs: new PushConfigs({ client, taskQueue: config.taskQueue, delivery }),
    rules: new AddressRules(allowHosts),
    tokens: new PageTokens(keys('page-token')),
    credentialsKey: keys('webhook-credentials'),
  });
}

function cardsOf({ config, skills, log }: ProcessParts, addresses: Addresses): Promise<Cards> {
  const { agentCard: shape, dataDir } = config;
  const { publicUrl } = addresses;
  return openCards({
    ...{ ...addresses, skills, version, shape },
    hasPush: config.push.isOn,
    fieldsFile: config.agentCardFile,
    extendedFile: config.extendedAgentCard,
    keyFile: config.cardSigningKey,
    requiredExtensions: config.requiredExtensions,
    // Gateways with one address have one card; those of one DATA_DIR may have several addresses.
    servedSince: (etag) =>
      servedSince(join(dataDir, 'agent-card', `${shape} ${encodeURIComponent(publicUrl)}`), etag),
    onError: (err) => {
      log.error({ err }, 'the extended card cannot be given');
    },
  });
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
