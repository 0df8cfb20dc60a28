// One request on its way through the SDK's dispatchers: who calls, what came in headers, what to tell the edge.

import type { User } from '@a2a-js/sdk/server';
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

export interface CallOptions {
  /** Its signal is aborted with a `CallEnded`. */
  readonly caller: Caller;
  readonly generation: Generation;
  /** `Last-Event-ID`: the stream resumes after this event (D3). */
  readonly cursor?: number;
  readonly idempotencyKey?: string;
  /** What the SDK drops of the parts of the message that is sent. */
  readonly partDetails?: readonly PartDetails[];
  /** What it drops of a cancel. */
  readonly metadata?: JsonObject;
}

/** Travels as the SDK's `User`, because that is what reaches the handler on every binding. */
export class Call implements User {
  readonly caller: Caller;
  readonly generation: Generation;
  readonly cursor: number | undefined;
  readonly idempotencyKey: string | undefined;
  readonly partDetails: readonly PartDetails[];
  readonly metadata: JsonObject | undefined;
  /** Set by the handler, read by the edge: the number of the event that it is about to yield. */
  frameId: number | undefined;
  /** Set by the handler, read by the edge: what it is about to answer or to yield. */
  said: Said | undefined;
  /** Set by the handler when it refuses, so that the edge answers from our error table. */
  fault: Fault | undefined;
  /** Set by the edge: resolves when the client has room for another event. */
  ready: () => Promise<void> = () => Promise.resolve();

  constructor(options: CallOptions) {
    this.caller = options.caller;
    this.generation = options.generation;
    this.cursor = options.cursor;
    this.idempotencyKey = options.idempotencyKey;
    this.partDetails = options.partDetails ?? [];
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
