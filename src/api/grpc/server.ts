// The gRPC server: A2A of both generations, health and reflection on one port (A2A §10).

import { ServerCallContext, type A2ARequestHandler, type User } from '@a2a-js/sdk/server';
import { A2AService, grpcService } from '@a2a-js/sdk/server/grpc';
import { LegacyA2AService, legacyGrpcService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { explained } from '../listen';
import { Call } from '../wire/call';
import { Codec } from './codec';
import { loadDescriptors, type Descriptors } from './descriptors';
import { legacyDialect, v1Dialect } from './dialect';
import { healthService, type HealthOptions } from './health';
import type { GrpcEdgeOptions } from './edge';
import { guarded, type Service } from './service';

export interface GrpcServerOptions extends HealthOptions, Omit<GrpcEdgeOptions, 'codec' | 'calls'> {
  readonly handler: A2ARequestHandler;
  readonly maxBodyBytes: number;
}

export interface GrpcServer {
  /** Rejects when the port is taken. */
  listen(port: number, host: string): Promise<void>;
  /** Resolves when every connection is closed; what is under way gets so long. */
  close(graceMs: number): Promise<void>;
}

/** A proxy may put all its clients on one connection. */
const STREAMS_PER_CONNECTION = 1_000;

/** A peer that is gone without a word is noticed within 40 s; most proxies allow no pings more often. */
const KEEP_ALIVE_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 10_000;

/** A connection without calls holds a socket; its client connects again by itself. */
const IDLE_CONNECTION_MS = 600_000;

/**
 * What an answer may hold is bounded where it is made, below the 4 MiB that clients take by default.
 * What goes over it all the same (a reply comes whole) is for the client to allow.
 */
const NO_SEND_LIMIT = -1;

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxBodyBytes,
    'grpc.max_send_message_length': NO_SEND_LIMIT,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION,
    'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_TIMEOUT_MS,
    'grpc.max_connection_idle_ms': IDLE_CONNECTION_MS,
    // It would keep books on every connection for a service that is not served.
    'grpc.enable_channelz': 0,
  });
  const descriptors = loadDescriptors();
  const services = [...a2aServices(descriptors, options), healthService(options)];
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  const { files } = descriptors;
  new ReflectionService({
    // Of a package definition it reads the files alone.
    files: {
      format: 'Protocol Buffer 3 EnumDescriptorProto',
      type: {},
      fileDescriptorProtos: [...files],
    },
  }).addToServer(server);
  return {
    listen: (port, host) => bind(server, { port, host }),
    close: (graceMs) => shutDown(server, graceMs),
  };
}

function a2aServices(
  { registry }: Descriptors,
  options: GrpcServerOptions,
): readonly [Service, Service] {
  const calls: GrpcEdgeOptions['calls'] = new WeakMap();
  const edge = { ...options, codec: new Codec(registry), calls };
  const userBuilder = async (call: object): Promise<User> => callOf(calls, call);
  const sdk = { requestHandler: options.handler, userBuilder, contextBuilder: openContext };
  const v1: Service = { definition: A2AService, implementation: grpcService(sdk) };
  const legacy: Service = {
    definition: LegacyA2AService,
    implementation: legacyGrpcService({ ...sdk, requestHandler: withPlainCard(options) }),
  };
  return [guarded(v1, v1Dialect(registry), edge), guarded(legacy, legacyDialect(registry), edge)];
}

/** `GetAgentCard` of 0.3 is the extended card, as `/v1/card` is; without one it is the public card. */
function withPlainCard({ handler, offer }: GrpcServerOptions): A2ARequestHandler {
  if (offer.hasExtendedCard) return handler;
  const legacy = Object.create(handler) as A2ARequestHandler;
  legacy.getAuthenticatedExtendedAgentCard = () => handler.getAgentCard();
  return legacy;
}

function callOf(calls: GrpcEdgeOptions['calls'], of: object): Call {
  const call = calls.get(of);
  if (call !== undefined) return call;
  throw new Error('a request without its call');
}

/** The version is the service's own, whatever the metadata leaves out. */
function openContext({ user }: { readonly user?: User | undefined }): ServerCallContext {
  if (!(user instanceof Call)) throw new Error('a request without its call');
  return new ServerCallContext({ user, requestedVersion: user.generation });
}

function bind(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<void> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (err) => {
      if (err === null) resolve();
      else reject(explained(err, { port, host, setting: 'GRPC_PORT' }));
    });
  });
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  const force = setTimeout(() => {
    server.forceShutdown();
  }, graceMs);
  await new Promise((resolve) => {
    server.tryShutdown(resolve);
  });
  clearTimeout(force);
}
