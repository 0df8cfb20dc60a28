// The composition root: builds each process from ready-made parts, and takes it down again.

import { Client } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { loadSkills } from './activities/load-skills';
import { createTaskActivities } from './activities/run-skill';
import type { Skill } from './activities/skill';
import { catchStrayErrors } from './activities/stray-errors';
import { openCards, type Cards } from './api/card/cards';
import { createGateway } from './api/gateway';
import { serveHealth } from './api/health';
import { createMetrics } from './api/metrics';
import { Intake } from './api/intake';
import { createSkillCatalog } from './api/skill-catalog';
import { TaskService } from './api/task-service';
import { Webhooks } from './api/webhooks';
import { readConfig, type Config, type TemporalConfig } from './config';
import { Running } from './running';
import { createDirectoryPartStore } from './storage/part-store';
import { servedSince } from './storage/served-since';
import { keysFromFile, keysFromSecret, type DeriveKey } from './storage/service-secret';
import { answers, untilAnswered } from './temporal/availability';
import { openClient } from './temporal/connection';
import { ContinuationTokens, openContinuations } from './temporal/continuations';
import { findTemporalCli, type CliOptions } from './temporal/embedded/cli';
import { nextFreePort } from './temporal/embedded/free-port';
import { startOwnTemporal } from './temporal/embedded/own-temporal';
import { PageTokens } from './temporal/page-tokens';
import { PushConfigs } from './temporal/push-configs';
import { ensureSearchAttributes, searchAttributes } from './temporal/search-attributes';
import { TaskListing } from './temporal/task-list';
import { Replies } from './temporal/replies';
import { Tasks } from './temporal/tasks';
import { AddressRules } from './webhooks/address-rules';
import { createPushActivities } from './webhooks/deliver';
import { startListener } from './webhooks/listener';
import { createPoster } from './webhooks/post';
import { toSecret } from './webhooks/signature';
import type { PushActivities } from './workflows/push-contract';
import { connectWorker, startTaskWorker } from './worker/worker';

/** A process that does not come down by itself is ended; a supervisor waits ten seconds, as a rule. */
const SHUTDOWN_MS = 15_000;

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as {
  readonly version: string;
};

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface ProcessParts {
  readonly config: Config;
  readonly temporal: TemporalConfig;
  readonly skills: readonly Skill[];
  readonly log: Logger;
  readonly running: Running;
}

async function main(): Promise<void> {
  const [role = 'start', option] = process.argv.slice(2);
  const config = readConfig();
  if (role === 'start' && option === '--doctor') {
    await showDoctor(config);
    return;
  }
  const running = new Running();
  let starting = Promise.resolve();
  const stop = (code: number): void => {
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    running.stop();
    void starting.then(() => running.close()).finally(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      say(`${signal}: draining`);
      stop(0);
    });
  }
  starting = run(role, { config, running, stop }).catch((err: unknown) => {
    if (running.signal.aborted) return;
    say(`longhaul: ${err instanceof Error ? err.message : String(err)}`);
    stop(1);
  });
  await starting;
}

interface Role {
  readonly config: Config;
  readonly running: Running;
  readonly stop: (code: number) => void;
}

async function run(role: string, { config, running, stop }: Role): Promise<void> {
  const log = pino({ level: config.logLevel });
  const skills = await loadSkills(config.skills);
  const fail = (err: unknown): void => {
    log.fatal({ err }, 'the worker stopped');
    stop(1);
  };
  switch (role) {
    case 'start': {
      const { temporal, uiUrl } = await ownOrGivenTemporal(config, running, stop);
      const parts = { config, temporal, skills, log, running };
      const starter = await openWorker(parts, fail);
      const addresses = await openGateway(parts, starter);
      sayReady(addresses, uiUrl);
      return;
    }
    case 'gateway': {
      const parts = { config, temporal: given(config), skills, log, running };
      sayAddresses(await openGateway(parts));
      return;
    }
    case 'worker': {
      const parts = { config, temporal: given(config), skills, log, running };
      await openWorker(parts, fail);
      await openWorkerHealth(parts);
      say(`worker runs  task queue ${config.taskQueue}`);
      return;
    }
    case 'listen': {
      await openListener(config, running);
      return;
    }
    default:
      throw new Error(`there is no "${role}": say start, gateway, worker or listen`);
  }
}

