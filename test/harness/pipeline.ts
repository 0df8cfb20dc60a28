// A task of the skill `pipeline` that fails in its third step until it is mended, and the ledger of its steps.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { messageFor, send } from './calls';
import type { WireMessage, WireTask } from './wire';

export const RETRY = 'urn:longhaul:a2a:retry:1';

/** The ledger of one task and of those that try it again. */
export interface Ledger {
  /** What the skill is to be given. */
  readonly options: { readonly ledger: string; readonly mended: string; readonly failsAt: number };
  mend(): void;
  /** The numbers of the steps that were run, by whichever task. */
  steps(): readonly number[];
  /** The keys that they were run under. */
  keys(): readonly string[];
}

export interface Pipeline extends Ledger {
  readonly task: WireTask;
}

/** @param folder for the ledger. */
export async function failedPipeline(
  url: string,
  folder: string,
  more: object = {},
): Promise<Pipeline> {
  const ledger = pipelineIn(folder);
  const task = await send(url, messageFor('pipeline', { ...ledger.options, ...more }));
  return { ...ledger, task };
}

export function pipelineIn(folder: string): Ledger {
  const name = join(folder, `pipeline-${randomUUID()}`);
  const [ledger, mended] = [`${name}.ledger`, `${name}.mended`];
  const lines = (): readonly string[] => readFileSync(ledger, 'utf8').trim().split('\n');
  return {
    options: { ledger, mended, failsAt: 3 },
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
