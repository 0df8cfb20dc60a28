// A task of the skill `pipeline` that fails in its third step until it is mended, and the ledger of its steps.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { messageFor, send } from './calls';
import type { WireMessage, WireTask } from './wire';

export const RETRY = 'urn:longhaul:a2a:retry:1';

export interface Pipeline {
  readonly task: WireTask;
  mend(): void;
  /** The numbers of the steps that were run, by whichever task. */
  steps(): readonly number[];
  /** The keys that they were run under. */
  keys(): readonly string[];
}

/** @param folder for the ledger. */
export async function failedPipeline(
  url: string,
  folder: string,
  options: object = {},
): Promise<Pipeline> {
  const name = join(folder, `pipeline-${randomUUID()}`);
  const [ledger, mended] = [`${name}.ledger`, `${name}.mended`];
  const task = await send(url, messageFor('pipeline', { ledger, mended, failsAt: 3, ...options }));
  const lines = (): readonly string[] => readFileSync(ledger, 'utf8').trim().split('\n');
  return {
    task,
    mend: () => {
      writeFileSync(mended, '');
    },
    steps: () => lines().map((line) => Number.parseInt(line, 10)),
    keys: () => lines().map((line) => line.slice(line.indexOf(' ') + 1)),
  };
}

/** The message of A2A 1.0 that asks for another try. */
export function retryOf(taskId: string, more: object = {}): WireMessage {
  return {
    messageId: randomUUID(),
    role: 'ROLE_USER',
    parts: [{ text: 'again, please' }],
    metadata: { [RETRY]: { taskId, ...more } },
  };
}
