// The six ways to call the gateway: three bindings, two generations.

import type { Headings } from '../harness/calls';

export const BINDINGS = ['JSON-RPC', 'REST', 'gRPC'] as const;
export type Binding = (typeof BINDINGS)[number];

export const GENERATIONS = ['1.0', '0.3'] as const;
export type Generation = (typeof GENERATIONS)[number];

export interface Via {
  readonly binding: Binding;
  readonly generation: Generation;
}

/** In the order of the document's columns. */
export const WAYS: readonly Via[] = GENERATIONS.flatMap((generation) =>
  BINDINGS.map((binding) => ({ binding, generation })),
);

export const nameOf = ({ binding, generation }: Via): string => `${binding} ${generation}`;

/** The operations that have one answer, and those that have a stream of them. */
export type Plain =
  | 'SendMessage'
  | 'GetTask'
  | 'ListTasks'
  | 'CancelTask'
  | 'CreateTaskPushNotificationConfig'
  | 'GetTaskPushNotificationConfig'
  | 'ListTaskPushNotificationConfigs'
  | 'DeleteTaskPushNotificationConfig'
  | 'GetExtendedAgentCard';
export type Streaming = 'SendStreamingMessage' | 'SubscribeToTask';
export type Operation = Plain | Streaming;

/** A message to a skill of the tests. */
export interface Said {
  readonly skill: string;
  /** Default: `please`. */
  readonly text?: string;
  /** For the skill; travels as a data part. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** A file of this media type beside the text. */
  readonly fileType?: string;
  /** Leaves out all parts. */
  readonly isEmpty?: boolean;
  readonly taskId?: string;
  readonly contextId?: string;
}

/** What is asked, in the words of 1.0; each way says it in its own. */
export interface Asked {
  readonly message?: Said;
  /** Default: true. */
  readonly waits?: boolean;
  readonly historyLength?: number;
  readonly taskId?: string;
  readonly contextId?: string;
  readonly configId?: string;
  /** Where push notifications go. */
  readonly url?: string;
  readonly headers?: Headings;
}

/** What speaks one of the ways to one gateway. */
export interface Speaker extends Via {
  /** The answer as JSON, out of its envelope. Throws a `Refusal`. */
  call(operation: Plain, asked: Asked): Promise<unknown>;
  /** Every event until the server ends the stream. Throws a `Refusal`. */
  stream(operation: Streaming, asked: Asked): AsyncGenerator;
}

/** An error answer, as the binding said it. */
export class Refusal extends Error {
  readonly refused: Refused;
  constructor(refused: Refused) {
    super(JSON.stringify(refused));
    this.name = 'Refusal';
    this.refused = refused;
  }
}

export type Refused =
  | { readonly binding: 'JSON-RPC' | 'REST'; readonly status: number; readonly body: unknown }
  | { readonly binding: 'gRPC'; readonly code: number; readonly details: readonly unknown[] };

/** What the call was refused with; fails when it was not. */
export async function refusalOf(act: Promise<unknown>): Promise<Refused> {
  const err: unknown = await act.then(
    (answer) => new Error(`not refused: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  );
  if (err instanceof Refusal) return err.refused;
  throw err;
}
