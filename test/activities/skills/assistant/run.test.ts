// The assistant over the AI SDK's mock model and a recording context: what it says, how it ends, what it shows.

import type { ContentPart } from '../../../../src/activities/skill';
import {
  createAssistant,
  type AssistantSettings,
} from '../../../../src/activities/skills/assistant';
import { scriptedModel, type ScriptedTurn } from '../../../harness/scripted-model';
import { fakeContext } from '../../fake-context';
import { settings } from './settings';

interface Told {
  readonly parts?: readonly ContentPart[];
  readonly answers?: readonly string[];
  readonly more?: Partial<AssistantSettings>;
}

async function converse(script: readonly ScriptedTurn[], told: Told = {}) {
  const { parts = [{ text: 'Hello' }], answers = [], more } = told;
  const model = scriptedModel(...script);
  const { ctx, recorded } = fakeContext({ parts, answers });
  const result = await createAssistant(settings(more), model).run(ctx);
  const answer = recorded.artifacts.get('answer');
  const text = answer?.parts.map((part) => ('text' in part ? part.text : '')).join('');
  const prompts = model.doStreamCalls.map(({ prompt }) => prompt);
  return { result, recorded, answer, text, prompts };
}

const update = (status: string, message?: string) => ({
  name: 'update_status',
  input: { status, message },
});

describe('the answer', () => {
  test('is streamed into one artifact, and is the last message too', async () => {
    const { result, recorded, answer } = await converse([{ texts: ['Hel', 'lo', ' you'] }]);
    expect(answer).toMatchObject({
      artifactId: 'answer',
      name: 'answer',
      parts: [
        { text: 'Hel', mediaType: 'text/markdown' },
        { text: 'lo', mediaType: 'text/markdown' },
        { text: ' you', mediaType: 'text/markdown' },
        { text: '', mediaType: 'text/markdown' },
      ],
    });
    expect(recorded.finished).toEqual(new Set(['answer']));
    expect(result).toEqual({ state: 'completed', message: 'Hello you' });
  });

  test.each([
    { bytes: 4_096, message: 'x'.repeat(4_096) },
    { bytes: 4_097, message: 'The answer is in the artifact "answer".' },
  ])('of $bytes bytes is told by the message "$message"', async ({ bytes, message }) => {
    const { result, text } = await converse([{ texts: ['x'.repeat(bytes)] }]);
    expect(text).toBe('x'.repeat(bytes));
    expect(result).toEqual({ state: 'completed', message });
  });

  test('of several turns is one artifact, a paragraph each; the message is the last turn', async () => {
    const { result, text } = await converse([
      { texts: ['Let me ', 'see.'], calls: [update('working', 'looking')] },
      { calls: [update('working', 'still')] },
      { texts: ['It is ', 'blue.'] },
    ]);
    expect(text).toBe('Let me see.\n\nIt is blue.');
    expect(result).toEqual({ state: 'completed', message: 'It is blue.' });
  });

  test.each([
    {
      name: 'cut off at the limit of the model',
      turn: { texts: ['Once upon'], finish: 'length' as const },
      result: { state: 'completed', message: 'The answer is cut off at the limit of the model.' },
    },
    {
      name: 'stopped by a filter',
      turn: { texts: ['I will'], finish: 'content-filter' as const },
      result: { state: 'failed', message: "the provider's content filter stopped the answer" },
    },
    {
      name: 'empty',
      turn: {},
      result: { state: 'failed', message: 'the model gave an empty answer' },
    },
  ])('that is $name says so', async ({ turn, result }) => {
    expect((await converse([turn])).result).toEqual(result);
  });

  test('that is empty after a tool was used is an end without words', async () => {
    const saved = { name: 'save_artifact', input: { name: 'poem', content: 'Roses' } };
    const { result, recorded } = await converse([{ calls: [saved] }, {}]);
    expect(result).toEqual({ state: 'completed' });
    expect([...recorded.artifacts.keys()]).toEqual(['artifact-1']);
  });
});

