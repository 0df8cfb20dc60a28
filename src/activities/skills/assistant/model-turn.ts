// One turn of the model: a request, what it streams back, and patience with an endpoint that is busy.

import type {
  LanguageModelV3,
  LanguageModelV3Prompt,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
} from '@ai-sdk/provider';
import { setTimeout as delay } from 'node:timers/promises';
import { SkillError } from '../../skill';
import type { ToolDefinition } from '../../tools/contract';
import { ModelFault, toModelFault } from './model-fault';

/** A call of a tool as the model made it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as a rule: what the model wrote. */
  readonly input: string;
  /** Of the thoughts behind the call: Google's models refuse to go on without it. */
  readonly signature?: string;
}

/** What a turn came to; it is journaled. */
export interface ModelTurn {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
  /** Why the model stopped, in the words of the AI SDK: `stop`, `length`, `content-filter`, `tool-calls`, `other`. */
  readonly finish: string;
}

export interface Endpoint {
  readonly model: LanguageModelV3;
  /** Silence after which an answer counts as lost, in milliseconds. */
  readonly silenceMs: number;
  readonly apiKey: string | undefined;
}

interface Request {
  readonly prompt: LanguageModelV3Prompt;
  readonly tools: readonly ToolDefinition[];
  readonly signal: AbortSignal;
}

/** The name under which the AI SDK keeps what only this provider says. */
export const PROVIDER = 'assistant';

/** With the waits between them they bridge half a minute: an endpoint that is started again. */
const TRIES = 6;
const WAIT_MS = 1_000;

/** An endpoint that wants to be left alone for longer (a quota that is used up) is not waited for. */
const WAIT_MAX_MS = 300_000;

/**
 * Asks until the model answers. What it says is told as it comes, so an answer that breaks off after that is
 * not asked for again here: the next attempt of the skill does, and what it says takes the old one's place.
 * @throws SkillError that says what the endpoint said.
 */
export async function takeTurn(
  endpoint: Endpoint,
  request: Request,
  say: (text: string) => Promise<void>,
): Promise<ModelTurn> {
  for (let tried = 1; ; tried += 1) {
    let hasSpoken = false;
    try {
      return await listen(partsOf(endpoint, request), (text) => {
        hasSpoken ||= text !== '';
        return say(text);
      });
    } catch (err) {
      if (!(err instanceof ModelFault)) throw err;
      if (!err.isPassing) throw new SkillError(err.message, { retryable: false });
      if (hasSpoken) throw new SkillError(err.message, { retryable: true });
      await delay(waitAfter(err, tried), undefined, { signal: request.signal });
    }
  }
}

/** @throws SkillError when there is nothing to wait for. */
function waitAfter({ message, retryAfterMs }: ModelFault, tried: number): number {
  if (tried === TRIES) {
    throw new SkillError(`${message} (asked ${String(TRIES)} times)`, { retryable: false });
  }
  const waitMs = retryAfterMs ?? WAIT_MS * 2 ** (tried - 1);
  if (waitMs <= WAIT_MAX_MS) return waitMs;
  const seconds = String(Math.ceil(waitMs / 1_000));
  throw new SkillError(`${message} (to be asked again in ${seconds} s)`, { retryable: false });
}

async function listen(
  parts: AsyncIterable<LanguageModelV3StreamPart>,
  say: (text: string) => Promise<void>,
): Promise<ModelTurn> {
  const calls: ToolCall[] = [];
  let text = '';
  let reasoning = '';
  let finish = 'other';
  for await (const part of parts) {
    if (part.type === 'text-delta') {
      text += part.delta;
      await say(part.delta);
    } else if (part.type === 'reasoning-delta') {
      reasoning += part.delta;
    } else if (part.type === 'tool-call') {
      calls.push(toToolCall(part));
    } else if (part.type === 'finish') {
      finish = part.finishReason.unified;
    }
  }
  return { text, reasoning, calls, finish };
}

function toToolCall({
  toolCallId: id,
  toolName: name,
  input,
  providerMetadata,
}: LanguageModelV3ToolCall): ToolCall {
  const signature = providerMetadata?.[PROVIDER]?.['thoughtSignature'];
  return { id, name, input, ...(typeof signature === 'string' && { signature }) };
}

/**
 * What the endpoint streams. Leaving the loop closes the connection.
 * @throws ModelFault; what the signal was aborted with.
 */
async function* partsOf(
  { model, silenceMs, apiKey }: Endpoint,
  { prompt, tools, signal }: Request,
): AsyncGenerator<LanguageModelV3StreamPart> {
  const hangUp = new AbortController();
  const silent = new ModelFault(`the model was silent for ${String(silenceMs / 1_000)} s`, true);
  const withinSilence = async <T>(answer: PromiseLike<T>): Promise<T> => {
    const timer = setTimeout(() => hangUp.abort(silent), silenceMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    const { stream } = await withinSilence(
      model.doStream({
        prompt,
        tools: tools.map(({ name, description, parameters }) => ({
          type: 'function',
          name,
          description,
          inputSchema: parameters,
        })),
        abortSignal: AbortSignal.any([signal, hangUp.signal]),
      }),
    );
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await withinSilence(reader.read());
      if (done) return;
      if (value.type === 'error') throw value.error;
      yield value;
    }
  } catch (err) {
    signal.throwIfAborted();
    throw toModelFault(hangUp.signal.aborted ? silent : err, apiKey);
  } finally {
    hangUp.abort();
  }
}
