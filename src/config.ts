// The only reader of the environment: checks every setting and fills in the defaults.

import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { homedir } from 'node:os';
import { BlockList, isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { parseAllowedHost, type AllowedHost } from './webhooks/address-rules';
import { SECRET_PREFIX, secretBytes } from './webhooks/signature';

export interface Config {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Without a trailing slash; absent: made from host and port. */
  readonly publicUrl: string | undefined;
  /** Absent: gRPC is not served. */
  readonly grpcPort: number | undefined;
  /** `host:port`; absent: the host of `publicUrl`, else `host`, with `grpcPort`. */
  readonly publicGrpcUrl: string | undefined;
  /** Names by which clients may call besides loopback, `host` and that of `publicUrl`; lower case. */
  readonly allowedHosts: readonly string[];
  readonly agentCard: 'hybrid' | '1.0' | '0.3';
  /** Files, as absolute paths: fields of the card, those of the extended card, and a private key. */
  readonly agentCardFile: string | undefined;
  readonly extendedAgentCard: string | undefined;
  readonly cardSigningKey: string | undefined;
  /** URIs of extensions that every client must name. */
  readonly requiredExtensions: readonly string[];
  readonly maxBodyBytes: number;
  readonly dataDir: string;
  /** Where big parts lie. */
  readonly artifacts: {
    /** Absent: a directory in `dataDir`. */
    readonly s3: S3Config | undefined;
    /** Between two sweeps of what Temporal has dropped; absent: this process sweeps nothing. */
    readonly sweepEveryMs: number | undefined;
  };
  /** What all gateways and workers sign and seal with; absent: a file in `dataDir`, made on first use. */
  readonly serviceSecret: string | undefined;
  readonly taskQueue: string;
  readonly push: {
    readonly isOn: boolean;
    /** Hosts that may be notified although they are private or without TLS. */
    readonly allowHosts: readonly AllowedHost[];
    /** The newest first; absent: one that is derived from the service's secret. */
    readonly signingSecrets: readonly Buffer[] | undefined;
    /** Where `listen` takes notifications, for trials. */
    readonly listenPort: number;
    /** Waits before each attempt for one event, in milliseconds. */
    readonly scheduleMs: readonly number[];
  };
  readonly skills: readonly string[];
  /** Of the shipped skill `assistant`; absent: it is not there. */
  readonly assistant: AssistantConfig | undefined;
  readonly logLevel: string;
  readonly workerHealthPort: number | undefined;
  /** Absent: `npm start` runs its own server. */
  readonly temporal: TemporalConfig | undefined;
  readonly embedded: {
    readonly port: number;
    readonly cliPath: string | undefined;
    /** Where commands are looked up; the value of PATH. */
    readonly searchPath: string;
    readonly cacheDir: string;
  };
}

/** An OpenAI-compatible endpoint, and how it is talked to. */
export interface AssistantConfig {
  /** Up to and with the version, without a trailing slash. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  readonly instructions: string | undefined;
  readonly maxIterations: number;
  readonly takesImages: boolean;
  readonly silenceMs: number;
}

export interface S3Config {
  readonly bucket: string;
  /** Before every key; empty for none. */
  readonly prefix: string;
  /** Absent: that of AWS. */
  readonly endpoint?: string;
  /** Absent: what the standard variables and profiles of AWS say. */
  readonly region?: string;
  readonly isPathStyle: boolean;
}

export interface TemporalConfig {
  readonly connection: ClientConnectConfig['connectionOptions'];
  readonly namespace: string;
}

/** 10 MiB: a file of 7 MB as base64, with its message around it. */
const DEFAULT_MAX_BODY_BYTES = 10_485_760;

/** Standard Webhooks: at once, then 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h after the failure before. */
const PUSH_SCHEDULE_S = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Parts are kept for days after the task; a few hours more are cheap, and so is a sweep. */
const DEFAULT_SWEEP_HOURS = 6;

/** What one body may ask a gateway to hold in memory, several times over. */
const MAX_BODY_BYTES_LIMIT = 134_217_728;

const port = z.coerce.number('must be a port number').int().min(0).max(65_535);
/** A name, an IPv4 address, or an IPv6 address in brackets, and a port. */
const HOST_AND_PORT = /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i;
/** A bucket by S3's rules for names, and a prefix of characters that need no escape anywhere. */
const S3_URL = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/([\w.-]+(?:\/[\w.-]+)*))?\/?$/;
/** A timer of Node takes 24 days. */
const SWEEP_HOURS_MAX = 500;
const HOST_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const list = z.string().transform((text) => text.split(',').flatMap((s) => s.trim() || []));
/** A host as it stands in a `Host` header, the port left out. */
const hostName = z
  .string()
  .toLowerCase()
  .refine((name) => HOST_NAME.test(name) || isIP(name) !== 0, 'must be names without a port');
const allowedHost = z.string().transform((text, context) => {
  const parsed = parseAllowedHost(text);
  if (parsed !== undefined) return parsed;
  context.addIssue('must be names, addresses or ranges, each with or without a port');
  return z.NEVER;
});
/** Standard Webhooks: 24 to 64 bytes. */
const signingSecret = z
  .string()
  .startsWith(SECRET_PREFIX)
  .transform(secretBytes)
  .refine(({ length }) => length >= 24 && length <= 64, 'must hold 24 to 64 bytes in base64');
const s3Url = z
  .string()
  .regex(S3_URL, 'must be s3://bucket or s3://bucket/prefix')
  .transform((url) => {
    const [, bucket = '', prefix = ''] = S3_URL.exec(url) ?? [];
    return { bucket, prefix };
  });
