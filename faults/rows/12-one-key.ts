// Row 12: one idempotency key, used many times at once over every binding and both gateways, and again afterwards.

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEAVING, messageFor } from '../../test/harness/calls';
import { readWhole } from '../../test/harness/stream';
import type { WireMessage } from '../../test/harness/wire';
import { doorFor, openDoors, type Door, type Outcome } from '../doors';
import { listExecutions, openPlainClient } from '../executions';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly keys: number;
  /** Calls with one key, at once. */
  readonly calls: number;
}

/** A caller who made a mistake is told which. */
const KEY_REUSED = 'this idempotency key was used for another message';

interface Keyed {
  readonly key: string;
  readonly ledger: string;
  readonly message: WireMessage;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(folder, { recursive: true, force: true }));
  await trial.startTemporal();
  const gateways = await Promise.all([
    trial.startGateway({ servesGrpc: true }),
    trial.startGateway({ servesGrpc: true }),
  ]);
  await trial.startWorker();
  const doors = openDoors(trial, ...gateways);

  const all = Array.from({ length: size.keys }, (_, i): Keyed => {
    const ledger = join(folder, String(i));
    return { key: randomUUID(), ledger, message: messageFor('steps', { events: 2, ledger }) };
  });
  const url = gateways[0].url;
  const taskIds: string[] = [];
  for (const keyed of all) {
    // Half of them wait for the end, half do not; who is first is not always the same.
    const from = seed.between(0, doors.length - 1);
    const calls = Array.from({ length: size.calls }, (_, i) => {
      const configuration = i % 2 === 0 ? {} : LEAVING.configuration;
      return doorFor(doors, from + i).send(keyed.message, keyOf(keyed), configuration);
    });
    const [taskId = ''] = checkOneTask(trial, keyed, await Promise.all(calls));
    taskIds.push(taskId);
    await readWhole(url, taskId);
  }

  for (const [at, keyed] of all.entries()) {
    const again = doors.map((door) => door.send(keyed.message, keyOf(keyed)));
    const ids = checkOneTask(trial, keyed, await Promise.all(again));
    const told = `key ${keyed.key}: task ${taskIds[at] ?? ''}, and when it is over ${ids.join(', ')}`;
    trial.check('I4', ids[0] === taskIds[at], told);
    for (const door of doors) await checkRefused(trial, door, keyed);
    const effects = (await readFile(keyed.ledger, 'utf8')).split('\n').length - 1;
    trial.check('I4', effects === 1, `key ${keyed.key}: ${effects} effects`);
  }
  const executions = await listExecutions(await openPlainClient(trial), url);
  const told = `${executions.length} executions for ${size.keys} keys`;
  trial.check('I4', executions.length === size.keys, told);
  trial.figure('executions', executions.length, { unit: 'tasks', atMost: size.keys });
}

function keyOf({ key }: Keyed): Readonly<Record<string, string>> {
  return { 'Idempotency-Key': key };
}

/** @returns the ids of their tasks, each once: there should be one. */
function checkOneTask(
  trial: Trial<Size>,
  { key }: Keyed,
  outcomes: readonly Outcome[],
): readonly string[] {
  for (const outcome of outcomes) {
    trial.operation('task' in outcome);
    const why = 'refused' in outcome ? JSON.stringify(outcome.refused) : '';
    trial.check('I4', 'task' in outcome, `key ${key}: refused, ${why}`);
  }
  const ids = [...new Set(outcomes.flatMap((one) => ('task' in one ? [one.task.id] : [])))];
  trial.check('I4', ids.length === 1, `key ${key}: tasks ${ids.join(', ')}`);
  return ids;
}

/** The same key, and another message in what only the last letter tells. */
async function checkRefused(trial: Trial<Size>, door: Door, keyed: Keyed): Promise<void> {
  const { message } = keyed;
  const other = { ...message, parts: [{ text: 'pleasf' }, ...message.parts.slice(1)] };
  const outcome = await door.send(other, keyOf(keyed), LEAVING.configuration);
  const isClear =
    'refused' in outcome &&
    outcome.refused.reason === 'INVALID_PARAMS' &&
    outcome.refused.message === KEY_REUSED;
  trial.operation(isClear);
  const told = JSON.stringify(outcome).slice(0, 300);
  trial.check('own', isClear, `another message with a used key over ${door.binding}: ${told}`);
}

export const oneKey = defineRow<Size>({
  row: 12,
  fault:
    'one idempotency key 20 times at once over JSON-RPC, REST and gRPC on two gateways, again after the end, and with another message',
  passes: 'one task, one execution and one effect for each key; another message is a clear error',
  sizes: { ci: { keys: 10, calls: 20 }, full: { keys: 200, calls: 20 } },
  mutation: {
    breaks: 'a key whose task is over starts it again',
    edits: [
      {
        file: 'temporal/workflow-starter.ts',
        from: 'WorkflowIdReusePolicy.REJECT_DUPLICATE',
        to: 'WorkflowIdReusePolicy.ALLOW_DUPLICATE',
      },
    ],
    seenAs: ['I4'],
  },
  run,
});
