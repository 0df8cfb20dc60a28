// Every setting by its name in the environment: of what kind it is, and its default.

import { z } from 'zod';
import {
  allowedHost,
  apiKey,
  assistantUrl,
  file,
  flag,
  hostAndPort,
  hostName,
  httpUrl,
  list,
  port,
  s3Url,
  signingSecret,
  sweepHours,
} from './kinds';

/** 10 MiB: a file of 7 MB as base64, with its message around it. */
const DEFAULT_MAX_BODY_BYTES = 10_485_760;

/** What one body may ask a gateway to hold in memory, several times over. */
const MAX_BODY_BYTES_LIMIT = 134_217_728;

/** Standard Webhooks: at once, then 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h after the failure before. */
const PUSH_SCHEDULE_S = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Parts are kept for days after the task; a few hours more are cheap, and so is a sweep. */
const DEFAULT_SWEEP_HOURS = 6;

/** A local model may take a minute to read a long conversation before it says its first word. */
const ASSISTANT_SILENCE_S = 120;

export const settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(4_000),
  PUBLIC_URL: httpUrl.optional(),
  GRPC_PORT: port.min(1).optional(),
  PUBLIC_GRPC_URL: hostAndPort.optional(),
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
  ASSISTANT_BASE_URL: assistantUrl.optional(),
  ASSISTANT_MODEL: z.string().min(1).optional(),
  ASSISTANT_API_KEY: apiKey.optional(),
  ASSISTANT_INSTRUCTIONS: z.string().optional(),
  ASSISTANT_MAX_ITERATIONS: z.coerce.number().int().min(1).max(1_000).default(10),
  ASSISTANT_IMAGES: flag.default(false),
  ASSISTANT_SILENCE_SECONDS: z.coerce.number().positive().max(3_600).default(ASSISTANT_SILENCE_S),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ALLOW_ANONYMOUS: flag.default(false),
  WORKER_HEALTH_PORT: port.optional(),
  /** The SDK makes 2 of 1. */
  WORKFLOW_CACHE_SIZE: z.coerce.number().int().min(2).optional(),
  EMBEDDED_TEMPORAL_PORT: port.default(7_233),
  TEMPORAL_CLI_PATH: z.string().min(1).optional(),
  PATH: z.string().default(''),
  XDG_CACHE_HOME: z.string().optional(),
});

/** The settings of one process, each checked by itself. */
export type Settings = z.infer<typeof settings>;