describe('tools', () => {
  test('of one turn are executed in their order, and the model is shown what they came to', async () => {
    const { recorded, prompts } = await converse([
      {
        reasoning: 'hm',
        texts: ['Saving.'],
        calls: [
          update('working', 'saving'),
          { name: 'save_artifact', input: { name: 'poem', content: 'Roses' } },
          { name: 'send_mail', input: {} },
          { name: 'update_status', input: '{"status":' },
        ],
      },
      { texts: ['Saved.'] },
    ]);
    expect(recorded.progress).toEqual(['saving']);
    const result = (id: number, toolName: string, value: unknown) => ({
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: `call-${String(id)}`,
          toolName,
          output: { type: 'text', value },
        },
      ],
    });
    expect(prompts[1]).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'Saving.' },
          expect.objectContaining({ type: 'tool-call', toolCallId: 'call-1' }),
          expect.objectContaining({ input: { name: 'poem', content: 'Roses' } }),
          expect.objectContaining({ toolName: 'send_mail', input: {} }),
          expect.objectContaining({ toolCallId: 'call-4', input: {} }),
        ],
      },
      result(1, 'update_status', 'The task is working.'),
      result(2, 'save_artifact', expect.stringMatching(/^Saved "poem" as artifact artifact-\d\.$/)),
      result(3, 'send_mail', expect.stringContaining('there is no tool "send_mail"')),
      result(4, 'update_status', 'Error: the arguments are not JSON'),
    ]);
  });

  test('may ask the caller, whose answer the model is shown', async () => {
    const { result, recorded, prompts } = await converse(
      [{ calls: [update('input_required', 'Which city?')] }, { texts: ['Lisbon it is.'] }],
      { answers: ['Lisbon'] },
    );
    expect(recorded.asked).toEqual(['Which city?']);
    expect(prompts[1]?.at(-1)).toMatchObject({ content: [{ output: { value: 'Lisbon' } }] });
    expect(result).toEqual({ state: 'completed', message: 'Lisbon it is.' });
  });

  test('may end the task: the artifact is closed, and the model is not asked again', async () => {
    const { recorded, prompts } = await converse([
      { texts: ['No.'], calls: [update('rejected', 'not for me'), update('working', 'late')] },
    ]);
    expect(recorded.endings).toEqual([{ state: 'rejected', message: 'not for me' }]);
    expect(recorded.finished).toEqual(new Set(['answer']));
    expect(recorded.progress).toEqual([]);
    expect(prompts).toHaveLength(1);
  });
});

describe('a model that does not come to an end', () => {
  const busy = { texts: ['…'], calls: [update('working')] };

  test('is stopped after so many turns, with what it said so far', async () => {
    const { result, recorded, prompts } = await converse([busy, busy, busy], {
      more: { maxIterations: 3 },
    });
    expect(prompts).toHaveLength(3);
    expect(result).toEqual({
      state: 'failed',
      message: 'the model did not come to an end in 3 turns',
    });
    expect(recorded.finished).toEqual(new Set(['answer']));
  });

  test('has them anew after each answer of the caller', async () => {
    const ask = { calls: [update('input_required', 'Go on?')] };
    const { result } = await converse([busy, ask, busy, ask, busy, { texts: ['End.'] }], {
      answers: ['yes', 'yes'],
      more: { maxIterations: 2 },
    });
    expect(result).toEqual({ state: 'completed', message: 'End.' });
  });
});

describe('the model is shown', () => {
  const shown = async (parts: readonly ContentPart[], more: Partial<AssistantSettings> = {}) =>
    (await converse([{ texts: ['ok'] }], { parts, more })).prompts[0];

  test('the instructions first', async () => {
    expect(await shown([{ text: 'Hello' }], { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    ]);
  });

  test('texts, data as JSON and text files in one piece, and of other files that they are there', async () => {
    const parts: readonly ContentPart[] = [
      { text: 'Look:' },
      { data: { rows: [1, 2] } },
      { raw: Buffer.from('a,b').toString('base64'), mediaType: 'text/csv', filename: 'a.csv' },
      { raw: 'AAAA', mediaType: 'application/zip', filename: 'a.zip' },
      { raw: 'AAAA', mediaType: 'image/png' },
      { url: 'https://example.com/a.pdf', mediaType: 'application/pdf' },
    ];
    const text = [
      'Look:',
      '{"rows":[1,2]}',
      'a,b',
      '[file a.zip, application/zip, 3 bytes, which cannot be shown here]',
      '[file image/png, 3 bytes, which cannot be shown here]',
      '[file application/pdf: https://example.com/a.pdf]',
    ].join('\n');
    expect(await shown(parts)).toEqual([{ role: 'user', content: [{ type: 'text', text }] }]);
  });

  test('images, where it looks at them', async () => {
    const parts: readonly ContentPart[] = [
      { text: 'What is this?' },
      { raw: 'AAAA', mediaType: 'image/png' },
      { url: 'https://example.com/cat.jpg', mediaType: 'image/jpeg' },
      { url: 'not an address', mediaType: 'image/jpeg' },
    ];
    expect(await shown(parts, { takesImages: true })).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'file', mediaType: 'image/png', data: 'AAAA' },
          { type: 'file', mediaType: 'image/jpeg', data: new URL('https://example.com/cat.jpg') },
          { type: 'text', text: '[file image/jpeg: not an address]' },
        ],
      },
    ]);
  });

  test.each([
    { takesImages: false, inputModes: ['text/*', 'application/json'] },
    { takesImages: true, inputModes: ['text/*', 'application/json', 'image/*'] },
  ])('nothing else: with takesImages $takesImages the card names $inputModes', (expected) => {
    const { inputModes } = createAssistant(settings(expected));
    expect(inputModes).toEqual(expected.inputModes);
  });
});
