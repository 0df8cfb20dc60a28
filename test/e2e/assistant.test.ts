// The assistant through gateway, worker and Temporal, with a model behind real HTTP.

import { API_KEY, useAssistantStack } from '../harness/assistant-stack';
import { answerTo, getTask, http, messageFor, rpc, send } from '../harness/calls';
import {
  artifactTexts,
  expectEveryId,
  foldArtifacts,
  lastState,
  progressTexts,
  stateOf,
} from '../harness/frames';
import { streamMessage } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

/** From the cancel of a caller to the end of the request to the model. */
const CANCEL_MS = 1_000;

const { stack, endpoint } = useAssistantStack({ ASSISTANT_INSTRUCTIONS: 'Be brief.' });

const asking = (text: string) => messageFor('assistant', {}, { parts: [{ text }] });

test('is on the card, and takes what no other skill does', async () => {
  const { body } = await http<{ skills: readonly { id: string }[] }>(stack.url, {
    path: '/.well-known/agent-card.json',
  });
  expect(body.skills.map(({ id }) => id)).toContain('assistant');

  endpoint().script({ texts: ['It is the moon.'] });
  const message = { ...asking('Why are there tides?'), metadata: {} };
  const task = await send(stack.url, message);
  expect(textOf(task.status.message?.parts)).toBe('It is the moon.');
});

test('asks the model as an OpenAI-compatible endpoint wants it', async () => {
  endpoint().script({ texts: ['ok'] });
  await send(stack.url, asking('Hello'));
  const [request] = endpoint().requests;
  expect(request?.path).toBe('/v1/chat/completions');
  expect(request?.headers['authorization']).toBe(`Bearer ${API_KEY}`);
  expect(request?.body).toMatchObject({
    model: 'stub-1',
    stream: true,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ],
  });
  expect(request?.body.tools.map((tool) => tool.function.name)).toEqual([
    'update_status',
    'save_artifact',
  ]);
});

test('hands calls of tools back as the model made them, with the signature of its thoughts', async () => {
  const args = { status: 'working', message: 'Thinking about “tides”…' };
  endpoint().script(
    { texts: ['Hm.'], calls: [{ name: 'update_status', args, signature: 'c2lnbmVk' }] },
    { texts: ['ok'] },
  );
  await send(stack.url, asking('Hello'));
  expect(endpoint().requests[1]?.body.messages.slice(2)).toEqual([
    {
      role: 'assistant',
      content: 'Hm.',
      tool_calls: [
        {
          id: 'call_0',
          type: 'function',
          function: { name: 'update_status', arguments: JSON.stringify(args) },
          extra_content: { google: { thought_signature: 'c2lnbmVk' } },
        },
      ],
    },
    { role: 'tool', tool_call_id: 'call_0', content: 'The task is working.' },
  ]);
});

test('streams the answer as it comes, into one artifact', async () => {
  const texts = Array.from({ length: 10 }, (_, i) => `word ${i + 1} `);
  endpoint().script({ texts, everyMs: 150 });
  const stream = await streamMessage(stack.url, asking('Talk'));
  await stream.until('the first word', ({ event }) => event.artifactUpdate !== undefined);
  expect(endpoint().requests[0]?.leftAt).toBeUndefined();

  const frames = await stream.toEnd();
  expectEveryId(frames);
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  const updates = frames.flatMap(({ event }) => event.artifactUpdate ?? []);
  expect(updates.length).toBeGreaterThan(5);
  expect(updates.map(({ append = false }) => append)).toEqual(updates.map((_, i) => i > 0));
  expect(updates.map(({ lastChunk = false }) => lastChunk)).toEqual(
    updates.map((_, i) => i === updates.length - 1),
  );
  expect(foldArtifacts(frames)).toEqual({ answer: texts.join('') });
  expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual({
    answer: texts.join(''),
  });
});

test('asks the caller by a tool, and goes on with the answer', async () => {
  endpoint().answer = ({ body: { messages } }) =>
    messages.at(-1)?.role === 'tool'
      ? { texts: [`You said ${String(messages.at(-1)?.content)}.`] }
      : {
          texts: ['One question.'],
          calls: [
            { name: 'update_status', args: { status: 'input_required', message: 'Which city?' } },
          ],
        };
  const asked = await send(stack.url, asking('Book a table'));
  expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  expect(textOf(asked.status.message?.parts)).toBe('Which city?');

  const done = await send(stack.url, answerTo(asked, 'Lisbon'));
  expect(done.status.state).toBe('TASK_STATE_COMPLETED');
  expect(textOf(done.status.message?.parts)).toBe('You said Lisbon.');
  expect(artifactTexts(done)).toEqual({ answer: 'One question.\n\nYou said Lisbon.' });
});

test('stops asking the model within a second of a cancel', async () => {
  endpoint().script({ texts: Array.from({ length: 1_000 }, () => 'word '), everyMs: 50 });
  const stream = await streamMessage(stack.url, asking('Talk for ever'));
  await stream.until('the first word', ({ event }) => event.artifactUpdate !== undefined);
  const canceledAt = Date.now();
  await rpc(stack.url, 'CancelTask', { id: stream.task.id });
  await endpoint().until(
    'the end of the request',
    () => endpoint().requests[0]?.leftAt !== undefined,
  );
  expect(endpoint().requests[0]!.leftAt! - canceledAt).toBeLessThan(CANCEL_MS);
  expect(lastState(await stream.toEnd())).toBe('TASK_STATE_CANCELED');
  expect(endpoint().requests).toHaveLength(1);
});

test('stops waiting for a busy model within a second of a cancel', async () => {
  endpoint().script({ status: 503, headers: { 'retry-after': '60' } });
  const stream = await streamMessage(stack.url, asking('Hello'));
  await endpoint().until('a request', () => endpoint().requests.length === 1);
  const canceledAt = Date.now();
  await rpc(stack.url, 'CancelTask', { id: stream.task.id });
  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_CANCELED');
  expect(frames.at(-1)!.at - canceledAt).toBeLessThan(CANCEL_MS);
});

test('does not take images for a model that cannot see', async () => {
  const message = messageFor(
    'assistant',
    {},
    { parts: [{ text: 'What is it?' }, { raw: 'AAAA', mediaType: 'image/png' }] },
  );
  const { body } = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', { message });
  expect(body.error?.message).toMatch(/image\/png/);
});

test('tells a caller what it does meanwhile', async () => {
  endpoint().script(
    { calls: [{ name: 'update_status', args: { status: 'working', message: 'Reading…' } }] },
    { calls: [{ name: 'update_status', args: { status: 'submitted', message: 'Waiting…' } }] },
    { texts: ['Done.'] },
  );
  const frames = await (await streamMessage(stack.url, asking('Read this'))).toEnd();
  expect(progressTexts(frames)).toEqual(['Reading…', 'Waiting…', 'Done.']);
  expect(new Set(frames.map(stateOf))).toEqual(
    new Set(['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING', 'TASK_STATE_COMPLETED', undefined]),
  );
  expect(endpoint().requests[2]?.body.messages.at(-1)?.content).toBe(
    'A task cannot go back to submitted: it stays working.',
  );
});
