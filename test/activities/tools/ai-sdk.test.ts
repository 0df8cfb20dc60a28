// The tools in the real Vercel AI SDK, with its mock model: several steps, refusals, and a loop that ends.

import {
  generateText,
  stepCountIs,
  streamText,
  wrapLanguageModel,
  type ModelMessage,
  type ToolModelMessage,
} from 'ai';
import type { LanguageModelV3 } from '@ai-sdk/provider';
import { completed, type SkillContext } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { fakeContext, type FakeContext } from '../fake-context';
import { scriptedModel } from '../../harness/scripted-model';

function context(...answers: readonly string[]): FakeContext {
  return fakeContext({ parts: [{ text: 'please' }], answers });
}

const status = (input: object) => ({ name: 'update_status', input });
const artifact = (input: object) => ({ name: 'save_artifact', input });

/** Each result of a tool that the model was shown, as text. */
function resultsIn(messages: readonly ModelMessage[]): readonly string[] {
  return messages.flatMap((message) =>
    message.role === 'tool' ? message.content.flatMap(toTexts) : [],
  );
}

function toTexts(part: ToolModelMessage['content'][number]): readonly string[] {
  if (part.type !== 'tool-result') return [];
  const { output } = part;
  return output.type === 'text' || output.type === 'error-text' ? [output.value] : [];
}

test('streamText runs them through several steps, and the model reads their results', async () => {
  const { ctx, recorded } = context('Lisbon');
  const model = scriptedModel(
    {
      texts: ['Let me ', 'ask.'],
      calls: [status({ status: 'input-required', message: 'Which city?' })],
    },
    {
      calls: [
        status({ status: 'working', message: 'Writing…' }),
        artifact({
          name: 'city.json',
          content: '{"city":"Lisbon"}',
          content_type: 'application/json',
        }),
      ],
    },
    { calls: [status({ status: 'completed', message: 'It is Lisbon.' })] },
    { texts: ['Done.'] },
  );
  const result = streamText({
    model,
    tools: ctx.tools.aiSdk,
    prompt: 'where?',
    stopWhen: stepCountIs(10),
  });
  let text = '';
  for await (const delta of result.textStream) text += delta;

  expect(text).toBe('Let me ask.Done.');
  expect(recorded.asked).toEqual(['Which city?']);
  expect(recorded.progress).toEqual(['Writing…']);
  expect([...recorded.artifacts.values()]).toEqual([
    {
      artifactId: 'artifact-1',
      name: 'city.json',
      parts: [{ data: { city: 'Lisbon' }, mediaType: 'application/json' }],
    },
  ]);
  expect(recorded.endings).toEqual([{ state: 'completed', message: 'It is Lisbon.' }]);
  expect(resultsIn((await result.response).messages)).toEqual([
    'Lisbon',
    'The task is working.',
    'Saved "city.json" as artifact artifact-1.',
    'The task ends as completed.',
  ]);
});

test('generateText stops when the model has ended the task', async () => {
  const { ctx, recorded } = context();
  const model = scriptedModel(
    { calls: [status({ status: 'TASK_STATE_REJECTED', message: 'not for me' })] },
    { texts: ['never asked for'] },
  );
  await generateText({
    model,
    tools: ctx.tools.aiSdk,
    prompt: 'please',
    stopWhen: [stepCountIs(10), () => ctx.tools.hasEnded],
  });
  expect(recorded.endings).toEqual([{ state: 'rejected', message: 'not for me' }]);
  expect(model.doGenerateCalls).toHaveLength(1);
});

test('a call that is refused is a result that the model reads, and it can mend it', async () => {
  const { ctx, recorded } = context();
  const model = scriptedModel(
    { calls: [status({ status: 'input_required' }), status({ status: 'finished' })] },
    { calls: [status({ status: 'completed', message: null })] },
    { texts: ['ok'] },
  );
  const { response, text } = await generateText({
    model,
    tools: ctx.tools.aiSdk,
    prompt: 'please',
    stopWhen: stepCountIs(10),
  });
  const [first, second] = resultsIn(response.messages);
  expect([first, second].sort()).toEqual([
    expect.stringContaining('message: input_required needs one'),
    expect.stringContaining('must be one of submitted, working'),
  ]);
  expect(text).toBe('ok');
  expect(recorded.endings).toEqual([{ state: 'completed' }]);
});

test('the model is offered the same JSON Schema as any other', async () => {
  const { ctx } = context();
  const model = scriptedModel({ texts: ['hello'] });
  await generateText({ model, tools: ctx.tools.aiSdk, prompt: 'please' });
  const offered = model.doGenerateCalls[0]?.tools?.map((tool) =>
    tool.type === 'function' ? [tool.name, tool.description, tool.inputSchema] : [],
  );
  const dialect = { $schema: 'http://json-schema.org/draft-07/schema#' };
  expect(offered).toEqual(
    ctx.tools.definitions.map(({ name, description, parameters }) => [
      name,
      description,
      { ...dialect, ...parameters },
    ]),
  );
});

describe('a model whose turns are steps (docs/skills.md)', () => {
  const durable = (ctx: SkillContext, model: LanguageModelV3) =>
    wrapLanguageModel({
      model,
      middleware: {
        specificationVersion: 'v3',
        wrapGenerate: ({ doGenerate }) =>
          ctx.step('model', async () => {
            const { content, finishReason, usage, warnings } = await doGenerate();
            return { content, finishReason, usage, warnings };
          }),
      },
    });

  const END = {
    texts: ['Two ', 'words.'],
    calls: [status({ status: 'completed', message: 'done' })],
  };
  // The second turn may be under way when the worker dies: then it is asked for once more.
  const SCRIPT = [{ calls: [artifact({ name: 'a', content: '1' })] }, END, END];

  const run = (ctx: SkillContext, model: LanguageModelV3) =>
    generateText({
      model: durable(ctx, model),
      tools: ctx.tools.aiSdk,
      prompt: 'please',
      stopWhen: () => ctx.tools.hasEnded,
    });

  test('a later run asks for no turn that was finished, and does the same', async () => {
    const model = scriptedModel(...SCRIPT);
    const skill = {
      ...{ id: 'agent', name: 'agent', description: 'an agent', tags: ['test'] },
      run: async (ctx: SkillContext) => completed((await run(ctx, model)).text),
    };
    // Behind the artifact, which the first turn has saved.
    const told = await testSkill(skill, 'please', { crashAt: 3 });
    expect(told.runs).toBe(2);
    const openings = model.doGenerateCalls.filter(({ prompt }) => prompt.length === 1);
    expect(openings).toHaveLength(1);
    expect([told.state, told.message]).toEqual(['completed', 'done']);
    expect(told.artifacts).toEqual({ a: '1' });
    expect(told.events).toHaveLength(4);
  });
});
