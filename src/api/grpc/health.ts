// The standard health service of gRPC, grpc.health.v1: the same question as `/readyz`.

import {
  status,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { service as definition } from 'grpc-health-check';
import { setTimeout as delay } from 'node:timers/promises';
import { untilOver } from '../wire/call';
import { SERVICE_NAMES } from './dialect';
import type { Service } from './service';

/** While somebody watches, Temporal is asked so often. */
const WATCH_MS = 5_000;

/** All services stand and fall together; the empty name is the server. */
const NAMES: readonly string[] = ['', ...Object.values(SERVICE_NAMES)];

interface Request {
  readonly service: string;
}

interface Health {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}

export interface HealthOptions {
  /** Whether Temporal answers. */
  readonly isReady: () => Promise<boolean>;
  /** Aborts when the gateway closes: it serves no more then. */
  readonly closing: AbortSignal;
}

export function healthService({ isReady, closing }: HealthOptions): Service {
  const health = async (): Promise<Health> => ({
    status: !closing.aborted && (await isReady()) ? 'SERVING' : 'NOT_SERVING',
  });
  return {
    definition,
    implementation: {
      check(call: ServerUnaryCall<Request, Health>, callback: sendUnaryData<Health>) {
        const { service } = call.request;
        if (NAMES.includes(service)) void health().then((said) => callback(null, said));
        // Not its name: trailers of 64 KiB and more are never sent, and hold up the whole connection.
        else callback({ code: status.NOT_FOUND, details: 'there is no such service' });
      },
      watch(call: ServerWritableStream<Request, Health>) {
        void watch(call, { health, signal: untilOver(call, 'cancelled', closing) });
      },
      list(_call: unknown, callback: sendUnaryData<{ statuses: Record<string, Health> }>) {
        void health().then((said) =>
          callback(null, { statuses: Object.fromEntries(NAMES.map((name) => [name, said])) }),
        );
      },
    },
  };
}

interface Watch {
  readonly health: () => Promise<Health>;
  readonly signal: AbortSignal;
}

/** Tells what is, then each change, up to the end of the call. */
async function watch(
  call: ServerWritableStream<Request, Health>,
  { health, signal }: Watch,
): Promise<void> {
  const isKnown = NAMES.includes(call.request.service);
  let told: Health['status'] | undefined;
  for (;;) {
    const said: Health = isKnown ? await health() : { status: 'SERVICE_UNKNOWN' };
    if (said.status !== told) call.write(said);
    told = said.status;
    if (signal.aborted) break;
    await delay(WATCH_MS, undefined, { signal }).catch(() => undefined);
  }
  call.end();
}
