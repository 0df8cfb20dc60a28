// Row 13: a gateway is killed when Temporal has its task and its client has no answer; the client asks again with its key.

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import type { TestProcess } from '../../test/harness/processes';
import type { WireMessage } from '../../test/harness/wire';
import { doorFor, openDoors, type Door } from '../doors';
import { listExecutions, openPlainClient } from '../executions';
import { defineRow } from '../row';
import type { TcpLink } from '../tcp-link';
import type { Trial } from '../trial';

interface Size {
  readonly kills: number;
  /** Sends on their way at each kill. */
  readonly sends: number;
}

/** A gateway gives Temporal 2 s; whoever is killed later may have answered that it heard nothing. */
const COMMIT_DEADLINE_MS = 1_900;
const POLL_MS = 10;

interface Sent {
  readonly key: string;
  readonly message: WireMessage;
  /** The skill writes the id of its task there: whoever reads it knows that the task was started. */
  readonly ledger: string;
  /** Seen before the kill: the task was there. */
  isRecorded: boolean;
  /** The gateway broke off before it answered. */
  isUnanswered: boolean;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(folder, { recursive: true, force: true }));
  await trial.startTemporal();
  const link = await trial.openLink();
  const [other] = await Promise.all([
    trial.startGateway({ servesGrpc: true }),
    trial.startWorker(),
  ]);
  const others = openDoors(trial, other);

  let victim = await trial.startGateway({ link, servesGrpc: true });
  let unheard = 0;
  for (let kill = 0; kill < size.kills; kill += 1) {
    const sent = Array.from({ length: size.sends }, (_, i): Sent => {
      const ledger = join(folder, `${kill}-${i}`);
      const message = messageFor('notes', { ledger });
      return { key: randomUUID(), message, ledger, isRecorded: false, isUnanswered: false };
    });
    await killUnheard(trial, { victim, link, sent });
    unheard += sent.filter((one) => one.isRecorded && one.isUnanswered).length;
    const starting = trial.startGateway({ link, servesGrpc: true });
    // Every other time by the one that comes back, which is the next to be killed.
    const doors = kill % 2 === 0 ? openDoors(trial, await starting) : others;
    await Promise.all(sent.map((one, i) => sendAgain(trial, one, doorFor(doors, i))));
    victim = await starting;
  }
  const all = size.kills * size.sends;
  trial.figure('sends that were recorded, and whose gateway died first', unheard, {
    unit: `of ${all}`,
    atLeast: all / 2,
  });
  const executions = await listExecutions(await openPlainClient(trial), other.url);
  const told = `${executions.length} executions for ${all} keys`;
  trial.check('I4', executions.length === all, told);
}

interface Kill {
  readonly victim: TestProcess;
  readonly link: TcpLink;
  readonly sent: readonly Sent[];
}

/** Resolves when every task has been started, and the gateway is gone that never heard of it. */
async function killUnheard(trial: Trial<Size>, { victim, link, sent }: Kill): Promise<void> {
  const doors = openDoors(trial, victim);
  // Its connections to Temporal are there: without them it would ask for one, and hear nothing.
  await Promise.all(doors.map((door) => door.get(randomUUID())));
  link.deafen();
  const calls = sent.map(async (one, i) => {
    const door = doorFor(doors, i);
    one.isUnanswered = await door.send(one.message, { 'Idempotency-Key': one.key }).then(
      () => false,
      () => true,
    );
  });
  const deadline = Date.now() + COMMIT_DEADLINE_MS;
  while (!sent.every((one) => one.isRecorded) && Date.now() < deadline) {
    for (const one of sent) one.isRecorded ||= (await linesOf(one.ledger)).length > 0;
    await delay(POLL_MS);
  }
  await victim.kill();
  await Promise.all(calls);
  for (const door of doors) door.close();
  link.reset();
}

async function sendAgain(
  trial: Trial<Size>,
  { key, message, ledger }: Sent,
  door: Door,
): Promise<void> {
  const outcome = await door.send(message, { 'Idempotency-Key': key });
  const taskId = 'task' in outcome ? outcome.task.id : '';
  trial.operation(taskId !== '');
  const told = JSON.stringify(outcome).slice(0, 300);
  trial.check('I7', taskId !== '', `key ${key}, again over ${door.binding}: ${told}`);
  const noted = await linesOf(ledger);
  const ids = noted.join(', ');
  trial.check('I4', noted.length === 1, `key ${key}: ${noted.length} effects, of ${ids}`);
  trial.check('I4', noted[0] === taskId, `key ${key}: task ${ids}, and again ${taskId}`);
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
}

export const noAnswer = defineRow<Size>({
  row: 13,
  fault:
    '`kill -9` of a gateway after Temporal has recorded a task and before its client has an answer; the client sends again with its key, over any binding, to another gateway or the one that comes back',
  passes: 'each retry is answered with the task that was recorded; one execution for each key',
  sizes: { ci: { kills: 4, sends: 5 }, full: { kills: 20, sends: 10 } },
  mutation: {
    breaks: 'a key does not name the task',
    edits: [
      {
        file: 'api/intake.ts',
        from: 'if (key === undefined) return randomUUID();',
        to: "if (key === undefined || use === 'task') return randomUUID();",
      },
    ],
    seenAs: ['I4'],
  },
  run,
});
