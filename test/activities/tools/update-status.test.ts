// `update_status` over a recording context: each state, each spelling, and what is refused.

import { setImmediate } from 'node:timers/promises';
import { createTaskTools } from '../../../src/activities/tools/task-tools';
import { fakeContext, type FakeContext } from '../fake-context';

function context(...answers: readonly string[]): FakeContext {
  return fakeContext({ parts: [{ text: 'please' }], answers });
}

const update = (fake: FakeContext, args: unknown) => fake.ctx.tools.call('update_status', args);

describe('a status that goes on', () => {
  test('"working" is told as progress', async () => {
    const fake = context();
    const answer = await update(fake, { status: 'working', message: 'Starting data analysis...' });
    expect(answer).toEqual({ text: 'The task is working.', isError: false });
    expect(fake.recorded.progress).toEqual(['Starting data analysis...']);
  });

  test('"submitted" is told as progress, and the model learns that the task stays working', async () => {
    const fake = context();
    const answer = await update(fake, { status: 'submitted', message: 'queued' });
    expect(answer).toEqual({
      text: 'A task cannot go back to submitted: it stays working.',
      isError: false,
    });
    expect(fake.recorded.progress).toEqual(['queued']);
    expect(fake.ctx.tools.hasEnded).toBe(false);
  });

  test.each([{ message: '' }, { message: ' \n' }, { message: null }, {}])(
    'without words (%j) nothing is told',
    async (said) => {
      const fake = context();
      expect(await update(fake, { status: 'working', ...said })).toMatchObject({ isError: false });
      expect(fake.recorded.progress).toEqual([]);
    },
  );

  test.each(['input_required', 'auth_required'])(
    'the result of "%s" is the answer',
    async (status) => {
      const fake = context('Lisbon');
      const answer = await update(fake, { status, message: 'Which city?' });
      expect(answer).toEqual({ text: 'Lisbon', isError: false });
      expect(fake.recorded.asked).toEqual(['Which city?']);
    },
  );
});

describe('a status that ends the task', () => {
  test.each(['completed', 'failed', 'rejected', 'canceled'])('%s', async (status) => {
    const fake = context();
    const answer = await update(fake, { status, message: 'this is why' });
    expect(answer).toEqual({ text: `The task ends as ${status}.`, isError: false });
    expect(fake.recorded.endings).toEqual([{ state: status, message: 'this is why' }]);
    expect(fake.ctx.tools.hasEnded).toBe(true);
  });

  test.each([
    { status: 'completed', ending: { state: 'completed' } },
    { status: 'canceled', ending: { state: 'canceled' } },
    {
      status: 'failed',
      ending: { state: 'failed', message: 'The agent ended the task as failed.' },
    },
    {
      status: 'rejected',
      ending: { state: 'rejected', message: 'The agent ended the task as rejected.' },
    },
  ])('$status without a message', async ({ status, ending }) => {
    const fake = context();
    await update(fake, { status });
    expect(fake.recorded.endings).toEqual([ending]);
  });

  test('a second one is refused, and so is anything else', async () => {
    const fake = context('an answer that nobody asks for');
    await update(fake, { status: 'completed', message: 'first' });
    const text = 'Error: the task has ended as completed, and nothing can change it any more';
    for (const args of [
      { status: 'failed', message: 'second' },
      { status: 'working', message: 'more' },
      { status: 'input_required', message: 'a question' },
    ]) {
      expect(await update(fake, args)).toEqual({ text, isError: true });
    }
    const saved = await fake.ctx.tools.call('save_artifact', { name: 'late', content: 'x' });
    expect(saved).toEqual({ text, isError: true });
    expect(fake.recorded).toMatchObject({ progress: [], asked: [] });
    expect(fake.recorded.endings).toEqual([{ state: 'completed', message: 'first' }]);
    expect(fake.recorded.artifacts.size).toBe(0);
  });
});

