// What a generation calls things: requests out of what tests say, and what tests see out of answers.

import type { Piece, Seen, SeenTask } from '../seen';

/** A message of the tests. */
export interface Said {
  readonly skill: string;
  readonly pieces: readonly Piece[];
  readonly taskId?: string;
  readonly contextId?: string;
}

export interface SendOptions {
  readonly historyLength?: number;
  /** Default: true. */
  readonly waits?: boolean;
  readonly push?: PushConfig;
}

export interface PushConfig {
  readonly id: string;
  readonly url: string;
  readonly token: string;
  readonly scheme: string;
  readonly credentials: string;
}

/** A config as it comes back. */
export interface SeenPush {
  readonly taskId: string;
  readonly id: string;
  readonly url: string;
}

export interface Dialect {
  readonly version: '1.0' | '0.3';
  sendParams(said: Said, options: SendOptions): object;
  pushParams(taskId: string, config: PushConfig): object;
  /** For one config, or with no id for all. */
  pushQuery(taskId: string, id?: string): object;
  /** An event of a stream, or the answer to a send. */
  seen(answer: unknown): Seen;
  /** The answer to a get or a cancel. */
  task(answer: unknown): SeenTask;
  push(answer: unknown): SeenPush;
  pushes(answer: unknown): readonly SeenPush[];
}

export const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';

export type Metadata = Readonly<Record<string, unknown>>;

/** 0 when the client lost it. */
export function seqIn(metadata: Metadata | undefined): number {
  return (metadata?.[CURSOR] as { readonly seq: number } | undefined)?.seq ?? 0;
}