const sweepHours = z
  .literal('off')
  .or(z.coerce.number<string>('must be a number of hours, or off').positive().max(SWEEP_HOURS_MAX));
const file = z
  .string()
  .min(1)
  .transform((path) => resolve(path));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Neither a header that cannot be sent nor an error that quotes it. */
const apiKey = z.string().regex(/^[\x21-\x7e]+$/, 'must be ASCII without spaces and line breaks');
/** What comes after this check is spared what is no URL. */
const httpUrl = z.url({
  protocol: /^https?$/,
  abort: true,
  error: 'must be a URL that begins with http:// or https://',
});
const endpoint = httpUrl.refine((text) => {
  const { username, password } = new URL(text);
  return username === '' && password === '';
}, 'must not hold credentials: they are ASSISTANT_API_KEY');

/** A local model may take a minute to read a long conversation before it says its first word. */
const ASSISTANT_SILENCE_S = 120;

const schema = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(4_000),
  PUBLIC_URL: httpUrl.optional(),
  GRPC_PORT: port.min(1).optional(),
  PUBLIC_GRPC_URL: z
    .string()
    .regex(HOST_AND_PORT, 'must be host:port, without a scheme')
    .optional(),
  ALLOWED_HOSTS: list.pipe(z.array(hostName)).default([]),
  AGENT_CARD: z.enum(['hybrid', '1.0', '0.3']).default('hybrid'),
  AGENT_CARD_FILE: file.optional(),
  EXTENDED_AGENT_CARD: file.optional(),
  CARD_SIGNING_KEY: file.optional(),
  REQUIRED_EXTENSIONS: list.default([]),
  MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(MAX_BODY_BYTES_LIMIT)
    .default(DEFAULT_MAX_BODY_BYTES),
  DATA_DIR: z.string().min(1).default('.longhaul'),
  ARTIFACT_STORE: s3Url.optional(),
  ARTIFACT_SWEEP_HOURS: sweepHours.default(DEFAULT_SWEEP_HOURS),
  S3_ENDPOINT: httpUrl.optional(),
  S3_PATH_STYLE: flag.optional(),
  AWS_REGION: z.string().min(1).optional(),
  SERVICE_SECRET: z.string().min(32, 'must be 32 characters or more').optional(),
  TASK_QUEUE: z.string().min(1).default('longhaul'),
  PUSH_NOTIFICATIONS: z.enum(['on', 'off']).default('on'),
  PUSH_ALLOW_HOSTS: list.pipe(z.array(allowedHost)).default([]),
  PUSH_SIGNING_SECRETS: list.pipe(z.array(signingSecret).min(1)).optional(),
  PUSH_RETRY_SECONDS: list
    .pipe(z.array(z.coerce.number<string>().min(0)).min(1))
    .default(PUSH_SCHEDULE_S),
  LISTEN_PORT: port.default(4_100),
  SKILLS: list.default([]),
  ASSISTANT_BASE_URL: endpoint.optional(),
  ASSISTANT_MODEL: z.string().min(1).optional(),
  ASSISTANT_API_KEY: apiKey.optional(),
  ASSISTANT_INSTRUCTIONS: z.string().optional(),
  ASSISTANT_MAX_ITERATIONS: z.coerce.number().int().min(1).max(1_000).default(10),
  ASSISTANT_IMAGES: flag.default(false),
  ASSISTANT_SILENCE_SECONDS: z.coerce.number().positive().max(3_600).default(ASSISTANT_SILENCE_S),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ALLOW_ANONYMOUS: flag.default(false),
  WORKER_HEALTH_PORT: port.optional(),
  EMBEDDED_TEMPORAL_PORT: port.default(7_233),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: z.string().optional(),
});

/** @throws Error that names each setting that is wrong, one a line. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is what a compose file makes of an unset one.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const checked = schema.safeParse(set);
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
    artifacts: {
      s3: s3Of(values),
      sweepEveryMs:
        values.ARTIFACT_SWEEP_HOURS === 'off' ? undefined : values.ARTIFACT_SWEEP_HOURS * HOUR_MS,
    },
    serviceSecret: values.SERVICE_SECRET,
    taskQueue: values.TASK_QUEUE,
    push: {
      isOn: values.PUSH_NOTIFICATIONS === 'on',
      allowHosts: values.PUSH_ALLOW_HOSTS,
      signingSecrets: values.PUSH_SIGNING_SECRETS,
      listenPort: values.LISTEN_PORT,
      scheduleMs: values.PUSH_RETRY_SECONDS.map((seconds) => seconds * 1_000),
    },
    skills: values.SKILLS,
    assistant: assistantOf(values, Object.keys(set)),
    logLevel: values.LOG_LEVEL,
    workerHealthPort: values.WORKER_HEALTH_PORT,
    temporal: hasTemporal ? readTemporal() : undefined,
    embedded: {
      port: values.EMBEDDED_TEMPORAL_PORT,
      cliPath: values.TEMPORAL_CLI_PATH,
      searchPath: values.PATH,
      cacheDir: join(values.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'longhaul'),
    },
  };
}

/** @throws Error when some settings of the assistant are there, and not those that it needs. */
function assistantOf(
  values: z.infer<typeof schema>,
  set: readonly string[],
): AssistantConfig | undefined {
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

/** Keys and profiles are read by the SDK of AWS. */
function s3Of(values: z.infer<typeof schema>): S3Config | undefined {
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
