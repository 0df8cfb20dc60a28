// Runs a skill in memory, as a worker and a task would, and lets it die wherever a test wants it to.

import { randomUUID } from 'node:crypto';
import { checkSkill, limitsOf } from '../activities/check-skill';
import type { ContentPart, Skill } from '../activities/skill';
import { catchOwnedErrors } from '../activities/stray-errors';
import { restoreMessage } from '../temporal/stored-parts';
import type { Artifact, Message, Task, TaskEvent, TaskState } from '../workflows/task';
import type { Crash } from './crash';
import { MemoryTask, type Call } from './memory-task';

/** A string stands for one text part. */
export type Said = string | readonly ContentPart[] | Message<ContentPart>;

export interface TestSkillOptions {
  /** Given to the skill's questions in their order. A question without one ends the test there. */
  readonly answers?: readonly Said[];
  /**
   * Where the worker dies: a number is that of the event after which it does (each event of a task has
   * one; the task itself is 1), a string the name of a step, in whose middle it does, with all done and nothing
   * recorded. `{ record: n }`: after the nth of all that is recorded, see `records`. A list: one after the other.
   */
  readonly crashAt?: Crash | readonly Crash[];
  /** `answers` that nobody asks for are no error. Default: false. */
  readonly mayMissAnswers?: boolean;
  /** A `crashAt` that never comes is no error. Default: false. */
  readonly mayMissCrashes?: boolean;
  /** Of the caller's configuration. Default: none. */
  readonly acceptedOutputModes?: readonly string[];
  /** Said without being asked, in their order: at the start, or once an event of a number was told. */
  readonly messages?: readonly (Said | { readonly after: number; readonly say: Said })[];
  /** The caller's earlier tasks; a message that names none of them refers to all. */
  readonly referenced?: readonly Task<ContentPart>[];
}

/** What a client would hold, and what a worker did for it. */
export interface TestedSkill {
  readonly state: TaskState;
  /** Of the last status, as text. */
  readonly message: string | undefined;
  readonly task: Task<ContentPart>;
  /** All that clients were told, each event once. */
  readonly events: readonly TaskEvent[];
  /** The texts of its progress, in order. */
  readonly progress: readonly string[];
  /** By name, or else by id: the texts of an artifact joined, its data as JSON. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** How often the function of each step was called. */
  readonly stepRuns: Readonly<Record<string, number>>;
  /** How often the skill's function was started. */
  readonly runs: number;
  /**
   * How much was recorded of the skill: each thing that it said, and each that it has done. A worker that dies
   * after each of them in turn has died wherever it matters.
   */
  readonly records: number;
}

/**
 * Resolves when the task is over, or asks what `answers` do not tell.
 * Sleeps of more than two seconds pass at once; retries of the skill do not wait. A skill that never ends
 * has failed at its time limit, an hour unless it says otherwise. An error that it leaves uncaught ends its run, as
 * in a worker; Jest fails the test for it besides.
 * @throws Error for an object that is no skill, for a `crashAt` that never came, for answers that nobody asked for.
 */
export async function testSkill(
  skill: Skill,
  message: Said,
  {
    answers = [],
    crashAt = [],
    mayMissAnswers = false,
    mayMissCrashes = false,
    acceptedOutputModes,
    messages = [],
    referenced = [],
  }: TestSkillOptions = {},
): Promise<TestedSkill> {
  const task = new MemoryTask({
    skill: checkSkill(skill, 'the tested skill is none'),
    limits: limitsOf(skill.limits),
    message: referringTo(referenced, toMessage(message)),
    calls: messages.map(toCall),
    referenced,
    crashes: (Array.isArray(crashAt) ? crashAt : [crashAt]) as readonly Crash[],
    ...(acceptedOutputModes && { acceptedOutputModes }),
  });
  const left = await throughAnswers(task, answers);
  if (left > 0 && !mayMissAnswers) {
    const { state, message } = await summaryOf(task);
    const end = message === undefined ? state : `${state}: ${message}`;
    throw new Error(
      `the skill never asked for ${String(left)} of its ${String(answers.length)} answers: it ended as ${end}`,
    );
  }
  const missed = task.crashesLeft;
  if (missed.length > 0 && !mayMissCrashes) {
    const what = missed.map((crash) => JSON.stringify(crash)).join(', ');
    throw new Error(`the skill never came to where it was to crash: ${what}`);
  }
  return summaryOf(task);
}

/** How many answers were not asked for. */
async function throughAnswers(task: MemoryTask, answers: readonly Said[]): Promise<number> {
  const giveBack = catchOwnedErrors();
  try {
    await task.run();
    for (const [at, answer] of answers.entries()) {
      if (!task.isWaiting) return answers.length - at;
      await task.answer(toMessage(answer));
    }
    return 0;
  } finally {
    giveBack();
  }
}

async function summaryOf(memory: MemoryTask): Promise<TestedSkill> {
  const { task, events, store, stepRuns, runs, records } = memory;
  const artifacts = await Promise.all(
    task.artifacts.map(async (artifact): Promise<Artifact<ContentPart>> => {
      const { parts } = await restoreMessage(store, { ...asMessage, parts: artifact.parts });
      return { ...artifact, parts };
    }),
  );
  const history = await Promise.all(task.history.map((said) => restoreMessage(store, said)));
  const { message: said, ...status } = task.status;
  const message = said && (await restoreMessage(store, said));
  return {
    state: status.state,
    message: message && textOf(message.parts),
    task: { ...task, artifacts, history, status: { ...status, ...(message && { message }) } },
    events,
    progress: events.flatMap(progressOf),
    artifacts: Object.fromEntries(
      artifacts.map(({ name, artifactId, parts }) => [name ?? artifactId, textOf(parts)]),
    ),
    stepRuns: Object.fromEntries(stepRuns),
    ...{ runs, records },
  };
}

const asMessage = { messageId: '', role: 'ROLE_AGENT' } as const;

function referringTo(
  tasks: readonly Task<ContentPart>[],
  message: Message<ContentPart>,
): Message<ContentPart> {
  if (tasks.length === 0) return message;
  return { referenceTaskIds: tasks.map(({ id }) => id), ...message };
}

function toCall(said: NonNullable<TestSkillOptions['messages']>[number]): Call {
  if (typeof said === 'object' && 'say' in said) {
    return { after: said.after, message: toMessage(said.say) };
  }
  return { after: 0, message: toMessage(said) };
}

function toMessage(said: Said): Message<ContentPart> {
  if (typeof said === 'object' && 'parts' in said) return said;
  const parts = typeof said === 'string' ? [{ text: said }] : said;
  return { messageId: randomUUID(), role: 'ROLE_USER', parts };
}

function progressOf(event: TaskEvent): readonly string[] {
  if (event.kind !== 'status' || event.status.state !== 'working') return [];
  const { message } = event.status;
  return message === undefined ? [] : [textOf(message.parts)];
}

function textOf(parts: Message['parts']): string {
  return parts
    .map((part) => {
      if ('text' in part) return part.text;
      return 'data' in part ? JSON.stringify(part.data) : '';
    })
    .join('');
}