describe('spellings', () => {
  const STATES = [
    'submitted',
    'working',
    'input_required',
    'auth_required',
    'completed',
    'failed',
    'rejected',
    'canceled',
  ];

  test.each(
    STATES.flatMap((state) => [
      { said: state, state },
      { said: state.replace('_', '-'), state },
      { said: `TASK_STATE_${state.toUpperCase()}`, state },
      { said: ` ${state.toUpperCase()} `, state },
    ]).concat({ said: 'cancelled', state: 'canceled' }),
  )('"$said" is $state', async ({ said, state }) => {
    const plain = context('an answer');
    const spelled = context('an answer');
    const expected = await update(plain, { status: state, message: 'words' });
    expect(await update(spelled, { status: said, message: 'words' })).toEqual(expected);
    expect(expected.isError).toBe(false);
    expect(spelled.recorded).toEqual(plain.recorded);
  });
});

describe('a call that is refused says what is wrong, and does nothing', () => {
  test.each([
    {
      args: { status: 'done' },
      text: 'status: must be one of submitted, working, input_required, auth_required, completed, failed, rejected, canceled',
    },
    { args: { message: 'no status' }, text: 'status: must be one of' },
    { args: { status: 5 }, text: 'status: must be one of' },
    { args: { status: 'working', message: { text: 'x' } }, text: 'message: must be a string' },
    { args: { status: 'input_required' }, text: 'message: input_required needs one' },
    { args: { status: 'auth-required', message: '' }, text: 'message: auth_required needs one' },
    { args: '{"status": "working"', text: 'the arguments are not JSON' },
    { args: undefined, text: 'expected object' },
    { args: [], text: 'expected object' },
  ])('$args', async ({ args, text }) => {
    const fake = context('an answer that nobody asks for');
    const answer = await update(fake, args);
    expect(answer.isError).toBe(true);
    expect(answer.text).toMatch(/^Error: /);
    expect(answer.text).toContain(text);
    expect(fake.recorded).toMatchObject({ progress: [], asked: [], endings: [] });
  });

  test('a tool that is not there', async () => {
    expect(await context().ctx.tools.call('send_mail', {})).toEqual({
      text: 'Error: there is no tool "send_mail": there are update_status and save_artifact',
      isError: true,
    });
  });
});

test('arguments may be JSON text, as OpenAI hands them over', async () => {
  const fake = context();
  await update(fake, '{"status":"working","message":"halfway"}');
  expect(fake.recorded.progress).toEqual(['halfway']);
});

test('calls that come at once are executed one after the other', async () => {
  const { ctx } = context();
  const done: string[] = [];
  const slowly = async (what: string): Promise<string> => {
    await setImmediate();
    done.push(what);
    return what;
  };
  const tools = createTaskTools({
    ...ctx,
    progress: async () => {
      await slowly('progress');
    },
    saveArtifact: ({ name }) => slowly(`artifact ${name!}`),
    end: () => void done.push('end'),
  });
  const answers = await Promise.all([
    tools.call('update_status', { status: 'working', message: 'x' }),
    tools.call('save_artifact', { name: 'a', content: '1' }),
    tools.call('update_status', { status: 'completed' }),
    tools.call('save_artifact', { name: 'b', content: '2' }),
  ]);
  expect(done).toEqual(['progress', 'artifact a', 'end']);
  expect(answers.map(({ isError }) => isError)).toEqual([false, false, false, true]);
});

test('what is wrong with the run, and not with the call, is thrown', async () => {
  const fake = fakeContext({
    parts: [{ text: 'please' }],
    onProgress: () => {
      throw new Error('Temporal is gone');
    },
  });
  const call = fake.ctx.tools.call('update_status', { status: 'working', message: 'x' });
  await expect(call).rejects.toThrow('Temporal is gone');
  expect(await update(fake, { status: 'working' })).toMatchObject({ isError: false });
});
