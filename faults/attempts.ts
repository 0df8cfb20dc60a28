// What the attempts of a task have said: as its artifacts show it, and as its history has it.

import type { Client } from '@temporalio/client';
import { foldArtifacts, lines } from '../test/harness/frames';
import { openClient } from '../src/temporal/connection';
import { createDecoder } from '../src/temporal/history';
import { TaskHistory } from '../src/temporal/task-history';
import { workflowIdOf } from '../src/temporal/tasks';
import type { Follower } from './follower';
import type { Trial } from './trial';

/** Whose tasks those of callers without a name are. */
const SCOPE = { tenant: 'default', principal: 'anonymous' } as const;

const TOLD_CHARS = 100;

export interface Told {
  /** The newest attempt that was heard, over all turns. */
  readonly attempts: number;
  /** Batches that count for nothing, because a newer attempt had been heard. */
  readonly staleBatches: number;
}

/** Reads the histories of tasks past the gateways. */
export function openHistories(trial: Trial): (taskId: string) => Promise<Told> {
  const client: Client = openClient({
    connection: { address: trial.temporal.address },
    client: { namespace: 'default' },
  });
  trial.defer(() => client.connection.close());
  const decode = createDecoder(client);
  return async (taskId) => {
    let attempts = 0;
    const workflowId = workflowIdOf({ scope: SCOPE, taskId });
    const history = new TaskHistory(
      { client, decode, workflowId },
      {
        onRecord(recorded) {
          if (recorded.kind === 'batch') attempts = Math.max(attempts, recorded.batch.attempt);
        },
      },
    );
    do await history.next(false);
    while (!history.isCaughtUp);
    return { attempts, staleBatches: history.staleBatches };
  };
}

/** I2 of the skill `brief-unlike`: at no moment the text of two attempts, and at the end all of one. */
export function checkUnmixed(
  trial: Trial,
  { frames, taskId }: Follower,
  { events }: { readonly events: number },
): void {
  const named = taskId ?? 'a task without a frame';
  const texts = frames.map((_, at) => Object.values(foldArtifacts(frames.slice(0, at + 1))).join());
  const mixed = texts.findIndex((text) => attemptsIn(text).size > 1);
  const mixture = shortly(texts[mixed]);
  trial.check('I2', mixed < 0, `${named}: two attempts after frame ${mixed + 1}: ${mixture}`);
  const last = texts.at(-1) ?? '';
  const [attempt = 'none'] = attemptsIn(last);
  const isWhole = last === `title\n${lines(events, `attempt ${attempt} `)}`;
  const what = `${named}: is not the whole text of attempt ${attempt}: ${shortly(last)}`;
  trial.check('I2', isWhole, what);
}

/** Its end, which is where attempts differ. */
function shortly(text = ''): string {
  return `… ${JSON.stringify(text.slice(-TOLD_CHARS))}`;
}

function attemptsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/^attempt (\d+) /gm)].flatMap(([, attempt]) => attempt ?? []));
}
