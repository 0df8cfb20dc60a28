// A conversation with a language model behind any OpenAI-compatible endpoint: streamed, durable, with tools.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV3 } from '@ai-sdk/provider';
import {
  completed,
  defineSkill,
  failed,
  type Skill,
  type SkillContext,
  type SkillResult,
} from '../../skill';
import { isEnding, statusIn } from '../../tools/update-status';
import type { ToolAnswer } from '../../tools/contract';
import { Answer } from './answer';
import { Conversation } from './conversation';
import { fetchEvents } from './model-fault';
import { PROVIDER, takeTurn, type Endpoint, type ModelTurn, type ToolCall } from './model-turn';

export interface AssistantSettings {
  /** Up to and with the version, e.g. `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token; undefined for endpoints that want none. */
  readonly apiKey: string | undefined;
  /** The system prompt; undefined: none. */
  readonly instructions: string | undefined;
  /** Turns of the model between two messages of the caller. */
  readonly maxIterations: number;
  /** Whether the model looks at images; if not, messages with one are refused. */
  readonly takesImages: boolean;
  /** Silence of the endpoint after which it is asked again, in milliseconds. */
  readonly silenceMs: number;
}

/** An answer up to this is the status message too: there are clients that show nothing else. */
const MESSAGE_BYTES = 4_096;

/** What the APIs of models allow. */
const TOOL_NAME_MAX = 64;

/** @param model behind the settings' endpoint, unless it is given. */
export function createAssistant(
  settings: AssistantSettings,
  model: LanguageModelV3 = openModel(settings),
): Skill {
  const { silenceMs, apiKey, takesImages } = settings;
  const endpoint = { model, silenceMs, apiKey };
  return defineSkill({
    id: 'assistant',
    name: 'Assistant',
    description: 'Answers in text with a language model, which may ask back and save artifacts.',
    tags: ['assistant', 'llm'],
    examples: ['Explain how tides work'],
    inputModes: ['text/*', 'application/json', ...(takesImages ? ['image/*'] : [])],
    outputModes: ['text/markdown', 'text/plain'],
    accepts: () => true,
    run: (ctx) => converse(ctx, settings, endpoint),
  });
}

function openModel({ baseUrl, model, apiKey }: AssistantSettings): LanguageModelV3 {
  const key = apiKey === undefined ? {} : { apiKey };
  const options = { name: PROVIDER, baseURL: baseUrl, fetch: fetchEvents, ...key };
  return createOpenAICompatible(options).chatModel(model);
}

async function converse(
  ctx: SkillContext,
  settings: AssistantSettings,
  endpoint: Endpoint,
): Promise<SkillResult> {
  const answer = new Answer(ctx);
  const conversation = new Conversation(ctx.message, settings);
  const { maxIterations } = settings;
  for (let left = maxIterations; left > 0; left -= 1) {
    const turn = await journaledTurn(ctx, { endpoint, conversation, answer });
    conversation.addTurn(turn);
    if (turn.calls.length === 0) {
      await answer.finish();
      return endingOf(turn, left === maxIterations);
    }
    for (const call of turn.calls) {
      if (await isAnswered(ctx, call, { conversation, answer })) left = maxIterations + 1;
    }
    if (ctx.tools.hasEnded) return completed();
  }
  await answer.finish();
  return failed(`the model did not come to an end in ${String(maxIterations)} turns`);
}

/** Of a step: a model may call anything. */
function nameOf({ name }: ToolCall): string {
  return name.slice(0, TOOL_NAME_MAX) || 'tool';
}

/** @param isFirst since the caller last had a say. */
function endingOf({ text, finish }: ModelTurn, isFirst: boolean): SkillResult {
  if (finish === 'content-filter')
    return failed("the provider's content filter stopped the answer");
  if (finish === 'length') return completed('The answer is cut off at the limit of the model.');
  if (text === '') return isFirst ? failed('the model gave an empty answer') : completed();
  if (Buffer.byteLength(text) <= MESSAGE_BYTES) return completed(text);
  return completed('The answer is in the artifact "answer".');
}

interface Dialogue {
  readonly conversation: Conversation;
  readonly answer: Answer;
}

/** Once it has come to its end no run asks for it again, and what it said stays said. */
async function journaledTurn(
  ctx: SkillContext,
  { endpoint, conversation, answer }: Dialogue & { readonly endpoint: Endpoint },
): Promise<ModelTurn> {
  const { prompt } = conversation;
  const tools = ctx.tools.definitions;
  answer.openTurn();
  const turn = await ctx.step('model turn', ({ signal }) =>
    takeTurn(endpoint, { prompt, tools, signal }, (text) => answer.append(text)),
  );
  answer.closeTurn(turn.text);
  return turn;
}

/**
 * Executes a call, once: as a step, unless it asks the caller or ends the task, which a step that is not run
 * again could not.
 * @returns whether the caller has had a say.
 */
async function isAnswered(ctx: SkillContext, call: ToolCall, dialogue: Dialogue): Promise<boolean> {
  const status = call.name === 'update_status' ? statusIn(call.input) : undefined;
  const asks = status === 'input_required' || status === 'auth_required';
  // After an ending nothing is heard, and the artifact would stay open.
  if (isEnding(status) && !ctx.tools.hasEnded) await dialogue.answer.finish();
  const execute = (): Promise<ToolAnswer> => ctx.tools.call(call.name, call.input);
  const isOnce = !asks && !isEnding(status);
  const { text, isError } = await (isOnce ? ctx.step(nameOf(call), execute) : execute());
  dialogue.conversation.addResult(call, text);
  return !isError && asks;
}
