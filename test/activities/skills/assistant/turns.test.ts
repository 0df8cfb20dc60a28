// Turns of the model over its mock: what is journaled, what a later run is spared, and what is asked again.

import { APICallError } from '@ai-sdk/provider';
import { createAssistant } from '../../../../src/activities/skills/assistant';
import { toModelFault } from '../../../../src/activities/skills/assistant/model-fault';
import { testSkill } from '../../../../src/testing/test-skill';
import { scriptedModel } from '../../../harness/scripted-model';
import { fakeContext } from '../../fake-context';
import { settings } from './settings';

describe('in a run after a crash', () => {
  const look = { name: 'update_status', input: { status: 'working', message: 'looking' } };

  test('a turn that was finished is not asked for again, and the artifact is the same', async () => {
    const model = scriptedModel(
      { texts: ['Let me ', 'see.'], calls: [look] },
      { texts: ['It '], breaksWith: { message: 'the worker dies here' } },
      { texts: ['It is ', 'blue.'] },
    );
    const told = await testSkill(createAssistant(settings(), model), 'Hello');
    expect([told.state, told.message]).toEqual(['completed', 'It is blue.']);
    expect(told.artifacts).toEqual({ answer: 'Let me see.\n\nIt is blue.' });
    expect(told.stepRuns).toEqual({ 'model turn': 3, update_status: 1 });
    expect(told.progress).toEqual(['looking']);
    const [, second, third] = model.doStreamCalls;
    expect(third?.prompt).toEqual(second?.prompt);
  });

  test('a task that the model has ended ends in the same way, without asking it again', async () => {
    const end = { name: 'update_status', input: { status: 'canceled', message: 'never mind' } };
    const model = scriptedModel({ texts: ['Well.'], calls: [look, end] });
    // Behind the progress, which the first of the turn's tools has told.
    const told = await testSkill(createAssistant(settings(), model), 'Hello', { crashAt: 4 });
    expect([told.state, told.message]).toEqual(['canceled', 'never mind']);
    expect(told.artifacts).toEqual({ answer: 'Well.' });
    expect(told.runs).toBe(2);
  });

  test('a question that was answered is not asked again', async () => {
    const ask = { name: 'update_status', input: { status: 'input_required', message: 'Which?' } };
    const model = scriptedModel({ calls: [ask] }, { texts: ['Blue.'] });
    const answers = ['the blue one'];
    const told = await testSkill(createAssistant(settings(), model), 'Hello', { answers });
    expect(told.message).toBe('Blue.');
    expect(model.doStreamCalls[1]?.prompt.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ output: { value: 'the blue one' } }],
    });
  });
});

describe('an answer that breaks off', () => {
  const broken = { breaksWith: { message: 'overloaded' } };

  test.each([
    { name: 'before it began', turn: broken },
    { name: 'after an empty piece', turn: { texts: [''], ...broken } },
    { name: 'while the model was reasoning', turn: { reasoning: 'hm', ...broken } },
  ])('$name is asked for again in the same run', async ({ turn }) => {
    const { ctx } = fakeContext({ parts: [{ text: 'Hello' }] });
    const model = scriptedModel(turn, { texts: ['ok'] });
    const result = await createAssistant(settings(), model).run(ctx);
    expect(result).toEqual({ state: 'completed', message: 'ok' });
  });

  test('after the model has spoken is left to the next attempt of the skill', async () => {
    const { ctx } = fakeContext({ parts: [{ text: 'Hello' }] });
    const model = scriptedModel({ texts: ['We'], ...broken }, { texts: ['never asked for'] });
    await expect(createAssistant(settings(), model).run(ctx)).rejects.toMatchObject({
      name: 'SkillError',
      retryable: true,
      message: "the model's answer broke off: overloaded",
    });
    expect(model.doStreamCalls).toHaveLength(1);
  });
});

test('a run that is stopped throws what it was stopped with', async () => {
  const stop = new AbortController();
  const { ctx } = fakeContext({ parts: [{ text: 'Hello' }], signal: stop.signal });
  stop.abort(new Error('the run was stopped: cancel'));
  const run = createAssistant(settings(), scriptedModel(new Error('aborted'))).run(ctx);
  await expect(run).rejects.toThrow('the run was stopped: cancel');
});

test('what cannot be told to the caller is no fault of the model, and is not asked again', async () => {
  const { ctx } = fakeContext({ parts: [{ text: 'Hello' }] });
  const full = {
    ...ctx,
    artifact: (options: Parameters<typeof ctx.artifact>[0]) => ({
      ...ctx.artifact(options),
      append: () => Promise.reject(new Error('the task is full')),
    }),
  };
  const model = scriptedModel({ texts: ['We'] }, { texts: ['never asked for'] });
  await expect(createAssistant(settings(), model).run(full)).rejects.toThrow('the task is full');
  expect(model.doStreamCalls).toHaveLength(1);
});

describe('a fault of the endpoint', () => {
  const KEY = 'sk-secret';
  const refused = (message: string, statusCode?: number) =>
    new APICallError({
      message,
      url: 'http://127.0.0.1:1/v1/chat/completions',
      requestBodyValues: {},
      ...(statusCode === undefined ? { isRetryable: true } : { statusCode }),
    });

  test.each([
    { status: 400, isPassing: false },
    { status: 401, isPassing: false },
    { status: 403, isPassing: false },
    { status: 404, isPassing: false },
    { status: 408, isPassing: true },
    { status: 429, isPassing: true },
    { status: 500, isPassing: true },
    { status: 529, isPassing: true },
    { status: undefined, isPassing: true },
  ])('$status may pass: $isPassing', ({ status, isPassing }) => {
    expect(toModelFault(refused('no', status), KEY)).toMatchObject({ isPassing });
  });

  test.each([
    {
      name: 'an answer',
      err: refused(`bad key ${KEY}`, 401),
      text: 'answered 401: bad key [API key]',
    },
    {
      name: 'an answer without words',
      err: refused('', 502),
      text: 'answered 502: without a reason',
    },
    { name: 'no answer', err: refused(`x ${KEY}`), text: 'cannot be reached: x [API key]' },
    { name: 'an error', err: new TypeError(`bad ${KEY}`), text: 'broke off: bad [API key]' },
    { name: 'an error object', err: { message: KEY }, text: 'broke off: [API key]' },
    { name: 'anything else', err: `${KEY}!`, text: 'broke off: [API key]!' },
  ])('that is $name is told without the key', ({ err, text }) => {
    const { message } = toModelFault(err, KEY);
    expect(message).toContain(text);
    expect(message).not.toContain(KEY);
  });
});
