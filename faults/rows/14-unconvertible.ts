// Row 14: what could throw in a converter, a codec or the workflow: hostile input, and what skills say that is no JSON.

import { temporal } from '@temporalio/proto';
import type { Client } from '@temporalio/client';
import { answerTo, envelope, messageFor } from '../../test/harness/calls';
import type { TestProcess } from '../../test/harness/processes';
import type { WireMessage } from '../../test/harness/wire';
import { atOnce } from '../at-once';
import { doorFor, openDoors, type Door } from '../doors';
import { listExecutions, openPlainClient } from '../executions';
import { Follower } from '../follower';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** Tasks of each kind. */
  readonly tasks: number;
  readonly siblings: number;
  readonly events: number;
}

const ENDED_MS = 30_000;

/** Clients that send at a time. */
const AT_ONCE = 12;

const DEADLINE_MS = 90_000;

const TERMINAL = /_(COMPLETED|FAILED|CANCELED|REJECTED)$/;
const ASKS = 'TASK_STATE_INPUT_REQUIRED';
const STACK = /\\n\s+at |node:internal|hostile\.mjs|dist\//;

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** JSON that `JSON.stringify` does not write, or that means something to somebody who reads it. */
const INPUTS: Readonly<Record<string, string>> = {
  'half a character': String.raw`"\ud800"`,
  'half a character as a name': String.raw`{"\udfff":1}`,
  'the character zero': String.raw`"\u0000"`,
  'a number beyond all': '1e400',
  'a number nearer to nothing than any': '1e-400',
  'a negative zero': '-0',
  'a number of 1,000 digits': '9'.repeat(1_000),
  __proto__: '{"__proto__":{"polluted":true}}',
  'an escaped __proto__': String.raw`{"\u005f_proto__":{"polluted":true}}`,
  'a constructor': '{"constructor":{"prototype":{"polluted":true}}}',
  'methods of objects': '{"toString":1,"valueOf":2,"toJSON":3,"then":4,"hasOwnProperty":5}',
  'a payload of Temporal': '{"metadata":{"encoding":"YmluYXJ5L251bGw="},"data":"AA=="}',
  'a stored part': '{"ref":{"digest":"00","bytes":-1,"content":"raw"}}',
  '60 levels': nested(58),
  '100,000 levels': nested(100_000),
  'a name of 50,000 letters': `{"${'x'.repeat(50_000)}":1}`,
};

/** Where the skill says it, and what; see `skills/hostile.mjs`. */
const WAYS = [
  ...['progress', 'artifact', 'metadata', 'chunk', 'step', 'question'],
  ...['message', 'result', 'state'],
];
const VALUES = [
  ...['a BigInt', 'a function', 'a symbol', 'a circle', 'a hundred thousand levels'],
  ...['not a number', 'a getter that throws', 'a toJSON that throws', 'a Map'],
  ...['half a character', '__proto__', 'a revoked proxy'],
];

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  await trial.startTemporal();
  const [gateway, worker] = await Promise.all([trial.startGateway(), trial.startWorker()]);
  const siblings = Array.from({ length: size.siblings }, () => {
    const message = messageFor('steps', { events: size.events, everyMs: 400 });
    const deadline = Date.now() + DEADLINE_MS;
    return new Follower({ urls: () => [gateway.url], message, deadline });
  });
  const ended: number[] = [];
  for (let i = 0; i < size.tasks; i += 1) {
    ended.push(...(await sendHostile(trial, gateway)), ...(await sayHostile(trial, gateway)));
  }
  trial.figure('taken tasks that ended', ended.length, { unit: 'tasks', atLeast: WAYS.length });
  const longest = Math.max(...ended);
  trial.figure('end of a task, at most', longest, { unit: 'ms', atMost: ENDED_MS });
  await Promise.all(siblings.map(({ over }) => over));
  const expected = { progress: Array.from({ length: size.events }, (_, i) => `step ${i + 1}`) };
  for (const follower of siblings) await checkTask(trial, gateway.url, { follower, expected });
  await checkHistories(trial, await openPlainClient(trial), gateway.url);
  for (const [name, one] of Object.entries({ gateway, worker })) {
    const isQuiet = !/unhandled|uncaught/i.test(one.output());
    trial.check('I5', isQuiet, `${name} printed: ${one.output().slice(0, 500)}`);
  }
}

