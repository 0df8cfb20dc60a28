// The only reader of the environment: checks every setting and fills in the defaults.

import { loadClientConnectConfig } from '@temporalio/envconfig';
import { homedir } from 'node:os';
import { BlockList, isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { AssistantConfig, Config, S3Config, TemporalConfig } from './config';
import { settings, type Settings } from './settings';

/** @throws Error that names each setting that is wrong, one a line. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is what a compose file makes of an unset one.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const checked = settings.safeParse(set);
  if (!checked.success) throw new Error(`bad settings:\n${z.prettifyError(checked.error)}`);
  const values = checked.data;
  refuseOpenHost(values.HOST, values.ALLOW_ANONYMOUS);
  const hasTemporal = Object.keys(set).some((key) =>
    ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'].includes(key),
  );
  return {
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, ''),
    grpcPort: values.GRPC_PORT,
    publicGrpcUrl: values.PUBLIC_GRPC_URL,
    allowedHosts: values.ALLOWED_HOSTS,
    agentCard: values.AGENT_CARD,
    agentCardFile: values.AGENT_CARD_FILE,
    extendedAgentCard: values.EXTENDED_AGENT_CARD,
    cardSigningKey: values.CARD_SIGNING_KEY,
    requiredExtensions: values.REQUIRED_EXTENSIONS,
    maxBodyBytes: values.MAX_BODY_BYTES,
    dataDir: resolve(values.DATA_DIR),
    artifacts: artifactsOf(values),
    serviceSecret: values.SERVICE_SECRET,
    taskQueue: values.TASK_QUEUE,
    push: pushOf(values),
    skills: values.SKILLS,
    assistant: assistantOf(values, Object.keys(set)),
    logLevel: values.LOG_LEVEL,
    workerHealthPort: values.WORKER_HEALTH_PORT,
    workflowCacheSize: values.WORKFLOW_CACHE_SIZE,
    temporal: hasTemporal ? readTemporal() : undefined,
    embedded: embeddedOf(values),
  };
}

/** @throws Error when some settings of the assistant are there, and not those that it needs. */
function assistantOf(values: Settings, set: readonly string[]): AssistantConfig | undefined {
  const given = set.filter((name) => name.startsWith('ASSISTANT_'));
  if (given.length === 0) return undefined;
  const { ASSISTANT_BASE_URL: url, ASSISTANT_MODEL: model } = values;
  if (url === undefined || model === undefined) {
    const missing = url === undefined ? 'ASSISTANT_BASE_URL' : 'ASSISTANT_MODEL';
    throw new Error(
      `${given.join(', ')} without ${missing}: the assistant needs ASSISTANT_BASE_URL and ` +
        'ASSISTANT_MODEL; without any of its settings it is not there',
    );
  }
  return {
    baseUrl: url.replace(/\/+$/, ''),
    model,
    apiKey: values.ASSISTANT_API_KEY,
    instructions: values.ASSISTANT_INSTRUCTIONS,
    maxIterations: values.ASSISTANT_MAX_ITERATIONS,
    takesImages: values.ASSISTANT_IMAGES,
    silenceMs: values.ASSISTANT_SILENCE_SECONDS * 1_000,
  };
}

const HOUR_MS = 3_600_000;

function artifactsOf(values: Settings): Config['artifacts'] {
  const { ARTIFACT_SWEEP_HOURS: hours } = values;
  return { s3: s3Of(values), sweepEveryMs: hours === 'off' ? undefined : hours * HOUR_MS };
}

/** Keys and profiles are read by the SDK of AWS. */
function s3Of(values: Settings): S3Config | undefined {
  const { ARTIFACT_STORE: store, S3_ENDPOINT: endpoint, S3_PATH_STYLE: pathStyle } = values;
  if (store === undefined) {
    if (endpoint === undefined) return undefined;
    throw new Error('S3_ENDPOINT is set and ARTIFACT_STORE is not: set ARTIFACT_STORE=s3://bucket');
  }
  // Other services have one host name, and regions mean nothing to most of them.
  const region = values.AWS_REGION ?? (endpoint === undefined ? undefined : 'us-east-1');
  return {
    ...store,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    isPathStyle: pathStyle ?? endpoint !== undefined,
  };
}

function pushOf(values: Settings): Config['push'] {
  return {
    isOn: values.PUSH_NOTIFICATIONS === 'on',
    allowHosts: values.PUSH_ALLOW_HOSTS,
    signingSecrets: values.PUSH_SIGNING_SECRETS,
    listenPort: values.LISTEN_PORT,
    scheduleMs: values.PUSH_RETRY_SECONDS.map((seconds) => seconds * 1_000),
  };
}

function embeddedOf(values: Settings): Config['embedded'] {
  return {
    port: values.EMBEDDED_TEMPORAL_PORT,
    cliPath: values.TEMPORAL_CLI_PATH,
    searchPath: values.PATH,
    cacheDir: join(values.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'longhaul'),
  };
}

/** The official `TEMPORAL_*` variables and profiles. */
function readTemporal(): TemporalConfig {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { connection: connectionOptions, namespace: namespace ?? 'default' };
}

/** Callers cannot be told apart yet, so whoever reaches the port may read and cancel every task. */
function refuseOpenHost(host: string, allowAnonymous: boolean): void {
  if (isLoopback(host) || allowAnonymous) return;
  throw new Error(
    `HOST=${host} is reachable from other machines, and callers are not authenticated: ` +
      'set HOST=127.0.0.1, or ALLOW_ANONYMOUS=true behind a proxy that authenticates them',
  );
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8);
  loopback.addAddress('::1', 'ipv6');
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
