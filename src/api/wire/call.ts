// One request on its way through the SDK's dispatchers: who calls, what came in headers, what to tell the edge.

import type { User } from '@a2a-js/sdk/server';
import type { EventEmitter } from 'node:events';
import type { JsonObject } from '../../workflows/task';
import type { Caller } from '../task-service';
import type { Fault } from './error-table';
import type { PartDetails, Said } from './legacy-parts';

export type Generation = '1.0' | '0.3';

/** The reason of a caller's signal: why nobody waits for the answer any more, or is to. */
export class CallEnded extends Error {
  readonly by: 'caller' | 'gateway';
  constructor(by: CallEnded['by']) {
    super(by === 'caller' ? 'the caller has left' : 'the gateway stops; the task goes on');
    this.name = 'CallEnded';
    this.by = by;
  }
}

/**
 * Aborts with a `CallEnded` when the client has gone, or the gateway closes.
 * @param gone what `source` emits at the end of the call, be it answered or left.
 */
export function untilOver(
  source: Pick<EventEmitter, 'once'>,
  gone: 'close' | 'cancelled',
  closing: AbortSignal,
): AbortSignal {
  const controller = new AbortController();
  const end = (by: CallEnded['by']): void => {
    closing.removeEventListener('abort', stop);
    controller.abort(new CallEnded(by));
  };
  const stop = (): void => end('gateway');
  source.once(gone, () => end('caller'));
  closing.addEventListener('abort', stop, { once: true });
  if (closing.aborted) stop();
  return controller.signal;
}

export interface CallOptions {
  /** Its signal is aborted with a `CallEnded`. */
  readonly caller: Caller;
  readonly generation: Generation;
  /** `Last-Event-ID`: the stream resumes after this event (D3). */
  readonly cursor?: number;
  readonly idempotencyKey?: string;
  /** Of a listing whose paging the SDK drops. */
  readonly page?: PageRequest;
  /** What the SDK drops of the parts of the message that is sent. */
  readonly partDetails?: readonly PartDetails[];
  /** The same of a send's configuration: how much history the answer is to have. */
  readonly historyLength?: number;
  /** What it drops of a cancel. */
  readonly metadata?: JsonObject;
}

export interface PageRequest {
  readonly size?: number;
  readonly token?: string;
}

/** Travels as the SDK's `User`, because that is what reaches the handler on every binding. */
export class Call implements User {
  readonly caller: Caller;
  readonly generation: Generation;
  readonly cursor: number | undefined;
  readonly idempotencyKey: string | undefined;
  readonly page: PageRequest | undefined;
  readonly partDetails: readonly PartDetails[];
  readonly historyLength: number | undefined;
  readonly metadata: JsonObject | undefined;
  /** Set by the handler, read by the edge: the number of the event that it is about to yield. */
  frameId: number | undefined;
  /** Set by the handler, read by the edge: what it is about to answer or to yield. */
  said: Said | undefined;
  /** Set by the handler: a list that the answer has although it is empty, which the SDK leaves out. */
  list: string | undefined;
  /** Set by the handler: the card that it answers, in JSON that the SDK's codec would take fields from. */
  card: Readonly<Record<string, unknown>> | undefined;
  /** Set by the handler when it refuses, so that the edge answers from our error table. */
  fault: Fault | undefined;
  /** Set by the handler: the first event of the stream has been taken. */
  hasBegun = false;
  /** Set by the edge that tells of a fault after that by itself: the SDK would print it. */
  tellsLateFaults = false;
  /** Set by the edge: resolves when the client has room for another event. */
  ready: () => Promise<void> = () => Promise.resolve();

  constructor(options: CallOptions) {
    this.caller = options.caller;
    this.generation = options.generation;
    this.cursor = options.cursor;
    this.idempotencyKey = options.idempotencyKey;
    this.page = options.page;
    this.partDetails = options.partDetails ?? [];
    this.historyLength = options.historyLength;
    this.metadata = options.metadata;
  }

  /** Undefined while the caller waits. */
  get ended(): CallEnded | undefined {
    const reason: unknown = this.caller.signal.reason;
    return reason instanceof CallEnded ? reason : undefined;
  }

  readonly isAuthenticated = false;

  get userName(): string {
    return this.caller.scope.principal;
  }
}

/** The answer with its list, empty if need be; anything else as it is. */
export function withList(answer: unknown, { list }: Call): unknown {
  if (list === undefined || typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return answer;
  return { [list]: [], ...answer };
}
