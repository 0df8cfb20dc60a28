// The tools in skills that run: what ends a task holds, whatever the skill or its model does afterwards.

import { completed, defineSkill, type SkillContext } from '../../../src/activities/skill';
import { RunArtifacts } from '../../../src/activities/run-artifacts';
import { SkillRun } from '../../../src/activities/skill-run';
import type { ContentPart, Message } from '../../../src/workflows/task';
import { userMessage } from '../../harness/task-caller';
import { isOver, isState, progressOf, statusText } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';

type Call = readonly [name: string, args: unknown];

const EPILOGUES = {
  'returns another state': async () => ({ state: 'failed', message: 'no' }) as const,
  'returns artifacts': async () => completed('mine', [{ name: 'late', parts: [{ text: 'x' }] }]),
  'returns nothing': async () => undefined as never,
  throws: async () => {
    throw new Error('boom');
  },
  'throws for good': async () => {
    throw Object.assign(new Error('boom'), { retryable: false });
  },
  'says more': async (ctx: SkillContext) => {
    await ctx.progress('late');
    await ctx.saveArtifact({ name: 'late', parts: [{ text: 'x' }] });
    const page = ctx.artifact({ name: 'later' });
    await page.append('y');
    await page.finalize();
    return completed('mine');
  },
  asks: async (ctx: SkillContext) => {
    await ctx.ask('late?');
    return completed('mine');
  },
  'asks for credentials': async (ctx: SkillContext) => {
    await ctx.requireAuth('late?');
    return completed('mine');
  },
};
type Epilogue = keyof typeof EPILOGUES;

/** Makes the calls of its message, tells what they came to, and then does as the message says. */
const caller = defineSkill({
  id: 'caller',
  name: 'Caller',
  description: 'Calls tools.',
  tags: ['test'],
  async run(ctx) {
    const { calls, epilogue } = planIn(ctx.message);
    const answers: string[] = [];
    for (const [name, args] of calls) answers.push((await ctx.tools.call(name, args)).text);
    if (epilogue !== undefined) return EPILOGUES[epilogue](ctx);
    return completed(answers.join(' | '));
  },
});

interface Plan {
  readonly calls: readonly Call[];
  readonly epilogue?: Epilogue;
}

function planIn(message: Message<ContentPart>): Plan {
  const [part] = message.parts;
  if (part === undefined || !('data' in part)) throw new Error('no plan');
  return part.data as unknown as Plan;
}

const stage = useTaskStage({ skills: [caller] });
const { tasks, begin, ended, eventsUntil, say } = stage.caller;

const planned = (plan: Plan) =>
  begin('caller', {
    message: userMessage('', { parts: [{ data: JSON.parse(JSON.stringify(plan)) as never }] }),
  });

const update = (status: string, message?: string): Call => ['update_status', { status, message }];

describe('a status that ends the task ends it when the run ends', () => {
  test.each(['completed', 'failed', 'rejected', 'canceled'])('%s', async (status) => {
    const ref = await planned({ calls: [update('working', 'at it'), update(status, 'because')] });
    const events = await eventsUntil(ref, isOver);
    expect(progressOf(events)).toEqual(['at it']);
    const task = await tasks.read(ref);
    expect(task.status.state).toBe(status);
    expect(statusText(task)).toBe('because');
    expect(task.status).not.toHaveProperty('cancelMetadata');
  });

  test('the first one counts', async () => {
    const task = await ended(
      await planned({ calls: [update('rejected', 'first'), update('completed', 'second')] }),
    );
    expect(task.status.state).toBe('rejected');
    expect(statusText(task)).toBe('first');
  });
});

describe('after it nothing counts: a skill that', () => {
  test.each(Object.keys(EPILOGUES) as Epilogue[])('%s', async (epilogue) => {
    const ref = await planned({
      calls: [['save_artifact', { name: 'kept', content: 'k' }], update('completed', 'done')],
      epilogue,
    });
    const events = await eventsUntil(ref, isOver);
    expect(progressOf(events)).toEqual([]);
    const task = await tasks.read(ref);
    expect(task.status.state).toBe('completed');
    expect(statusText(task)).toBe('done');
    expect(task.artifacts.map(({ name }) => name)).toEqual(['kept']);
  });
});

test.each([
  { status: 'input_required', state: 'input-required' },
  { status: 'auth-required', state: 'auth-required' },
] as const)('$status waits for an answer, which the tool returns', async ({ status, state }) => {
  const ref = await planned({ calls: [update('working', 'first'), update(status, 'Please?')] });
  await eventsUntil(ref, isState(state));
  expect(statusText(await tasks.read(ref))).toBe('Please?');
  await say(ref, 'here you are');
  expect(statusText(await ended(ref))).toBe('The task is working. | here you are');
});

test('artifacts that were saved before a question keep their ids after it', async () => {
  const ref = await planned({
    calls: [
      ['save_artifact', { name: 'a', content: '1' }],
      update('input_required', 'Go on?'),
      ['save_artifact', { name: 'b', content: '2' }],
    ],
  });
  await eventsUntil(ref, isState('input-required'));
  await say(ref, 'yes');
  const { artifacts } = await ended(ref);
  expect(artifacts.map(({ artifactId, name }) => [artifactId, name])).toEqual([
    ['artifact-1', 'a'],
    ['artifact-2', 'b'],
  ]);
});

test('what cannot be recorded is told to the model, and the task goes on', async () => {
  const task = await ended(
    await planned({
      calls: [
        ['save_artifact', { name: 'n'.repeat(2_000), content: 'x' }],
        update('completed', 'all the same'),
      ],
    }),
  );
  expect(statusText(task)).toBe('all the same');
});

test('a skill that replies has no task to end', async () => {
  const input = { ...stage.caller.startOf('caller'), replies: true, answered: 0 };
  const run = await SkillRun.open({
    input: { ...input, history: [input.message] },
    artifacts: new RunArtifacts(),
  } as unknown as Parameters<typeof SkillRun.open>[0]);
  expect(await run.tools.call('update_status', { status: 'completed' })).toEqual({
    text: 'Error: a skill that replies has no task to end',
    isError: true,
  });
  expect(run.ending).toBeUndefined();
  expect(run.tools.hasEnded).toBe(false);
});
