// The tools as model APIs are offered them.

import { fakeContext } from '../fake-context';

const { tools } = fakeContext({ parts: [{ text: 'please' }] }).ctx;

const text = expect.any(String);

const UPDATE_STATUS = {
  type: 'object',
  properties: {
    status: {
      type: 'string',
      description: text,
      enum: [
        'submitted',
        'working',
        'input_required',
        'auth_required',
        'completed',
        'failed',
        'rejected',
        'canceled',
      ],
    },
    message: { type: 'string', description: text },
  },
  required: ['status'],
  additionalProperties: false,
};

const SAVE_ARTIFACT = {
  type: 'object',
  properties: {
    name: { type: 'string', description: text },
    content: { type: 'string', description: text },
    content_type: { type: 'string', description: text },
    description: { type: 'string', description: text },
  },
  required: ['name', 'content'],
  additionalProperties: false,
};

test('are plain JSON Schema with a name and a description', () => {
  expect(tools.definitions).toEqual([
    { name: 'update_status', description: text, parameters: UPDATE_STATUS },
    { name: 'save_artifact', description: text, parameters: SAVE_ARTIFACT },
  ]);
  expect(JSON.parse(JSON.stringify(tools.definitions))).toEqual(tools.definitions);
});

test('have the shape of `tools` in OpenAI’s chat completions', () => {
  expect(tools.openai).toEqual(
    tools.definitions.map((definition) => ({ type: 'function', function: definition })),
  );
});

test('have the shape of `tools` in Anthropic’s messages', () => {
  expect(tools.anthropic).toEqual([
    { name: 'update_status', description: text, input_schema: UPDATE_STATUS },
    { name: 'save_artifact', description: text, input_schema: SAVE_ARTIFACT },
  ]);
});

test('may be changed by whoever is given them', () => {
  tools.definitions.pop();
  tools.openai[0]!.function.parameters['strict'] = true;
  expect(tools.definitions).toHaveLength(2);
  expect(tools.openai[0]!.function.parameters).not.toHaveProperty('strict');
});
