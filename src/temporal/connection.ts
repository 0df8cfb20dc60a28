// The client side of Temporal: one lazy connection, and a deadline on every call (D10).

import { Client, Connection, isRetryableError, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ClientOptions, ConnectionOptions } from '@temporalio/client';
import { AsyncLocalStorage } from 'node:async_hooks';
import { isExhausted, isFault } from './grpc-failure';
import { TaskError, TaskErrorReason } from './task-error';

/** Leaves the gateway 500 ms to answer within the 2.5 s that it promises. */
const CALL_DEADLINE_MS = 2_000;

/** A call whose caller has waited for others before it: with one of these the gateway's promise is kept still. */
const LATER_CALL_MS = 300;

/** The server answers a long poll after 20 s; a call that takes longer has lost its server. */
export const LONG_POLL_DEADLINE_MS = 30_000;

/** A half-open socket is noticed within these together; a server refuses pings under 10 s. */
const KEEP_ALIVE_MS = 12_000;
const KEEP_ALIVE_TIMEOUT_MS = 2_000;

/** A page of history is bounded by its events, and each may hold 256 KiB; gRPC's own bound is 4 MiB. */
const RECEIVE_MAX_BYTES = 134_217_728;

/** gRPC backs off to two minutes by itself, and a server that is back would stay unnoticed. */
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 1_000;

/** A passing fault is over by then, and within the deadline a dead server is called dead. */
const RETRIES = 8;
const RETRY_MS = 100;

/** Connects with the first call, so that a gateway starts and answers 503 without Temporal. */
export function openClient(options: {
  readonly connection: ConnectionOptions;
  readonly client: Pick<ClientOptions, 'namespace' | 'dataConverter'>;
}): Client {
  const connection = Connection.lazy({
    ...options.connection,
    // The SDK's own pauses grow without a look at the deadline: its last one alone is 1.4 s.
    interceptors: [
      makeGrpcRetryInterceptor({
        delayFunction: () => RETRY_MS,
        retryableDecider: (attempt, status) => attempt < RETRIES && isRetryableError(status),
      }),
    ],
    channelArgs: {
      'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEP_ALIVE_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MIN_MS,
      'grpc.min_reconnect_backoff_ms': RECONNECT_MIN_MS,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MAX_MS,
      'grpc.max_receive_message_length': RECEIVE_MAX_BYTES,
      ...options.connection.channelArgs,
    },
  });
  return new Client({ ...options.client, connection });
}

/** Epoch milliseconds by which the calls under way are to have ended together. */
const sharedDeadline = new AsyncLocalStorage<number>();

/**
 * What `act` calls, one call after the other, has the deadline of one call: its caller waits for all of them. A call
 * that is late in it still gets a moment, so that what goes well comes to its end.
 */
export function withinOneDeadline<T>(act: () => Promise<T>): Promise<T> {
  return sharedDeadline.run(Date.now() + CALL_DEADLINE_MS, act);
}

/**
 * Runs `call` with a deadline for every request it makes.
 * @throws TaskError `unavailable` when Temporal does not answer, `busy` when it has too much to do;
 * other errors as they are.
 */
export async function withinDeadline<T>(
  client: Client,
  call: () => Promise<T>,
  deadlineMs = CALL_DEADLINE_MS,
): Promise<T> {
  const now = Date.now();
  const shared = Math.max(sharedDeadline.getStore() ?? Infinity, now + LATER_CALL_MS);
  try {
    return await client.withDeadline(Math.min(now + deadlineMs, shared), call);
  } catch (err) {
    if (isExhausted(err)) throw busy(err);
    throw isFault(err) ? unavailable(err) : err;
  }
}

/** A task takes ten updates at once, and a namespace so many calls a second. */
export function busy(cause?: unknown): TaskError {
  return new TaskError(TaskErrorReason.busy, 'Temporal takes no more calls at the moment', cause);
}

export function unavailable(cause: unknown): TaskError {
  return new TaskError(TaskErrorReason.unavailable, 'Temporal does not answer', cause);
}
