// Whether Temporal answers: asked by the readiness check, awaited by a worker, which has nothing to do without.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { withinDeadline } from './connection';
import { TaskError } from './task-error';

/** Whoever asks for readiness has a timeout of his own, of a second or two as a rule. */
const READY_DEADLINE_MS = 1_000;
const RETRY_MS = 1_000;

export function answers(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  const call = (): Promise<unknown> => client.workflowService.describeNamespace({ namespace });
  return withinDeadline(client, call, READY_DEADLINE_MS).then(
    () => true,
    () => false,
  );
}

export interface WaitOptions {
  /** Ends the waiting: it rejects then. */
  readonly signal: AbortSignal;
  readonly onWait: (cause: unknown) => void;
}

/** Repeats `call` while Temporal does not answer it; rejects with any other error of it. */
export async function untilAnswered(
  call: () => Promise<void>,
  { signal, onWait }: WaitOptions,
): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (err) {
      if (!(err instanceof TaskError)) throw err;
      onWait(err.cause);
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}
