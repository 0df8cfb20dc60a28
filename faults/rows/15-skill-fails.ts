// Row 15: skills that throw, whatever they throw, hang, loop without an end and do not listen.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { stateOf } from '../../test/harness/frames';
import { textOf } from '../../test/harness/wire';
import { doorFor, openDoors, type Door } from '../doors';
import { Follower } from '../follower';
import { checkTask } from '../oracle';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** Tasks of each way to go wrong. */
  readonly tasks: number;
  /** Tasks beside them that do not go wrong. */
  readonly siblings: number;
  readonly events: number;
}

const UNREADABLE = 'what was thrown cannot be read: to look at it throws';

interface Case {
  readonly skill: string;
  readonly options?: object;
  readonly attempts: number;
  readonly state: 'COMPLETED' | 'FAILED' | 'CANCELED';
  /** What the last status says. Default: not looked at. */
  readonly text?: string;
  /** The time limit of the skill. */
  readonly timeoutMs?: number;
  readonly isCanceled?: true;
}

/** What can be thrown besides an error, and what is told of it. */
const STRANGE: Readonly<Record<string, string>> = {
  nothing: 'undefined',
  'a text': 'only a text',
  'a symbol': 'Symbol(strange)',
  'no prototype': UNREADABLE,
  'a toString that throws': UNREADABLE,
  'a message that throws': UNREADABLE,
  'a revoked proxy': UNREADABLE,
};

/** Two attempts each, by the skill itself, in a step and in a thread. */
const STRANGELY = Object.entries(STRANGE).map(([how, text]): Case => ({
  skill: 'throws-strangely',
  ...{ options: { how }, attempts: 2, state: 'FAILED', text },
}));
const ELSEWHERE = ['in-a-step', 'in-a-thread'].map((where): Case => ({
  skill: `throws-strangely-${where}`,
  ...{ options: { how: 'a revoked proxy' }, attempts: 2, state: 'FAILED', text: UNREADABLE },
}));

const limited = (skill: string, seconds: number): Case => ({
  ...{ skill, attempts: 1, state: 'FAILED', timeoutMs: seconds * 1_000 },
  text: `the skill ran longer than its limit of ${seconds} s`,
});
const CANCELED = { attempts: 1, state: 'CANCELED', isCanceled: true } as const;

const CASES: readonly Case[] = [
  { skill: 'throws', attempts: 3, state: 'FAILED', text: 'broken' },
  { skill: 'throws-late', attempts: 3, state: 'COMPLETED' },
  { skill: 'gives-up', attempts: 1, state: 'FAILED', text: 'broken for good' },
  ...STRANGELY,
  ...ELSEWHERE,
  limited('hangs', 1),
  limited('hangs-in-a-step', 1),
  limited('loops', 3),
  { skill: 'ignores-cancel', ...CANCELED },
  { skill: 'loops', ...CANCELED },
];

/** Beyond a skill's time limit, and beyond a cancel. */
const SLACK_MS = 5_000;

const POLL_MS = 50;

/** For the ones that loop, one after the other, a time limit and a grace each. */
const MS_EACH = 8_000;
const DEADLINE_MS = 45_000;

/** Lines of a stack, and files of the program. */
const STACK = /\\n\s+at |node:internal|failures\.mjs|dist\//;

