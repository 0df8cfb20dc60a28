// Questions that are answered without the client, against a real server: which answer counts, in which run.

import { completed, type SkillContext } from '../../../src/activities/skill';
import {
  ContinuationTokens,
  continueTask,
  type Continuation,
} from '../../../src/temporal/continuations';
import { TaskError, TaskErrorReason } from '../../../src/temporal/task-error';
import type { TaskRef } from '../../../src/temporal/tasks';
import { untilAnswer } from '../../harness/eventually';
import { isStatusText, statusText, textOf } from '../../harness/task-events';
import { CONTINUATION_KEY, useTaskStage } from '../../harness/task-worker';

const PUBLIC_URL = 'https://gateway.example';

/** What happens while a prompt is made, by task. */
const whilePosing = new Map<string, (at: Continuation) => Promise<unknown>>();

const tokens = new ContinuationTokens(CONTINUATION_KEY);

async function poses(ctx: SkillContext, what: string): Promise<string> {
  const answer = await ctx.requireAuth(async ({ continueUrl }) => {
    const [base, token = ''] = continueUrl.split('/continuations/');
    expect(base).toBe(PUBLIC_URL);
    await whilePosing.get(ctx.taskId)?.(tokens.read(token)!);
    return what;
  });
  return textOf(answer);
}

const skill = { name: 'test', description: 'test', tags: ['test'] };
const skills = [
  {
    ...skill,
    id: 'auths',
    async run(ctx: SkillContext) {
      const answers: string[] = [];
      for (const what of ['one', 'two', 'three']) answers.push(await poses(ctx, what));
      return completed(answers.join(', '));
    },
  },
  {
    ...skill,
    id: 'asks-first',
    async run(ctx: SkillContext) {
      const name = textOf(await ctx.ask('name?'));
      return completed(`${name}, ${await poses(ctx, 'sign in')}`);
    },
  },
  {
    ...skill,
    id: 'listens-first',
    async run(ctx: SkillContext) {
      const heard: string[] = [];
      for await (const message of ctx.messages) {
        heard.push(textOf(message));
        if (heard.length === 2) break;
      }
      return completed(`${heard.join(', ')}, ${await poses(ctx, 'sign in')}`);
    },
  },
];

const stage = useTaskStage({ skills, isEager: true });
const { tasks, begin, ended, eventsUntil, say, startOf } = stage.caller;

const started = (skillId: string): Promise<TaskRef> => begin(skillId, { publicUrl: PUBLIC_URL });

/** A run that follows a very short one begins a second late: who comes then tries again. */
function goOn(at: Continuation): Promise<string> {
  const attempt = (): Promise<string> =>
    continueTask(tasks, at).catch((err: unknown) => {
      if (err instanceof TaskError && err.reason === TaskErrorReason.unavailable) return 'late';
      throw err;
    });
  return untilAnswer('the task to take it', attempt, (answer) => answer !== 'late');
}

test('every question is answered once, also when the task has gone on in a new run', async () => {
  const ref = await started('auths');
  for (const [question, text] of ['one', 'two', 'three'].entries()) {
    await eventsUntil(ref, isStatusText(text));
    expect(await goOn({ ...ref, question })).toBe('continued');
    expect(await goOn({ ...ref, question: 0 })).toBe('continued-before');
  }
  expect(statusText(await ended(ref))).toBe('authorized, authorized, authorized');
  expect(await goOn({ ...ref, question: 2 })).toBe('continued-before');
});

test('an answer may come before its question is recorded', async () => {
  const start = startOf('auths', { publicUrl: PUBLIC_URL });
  whilePosing.set(start.taskId, (at) => goOn(at));
  await tasks.start(start);
  expect(statusText(await ended(start))).toBe('authorized, authorized, authorized');
});

test('the address of a question is that of its place among the answers', async () => {
  const start = startOf('asks-first', { publicUrl: PUBLIC_URL });
  const seen: number[] = [];
  whilePosing.set(start.taskId, async ({ question }) => seen.push(question));
  await tasks.start(start);
  await eventsUntil(start, isStatusText('name?'));
  await say(start, 'Ada');
  await eventsUntil(start, isStatusText('sign in'));
  expect(await goOn({ ...start, question: 1 })).toBe('continued');
  expect(statusText(await ended(start))).toBe('Ada, authorized');
  expect(seen).toEqual([1]);
});

test('a question is found that comes after messages which the skill has read', async () => {
  const ref = await started('listens-first');
  await say(ref, 'one');
  await say(ref, 'two');
  await eventsUntil(ref, isStatusText('sign in'));
  expect(await goOn({ ...ref, question: 2 })).toBe('continued');
  expect(statusText(await ended(ref))).toBe('one, two, authorized');
});

test('no other question is answered by it', async () => {
  const ref = await started('asks-first');
  await eventsUntil(ref, isStatusText('name?'));
  const answered = { reason: TaskErrorReason.answered };
  await expect(goOn({ ...ref, question: 0 })).rejects.toMatchObject(answered);
  await expect(goOn({ ...ref, question: 1 })).rejects.toMatchObject(answered);
  await say(ref, 'Ada');
  await eventsUntil(ref, isStatusText('sign in'));
  await expect(goOn({ ...ref, question: 0 })).rejects.toMatchObject(answered);
  await expect(goOn({ ...ref, question: 2 })).rejects.toMatchObject(answered);
  await say(ref, 'by mail');
  expect(statusText(await ended(ref))).toBe('Ada, by mail');
  await expect(goOn({ ...ref, question: 1 })).rejects.toMatchObject({
    reason: TaskErrorReason.over,
  });
});

test('a task whose gateway has not said where it is fails, and says so', async () => {
  expect(statusText(await ended(await begin('auths')))).toContain(
    'there is no continueUrl: the gateway',
  );
});
