// What the processes are configured with: every setting, checked and in the units of the program.

import type { ClientConnectConfig } from '@temporalio/envconfig';
import type { AllowedHost } from '../webhooks/address-rules';

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
  /** Open tasks that a worker keeps in memory; absent: by its heap, see `TaskWorkerOptions`. */
  readonly workflowCacheSize: number | undefined;
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
