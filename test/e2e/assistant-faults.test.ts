// A model's endpoint that is busy, refuses, is silent or breaks off: what passes is asked again, the rest is told.

import { API_KEY, useAssistantStack } from '../harness/assistant-stack';
import { messageFor, send } from '../harness/calls';
import { expectEveryId, foldArtifacts, lastState } from '../harness/frames';
import type { Answer } from '../harness/model-endpoint';
import { streamMessage } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const { stack, endpoint } = useAssistantStack({ ASSISTANT_SILENCE_SECONDS: '1' });

const asking = (text: string) => messageFor('assistant', {}, { parts: [{ text }] });

const words = (task: WireTask): string => textOf(task.status.message?.parts);

describe('before the model has said anything', () => {
  test.each<{ name: string; answer: Answer }>([
    { name: '429', answer: { status: 429 } },
    { name: '500', answer: { status: 500 } },
    { name: '503', answer: { status: 503 } },
    { name: 'silence', answer: { end: 'silence' } },
    { name: 'a connection that breaks', answer: { end: 'cut' } },
    { name: 'a stream without an end', answer: { end: 'unfinished' } },
    { name: 'an error in the stream', answer: { end: 'error' } },
  ])('$name is asked again', async ({ answer }) => {
    endpoint().script(answer, { texts: ['here I am'] });
    const task = await send(stack.url, asking('Hello'));
    expect(words(task)).toBe('here I am');
    expect(endpoint().requestsByTurn).toEqual([2]);
  });

  test.each([
    { name: 'in seconds', headers: { 'retry-after': '2' } },
    {
      name: 'as a date',
      headers: () => ({ 'retry-after': new Date(Date.now() + 3_000).toUTCString() }),
    },
    { name: 'in milliseconds', headers: { 'retry-after-ms': '2000', 'retry-after': '60' } },
  ])('Retry-After $name is honoured', async ({ headers }) => {
    const given = typeof headers === 'function' ? headers() : headers;
    endpoint().script({ status: 429, headers: given }, { texts: ['here I am'] });
    await send(stack.url, asking('Hello'));
    const [first, second] = endpoint().requests;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_900);
    expect(second!.at - first!.at).toBeLessThan(10_000);
  });

  test('an endpoint that asks for more patience than there is ends the task', async () => {
    endpoint().script({ status: 429, message: 'quota', headers: { 'retry-after': '3600' } });
    const task = await send(stack.url, asking('Hello'));
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(words(task)).toBe(
      "the model's endpoint answered 429: quota (to be asked again in 3600 s)",
    );
  });
});

describe('what will not pass ends the task with the words of the endpoint', () => {
  test.each([
    { status: 400, message: 'This model does not take tools' },
    { status: 401, message: 'Incorrect API key' },
    { status: 404, message: 'The model `stub-1` does not exist' },
  ])('$status', async ({ status, message }) => {
    endpoint().script({ status, message });
    const task = await send(stack.url, asking('Hello'));
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(words(task)).toBe(`the model's endpoint answered ${status}: ${message}`);
    expect(endpoint().requests).toHaveLength(1);
  });

  test('but never with the API key, which is in no log either', async () => {
    endpoint().script({ status: 401, message: `Incorrect API key provided: ${API_KEY}` });
    const task = await send(stack.url, asking('Hello'));
    expect(words(task)).toBe(
      "the model's endpoint answered 401: Incorrect API key provided: [API key]",
    );
    expect(stack.worker.output()).toContain('[API key]');
    expect(stack.worker.output()).not.toContain(API_KEY);
  });
});

describe('an endpoint that does not stream, as one at a wrong address', () => {
  const completion = { object: 'chat.completion', choices: [{ message: { content: 'hello' } }] };

  test.each([
    { name: 'a page', type: 'text/html; charset=utf-8', body: '<!doctype html><p>Welcome' },
    { name: 'JSON', type: 'application/json', body: JSON.stringify(completion) },
    { name: 'lines of JSON', type: 'application/x-ndjson', body: '{"message":{}}\n' },
  ])('is not asked again after $name, and the task says what to check', async ({ type, body }) => {
    endpoint().script({ type, body });
    const task = await send(stack.url, asking('Hello'));
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(words(task)).toBe(
      `${endpoint().url}/chat/completions answered with ${type} instead of a stream of events: ` +
        'check that ASSISTANT_BASE_URL is an OpenAI-compatible API up to its version (…/v1), and that it streams',
    );
    expect(endpoint().requests).toHaveLength(1);
  });

  test('is heard all the same where it says nothing of its type', async () => {
    endpoint().script({ texts: ['here I am'], type: undefined });
    const task = await send(stack.url, asking('Hello'));
    expect(words(task)).toBe('here I am');
  });
});

describe('an answer that breaks off in the middle', () => {
  test.each<{ name: string; end: 'cut' | 'silence' | 'unfinished' | 'error' }>([
    { name: 'with its connection', end: 'cut' },
    { name: 'in silence', end: 'silence' },
    { name: 'without an end', end: 'unfinished' },
    { name: 'with an error', end: 'error' },
  ])('$name is asked for again, and the new text takes the place of the old', async ({ end }) => {
    endpoint().script(
      { texts: ['The answer ', 'is forty-'], everyMs: 150, end },
      { texts: ['The answer ', 'is ', 'not known.'] },
    );
    const frames = await (await streamMessage(stack.url, asking('Hello'))).toEnd();
    expectEveryId(frames);
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
    expect(foldArtifacts(frames)).toEqual({ answer: 'The answer is not known.' });
    expect(endpoint().requestsByTurn).toEqual([2]);
  });

  test('is not told twice where it is the same', async () => {
    const texts = ['The answer ', 'is ', 'forty-two.'];
    endpoint().script({ texts: texts.slice(0, 2), everyMs: 150, end: 'cut' }, { texts });
    const frames = await (await streamMessage(stack.url, asking('Hello'))).toEnd();
    const updates = frames.flatMap(({ event }) => event.artifactUpdate ?? []);
    expect(updates.map(({ artifact }) => textOf(artifact.parts)).join('')).toBe(texts.join(''));
    expect(updates.filter(({ append = false }) => !append)).toHaveLength(1);
  });
});
