// Replays histories on the workflows of a build, as is to be done before it is deployed.

import { temporal } from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../test/harness/child';

type IHistory = temporal.api.history.v1.IHistory;

const RECORDED = join(__dirname, '../test/histories');

/** The core reports each refusal by itself, and here they are meant to happen. */
const QUIET = { logging: { filter: 'OFF', forward: {} } };

let isQuiet = false;

export interface Recorded {
  readonly workflowId: string;
  readonly history: IHistory;
}

/** Why the workflows of the build cannot go on from these histories: one reason for each that they cannot. */
export async function refusalsOf(
  { cwd }: Program,
  histories: readonly Recorded[],
): Promise<readonly string[]> {
  if (!isQuiet) {
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: QUIET });
    isQuiet = true;
  }
  const workflowBundle = { codePath: join(cwd, 'dist/workflow-bundle.js') };
  const given: ReplayHistoriesIterable = histories.values();
  const refusals: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, given)) {
    if (error !== undefined) refusals.push(`${workflowId}: ${error.message}`);
  }
  return refusals;
}

/** Those that the repository keeps, of every way that a task can take. */
export async function keptHistories(): Promise<readonly Recorded[]> {
  const files = (await readdir(RECORDED)).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(RECORDED, file), 'utf8');
      const { History } = temporal.api.history.v1;
      const history = History.fromObject(
        JSON.parse(text) as Parameters<typeof History.fromObject>[0],
      );
      return { workflowId: file, history };
    }),
  );
}
