// New tasks that are offered whatever happens, each with an idempotency key of its own, and what must have become of them.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  LEAVING,
  getTask,
  listTasks,
  messageFor,
  rpc,
  sendAndLeave,
  type Headings,
} from '../test/harness/calls';
import type { WireMessage, WireTask } from '../test/harness/wire';
import { ask, type Asked } from './asked';
import { inGroups } from './in-groups';
import { Offers } from './offers';
import type { Trial } from './trial';

const POLL_MS = 100;

/** A listing lags behind the tasks; a task that was just taken in needs a worker. */
const SETTLED_MS = 20_000;

export interface Write extends Asked<{ readonly task: WireTask }> {
  readonly message: WireMessage;
  readonly key: Headings;
}

export interface Writing {
  readonly contextId: string;
  /** Offers no more; resolves when each was answered. */
  end(): Promise<readonly Write[]>;
}

export function offerWrites(url: () => string, everyMs: number): Writing {
  const contextId = randomUUID();
  const offers = new Offers({ everyMs, offer: () => write(url(), contextId) });
  return { contextId, end: () => offers.end() };
}

async function write(url: string, contextId: string): Promise<Write> {
  const message = messageFor('steps', { events: 1, everyMs: 0 }, { contextId });
  const key = { 'Idempotency-Key': randomUUID() };
  const params = { message, ...LEAVING };
  const asked = await ask('SendMessage', () =>
    rpc<{ readonly task: WireTask }>(url, 'SendMessage', params, key),
  );
  return { ...asked, message, key };
}

export function acknowledgedBy(write: Asked<{ readonly task: WireTask }>): string | undefined {
  return write.answer?.body.result?.task.id;
}

/** I7, I8 and I4 of all writes, when the faults are over. @param url a gateway that is well. */
export async function checkWrites(trial: Trial, url: string, writing: Writing): Promise<void> {
  const writes = await writing.end();
  // Before anything is repeated: that would bring back what was lost.
  await inGroups(writes, async (one) => {
    const taskId = acknowledgedBy(one);
    if (taskId === undefined) return;
    const found = await getTask(url, taskId).catch(() => undefined);
    trial.check('I7', found?.id === taskId, `${taskId}, acknowledged at ${one.at}, is not there`);
  });
  await inGroups(writes, async ({ message, key, ...one }) => {
    const { id } = await sendAndLeave(url, message, key);
    const acknowledged = acknowledgedBy(one) ?? id;
    trial.check('I4', id === acknowledged, `one key: ${acknowledged}, then ${id}`);
    const isDone = await isCompleted(url, id);
    trial.operation(isDone);
    trial.check('I8', isDone, `${id}, a write, is not completed`);
  });
  await checkRuns(trial, url, { contextId: writing.contextId, runs: writes.length });
}

/** I4: so many tasks are listed in the context, and no more. */
export async function checkRuns(
  trial: Trial,
  url: string,
  { contextId, runs }: { readonly contextId: string; readonly runs: number },
): Promise<void> {
  const listed = async (): Promise<number> => (await listTasks(url, { contextId })).totalSize;
  const deadline = Date.now() + SETTLED_MS;
  let found = await listed();
  while (found < runs && Date.now() < deadline) {
    await delay(POLL_MS);
    found = await listed();
  }
  trial.check('I4', found === runs, `${runs} keys have made ${found} tasks`);
}

async function isCompleted(url: string, id: string): Promise<boolean> {
  const deadline = Date.now() + SETTLED_MS;
  for (;;) {
    const { status } = await getTask(url, id);
    if (status.state === 'TASK_STATE_COMPLETED') return true;
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
}