/** Each input as a data part, as metadata and, where it is one, as the text. @returns how long the taken ones took. */
async function sendHostile(trial: Trial<Size>, { url }: TestProcess): Promise<readonly number[]> {
  const places: readonly ((hole: string) => WireMessage)[] = [
    (hole) => messageFor('mirrors', {}, { parts: [{ data: hole }] }),
    (hole) => messageFor('mirrors', {}, { metadata: { skillId: 'mirrors', hole } }),
    (hole) => messageFor('mirrors', {}, { parts: [{ text: hole }] }),
  ];
  const sends = Object.entries(INPUTS).flatMap(([name, json]) =>
    places.map((place, at) => {
      const body = JSON.stringify(envelope('SendMessage', { message: place('HOLE') }));
      return { named: `${name} at place ${at + 1}`, body: body.replace('"HOLE"', () => json) };
    }),
  );
  const ended = await atOnce(AT_ONCE, sends, async ({ named, body }) => {
    const from = Date.now();
    const text = await post(url, body);
    trial.operation(text.startsWith('{'));
    const isRefused = /"reason":"(INVALID_[A-Z]+)"/.test(text);
    const isEnded = /"state":"TASK_STATE_(COMPLETED|FAILED)"/.test(text);
    const isWell = text.startsWith('{') && !STACK.test(text);
    trial.check('I9', isWell, `${named}: ${text.slice(0, 300)}`);
    trial.check('I8', isRefused || isEnded, `${named}: ${text.slice(0, 300)}`);
    return isEnded ? [Date.now() - from] : [];
  });
  return ended.flat();
}

/** The text of the answer, or why there is none. */
async function post(url: string, body: string): Promise<string> {
  const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
  const signal = AbortSignal.timeout(ENDED_MS);
  return fetch(url, { method: 'POST', headers, body, signal }).then(
    (response) => response.text(),
    (err: unknown) => String(err),
  );
}

async function sayHostile(trial: Trial<Size>, gateway: TestProcess): Promise<readonly number[]> {
  const door = doorFor(openDoors(trial, gateway), 0);
  const says = WAYS.flatMap((how) => VALUES.map((what) => ({ how, what })));
  return (await atOnce(AT_ONCE, says, (said) => sayOne(trial, door, said))).flat();
}

async function sayOne(
  trial: Trial<Size>,
  door: Door,
  said: { readonly how: string; readonly what: string },
): Promise<readonly number[]> {
  const named = `${said.what} as ${said.how}`;
  const from = Date.now();
  let outcome = await door.send(messageFor('says', said)).catch(() => undefined);
  // What is JSON all the same has been asked.
  if (outcome !== undefined && 'task' in outcome && outcome.task.status.state === ASKS) {
    outcome = await door.send(answerTo(outcome.task, 'yes')).catch(() => undefined);
  }
  const text = JSON.stringify(outcome ?? 'no answer in time');
  const isEnded =
    outcome !== undefined && 'task' in outcome && TERMINAL.test(outcome.task.status.state);
  trial.operation(isEnded);
  trial.check('I8', isEnded, `${named}: ${text.slice(0, 300)}`);
  trial.check('I9', !STACK.test(text), `${named}: ${text.slice(0, 600)}`);
  return isEnded ? [Date.now() - from] : [];
}

const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: OVERTAKEN } =
  temporal.api.enums.v1.WorkflowTaskFailedCause;

/** Nothing of it has thrown in a workflow, nor cost one its place in the cache or an activity an attempt. */
async function checkHistories(trial: Trial<Size>, client: Client, url: string): Promise<void> {
  for (const { workflowId, runId } of await listExecutions(client, url)) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const failed = event.workflowTaskFailedEventAttributes;
      // A signal that came first is no failure.
      const isFailure = failed && failed.cause !== OVERTAKEN;
      const why = failed?.failure?.message ?? '';
      trial.check('own', !isFailure, `${workflowId}: a workflow task failed: ${why}`);
      const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
      const last = event.activityTaskStartedEventAttributes?.lastFailure?.message ?? '';
      trial.check('own', attempt === 1, `${workflowId}: an activity was lost: ${last}`);
    }
  }
}

export const unconvertible = defineRow<Size>({
  row: 14,
  fault:
    'hostile JSON as data, metadata and text (half characters, `__proto__`, 100,000 levels, numbers beyond all), and skills that say or return what is no JSON',
  passes:
    'refused, or at its end within 30 s; no workflow task and no activity fails of it; other tasks go on',
  sizes: {
    ci: { tasks: 1, siblings: 5, events: 30 },
    full: { tasks: 10, siblings: 20, events: 100 },
  },
  mutation: {
    breaks: 'a result that cannot be recorded is no failure of the skill',
    edits: [
      {
        file: 'activities/conclude.ts',
        from: 'return concludeOnce(ended, turn);',
        to: 'if (ended) throw err;',
      },
    ],
    seenAs: ['I8', 'own'],
  },
  run,
});
