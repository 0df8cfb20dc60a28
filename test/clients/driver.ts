// What every client is asked to do, whatever its language: orders in, observations out.

import type { Headings } from '../harness/calls';

export const BINDINGS = ['JSONRPC', 'HTTP+JSON', 'GRPC'] as const;
export type Binding = (typeof BINDINGS)[number];

export type Op =
  | 'card'
  | 'send'
  | 'stream'
  | 'subscribe'
  | 'get'
  | 'cancel'
  | 'list'
  | 'setPush'
  | 'getPush'
  | 'listPush'
  | 'deletePush'
  | 'extendedCard';

export interface Order {
  readonly op: Op;
  /** The request as JSON of the generation that the client speaks. */
  readonly params: object;
  readonly headers: Headings;
  /** Which of the gateways. */
  readonly gateway: number;
}

export interface Driver {
  /** The events of a stream, or the one answer, as JSON of its generation; throws a `ClientError`. */
  obey(order: Order): AsyncIterable<unknown>;
  close(): Promise<void>;
}

/** What `card` is answered with. */
export interface Chosen {
  readonly card: { readonly name: string; readonly skills: readonly { readonly id: string }[] };
  /** The name by which the client knows what it talks through. */
  readonly transport: string;
}

/** An error that a client threw, in whichever language. */
export class ClientError extends Error {
  /** The name of its class. */
  readonly type: string;
  constructor(type: string, message: string) {
    super(`${type}: ${message}`);
    this.name = 'ClientError';
    this.type = type;
  }
}

/** Turns what a client of this process throws into a `ClientError`. */
export async function* observed(answers: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* answers;
  } catch (err) {
    throw toClientError(err);
  }
}

/** The JavaScript client of 0.3 puts the error of a refused stream into the cause of another. */
function toClientError(err: unknown): ClientError {
  const { cause, message } = err as Error;
  const named = cause instanceof Error ? cause : (err as Error);
  const { constructor, name } = named;
  return new ClientError(constructor === Error ? name : constructor.name, message);
}