/** Gateway and worker without Temporal settings speak to a server on this machine. */
function given(config: Config): TemporalConfig {
  return config.temporal ?? { connection: { address: '127.0.0.1:7233' }, namespace: 'default' };
}

async function ownOrGivenTemporal(
  config: Config,
  running: Running,
  stop: (code: number) => void,
): Promise<{ readonly temporal: TemporalConfig; readonly uiUrl?: string }> {
  if (config.temporal !== undefined) return { temporal: config.temporal };
  const { address, uiUrl, close } = await startOwnTemporal({
    dataDir: config.dataDir,
    port: config.embedded.port,
    cli: cliOptions(config),
    searchAttributes: searchAttributes(),
    report: say,
    onExit(reason) {
      say(reason);
      stop(1);
    },
  });
  running.add(close);
  const temporal = { connection: { address }, namespace: 'default' };
  return { temporal, ...(uiUrl === undefined ? {} : { uiUrl }) };
}

function cliOptions({ embedded }: Config): Omit<CliOptions, 'report'> {
  const { cliPath, searchPath, cacheDir } = embedded;
  return { searchPath, cacheDir, ...(cliPath === undefined ? {} : { cliPath }) };
}

async function openWorker(parts: ProcessParts, fail: (err: unknown) => void): Promise<Client> {
  const { config, temporal, skills, log, running } = parts;
  const client = openClient({
    connection: temporal.connection,
    client: { namespace: temporal.namespace },
  });
  running.add(() => client.connection.close());
  await untilSearchAttributes(client, parts);
  catchStrayErrors((err, kind) => {
    log.fatal({ err }, `an ${kind} that belongs to no skill`);
    if (kind === 'exception') process.exit(1);
  });
  const connection = await connectWorker(temporal.connection ?? {});
  running.add(() => connection.close());
  const native = new Client({ connection, namespace: temporal.namespace });
  const tasks = new Tasks({ client: native, taskQueue: config.taskQueue });
  const activities = createTaskActivities({
    skills: new Map(skills.map((skill) => [skill.id, skill])),
    store: createDirectoryPartStore(join(config.dataDir, 'parts')),
    continuations: new ContinuationTokens((await keysOf(config))('continuation')),
    signal: (task, batch) => tasks.signal(task, batch),
    log: (taskId, skillId) => toSkillLog(log.child({ taskId, skillId })),
  });
  const worker = await startTaskWorker({
    connection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    activities,
    push: { taskQueue: pushQueueOf(config), activities: await openPush(parts, client) },
    onFailure: fail,
  });
  running.add(() => worker.close());
  return native;
}

/** Apart from that of skills: webhooks that wait must not take the places of skills that work. */
function pushQueueOf({ taskQueue }: Config): string {
  return `${taskQueue}-push`;
}

async function openPush(parts: ProcessParts, client: Client): Promise<PushActivities> {
  const { config, log, running } = parts;
  const keys = await keysOf(config);
  const tasks = new Tasks({ client, taskQueue: config.taskQueue });
  const poster = createPoster(new AddressRules(config.push.allowHosts));
  running.add(() => poster.close());
  return createPushActivities({
    tasks,
    poster,
    store: createDirectoryPartStore(join(config.dataDir, 'parts')),
    credentialsKey: keys('webhook-credentials'),
    signingSecrets: signingSecretsOf(config, keys),
    userAgent: `longhaul/${version}`,
    report: (err, taskId) => {
      log.error({ err, taskId }, 'a notification could not be made');
    },
  });
}

/** For trials: without it nobody sees the secret that is derived when none is set. */
async function openListener(config: Config, running: Running): Promise<void> {
  const secrets = signingSecretsOf(config, await keysOf(config));
  const { listenPort: port } = config.push;
  const listener = await startListener({ host: '127.0.0.1', port, secrets, print: say });
  running.add(() => listener.close());
  say(`webhooks     ${listener.url} (the gateway and the worker need PUSH_ALLOW_HOSTS=127.0.0.1)`);
  for (const secret of secrets) say(`signed with  ${toSecret(secret)}`);
}