interface Failing extends Case {
  readonly ledger: string;
  readonly follower: Follower;
  canceledAt?: number;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size } = trial;
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-faults-'));
  trial.defer(() => rm(folder, { recursive: true, force: true }));
  await trial.startTemporal();
  const [gateway] = await Promise.all([trial.startGateway(), trial.startWorker()]);
  const urls = (): readonly string[] => [gateway.url];
  const deadline = Date.now() + DEADLINE_MS + size.tasks * MS_EACH;
  const siblings = Array.from({ length: size.siblings }, () => {
    const message = messageFor('steps', { events: size.events, everyMs: 200 });
    return new Follower({ urls, message, deadline });
  });
  const failing = CASES.flatMap((one, at) =>
    Array.from({ length: size.tasks }, (_, i): Failing => {
      const ledger = join(folder, `${at}-${i}`);
      const message = messageFor(one.skill, { ...one.options, ledger });
      return { ...one, ledger, follower: new Follower({ urls, message, deadline }) };
    }),
  );
  await cancelThose(doorFor(openDoors(trial, gateway), 0), failing, deadline);
  await Promise.all([...siblings, ...failing.map((f) => f.follower)].map(({ over }) => over));

  for (const one of failing) await checkFailing(trial, gateway.url, one);
  const late = (which: readonly Failing[], beyond: (one: Failing) => number): number =>
    Math.max(...which.map((one) => (one.follower.frames.at(-1)?.at ?? Infinity) - beyond(one)));
  const timed = failing.filter(({ timeoutMs }) => timeoutMs !== undefined);
  const beyondLimit = late(timed, (one) => beganAt(one) + (one.timeoutMs ?? 0));
  const bound = { unit: 'ms', atMost: SLACK_MS };
  trial.figure('`failed` after the time limit, at most', beyondLimit, bound);
  const canceled = failing.filter(({ isCanceled }) => isCanceled);
  const beyondCancel = late(canceled, ({ canceledAt = 0 }) => canceledAt);
  trial.figure('`canceled` after the cancel, at most', beyondCancel, bound);
  const expected = { progress: Array.from({ length: size.events }, (_, i) => `step ${i + 1}`) };
  for (const follower of siblings) await checkTask(trial, gateway.url, { follower, expected });
}

/** Each when its skill has begun. */
async function cancelThose(
  door: Door,
  failing: readonly Failing[],
  deadline: number,
): Promise<void> {
  const cancelOne = async (one: Failing): Promise<void> => {
    while ((await linesOf(one.ledger)).length === 0 && Date.now() < deadline) await delay(POLL_MS);
    const [taskId = ''] = await linesOf(one.ledger);
    one.canceledAt = Date.now();
    await door.cancel(taskId);
  };
  await Promise.all(failing.filter(({ isCanceled }) => isCanceled).map(cancelOne));
}

async function checkFailing(trial: Trial<Size>, url: string, one: Failing): Promise<void> {
  const { follower, skill, options, ledger, attempts, state, text } = one;
  await checkTask(trial, url, { follower });
  const named = `${skill} ${JSON.stringify(options ?? {})}`;
  const made = (await linesOf(ledger)).length;
  trial.check('own', made === attempts, `${named}: ${made} attempts instead of ${attempts}`);
  const last = follower.frames.at(-1);
  if (last === undefined) return;
  const ended = stateOf(last);
  trial.check('own', ended === `TASK_STATE_${state}`, `${named}: ended as ${ended ?? 'nothing'}`);
  const said = textOf(last.event.statusUpdate?.status.message?.parts);
  const isRight = text === undefined || said === text;
  trial.check('own', isRight, `${named}: says ${said}`);
  trial.check('own', state !== 'FAILED' || said !== '', `${named}: does not say why`);
  const stack = follower.frames.find(({ raw }) => STACK.test(raw));
  trial.check('I9', stack === undefined, `${named}: a stack in ${stack?.raw ?? ''}`);
}

/** When its first attempt said that it begins. */
function beganAt({ follower }: Failing): number {
  return follower.frames.find(({ raw }) => raw.includes('begun'))?.at ?? 0;
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
}

export const skillFails = defineRow<Size>({
  row: 15,
  fault:
    'skills that throw errors, with a verdict or without, or anything else; that hang, loop in a thread of their own, and do not listen to a cancel',
  passes:
    'the right number of attempts, and the end within 5 s of the time limit or the cancel; its text has no stack; other tasks go on',
  sizes: {
    ci: { tasks: 2, siblings: 5, events: 50 },
    full: { tasks: 20, siblings: 20, events: 200 },
  },
  mutation: {
    breaks: 'a skill has one attempt more than its limit',
    edits: [
      {
        file: 'workflows/skill-turn.ts',
        from: 'if (errors >= limits.maximumAttempts)',
        to: 'if (errors > limits.maximumAttempts)',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