function signingSecretsOf({ push }: Config, keys: DeriveKey): readonly Buffer[] {
  return push.signingSecrets ?? [keys('webhook-signature')];
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

async function untilSearchAttributes(
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

/** Where clients reach a gateway. */
interface Addresses {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `host:port`; absent when gRPC is not served. */
  readonly grpcAddress?: string;
}

async function openGateway(parts: ProcessParts, starter?: Client): Promise<Addresses> {
  const { config, temporal, skills, log, running } = parts;
  const client = openClient({
    connection: temporal.connection,
    client: { namespace: temporal.namespace },
  });
  running.add(() => client.connection.close());
  const starting = { client, taskQueue: config.taskQueue, ...(starter && { starter }) };
  const tasks = new Tasks(starting);
  const replies = new Replies(starting);
  running.add(() => {
    tasks.feeds.close();
    return Promise.resolve();
  });
  const port = config.port === 0 ? await nextFreePort(config.host, 4_000) : config.port;
  const addresses = addressesOf(config, port);
  const { publicUrl } = addresses;
  const keys = await keysOf(config);
  const store = createDirectoryPartStore(join(config.dataDir, 'parts'));
  const listing = new TaskListing(client, keys('page-token'));
  const webhooks = config.push.isOn
    ? openWebhooks({ config, client, tasks, keys, publicUrl })
    : undefined;
  const catalog = createSkillCatalog(skills);
  const receiving = { ...(webhooks && { webhooks }) };
  const intake = new Intake({ tasks, replies, store, catalog, publicUrl, ...receiving });
  const gateway = createGateway({
    service: new TaskService({ intake, tasks, replies, listing }),
    store,
    ...receiving,
    continuations: openContinuations(tasks, keys('continuation')),
    cards: await cardsOf(parts, addresses),
    publicUrl,
    allowedHosts: [config.host, ...config.allowedHosts],
    maxBodyBytes: config.maxBodyBytes,
    log,
    metrics: createMetrics({ openFeeds: () => tasks.feeds.openCount }),
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

function addressesOf(config: Config, port: number): Addresses {
  const { grpcPort } = config;
  const publicUrl = config.publicUrl ?? `http://${hostInUrl(config.host)}:${String(port)}`;
  if (grpcPort === undefined) return { publicUrl };
  const { hostname } = new URL(publicUrl);
  return { publicUrl, grpcAddress: config.publicGrpcUrl ?? `${hostname}:${String(grpcPort)}` };
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

/** The same for every process with this `DATA_DIR`, or with this `SERVICE_SECRET`. */
async function keysOf({ serviceSecret, dataDir }: Config): Promise<DeriveKey> {
  return serviceSecret === undefined
    ? keysFromFile(join(dataDir, 'secret'))
    : keysFromSecret(serviceSecret);
}

async function openWorkerHealth({ config, log, running }: ProcessParts): Promise<void> {
  if (config.workerHealthPort === undefined) return;
  const { host, workerHealthPort } = config;
  const health = await serveHealth({ host, port: workerHealthPort, metrics: createMetrics({}) });
  running.add(() => health.close());
  log.info({ port: workerHealthPort }, 'health is served');
}

function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

async function showDoctor(config: Config): Promise<void> {
  say(`Node         ${process.version}`);
  say(`data         ${config.dataDir}`);
  if (config.temporal !== undefined) {
    say(`Temporal     ${config.temporal.connection.address ?? 'by profile'} (nothing is embedded)`);
    return;
  }
  const cli = await findTemporalCli({ ...cliOptions(config), report: say });
  say(`Temporal CLI ${cli.path}`);
  say(`version      ${cli.version} (from ${cli.source})`);
}

function sayAddresses({ publicUrl, grpcAddress }: Addresses): void {
  say(`A2A          ${publicUrl}/`);
  if (grpcAddress !== undefined) say(`gRPC         ${grpcAddress}`);
}

function sayReady(addresses: Addresses, uiUrl: string | undefined): void {
  const { publicUrl: url } = addresses;
  sayAddresses(addresses);
  say(`agent card   ${url}/.well-known/agent-card.json`);
  if (uiUrl !== undefined) say(`Temporal UI  ${uiUrl}`);
  say('');
  say('Try it: this streams a report on the weather data in examples/');
  say(`  node examples/report.mjs ${url}`);
  say('ready');
}

main().catch((err: unknown) => {
  say(`longhaul: ${err instanceof Error ? err.message : String(err)}`);
  process.exitCode = 1;
});
