// The AI SDK's mock model, speaking by a script: one entry for each turn that it is asked for.

import type {
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { simulateReadableStream } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

export interface ScriptedTurn {
  readonly reasoning?: string;
  /** In these pieces. */
  readonly texts?: readonly string[];
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
  /** Default: `tool-calls` after a call, else `stop`. */
  readonly finish?: LanguageModelV3FinishReason['unified'];
  /** Comes in the stream instead of the end. */
  readonly breaksWith?: unknown;
}

/** An error is thrown in place of an answer. */
type Script = readonly (ScriptedTurn | Error)[];

const TOKENS = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
const USAGE = { inputTokens: TOKENS, outputTokens: { total: 1, text: 1, reasoning: 0 } };

/** Asked more often than the script has turns, it throws. */
export function scriptedModel(...script: Script): MockLanguageModelV3 {
  let asked = 0;
  const next = (): ScriptedTurn => {
    const turn = script[asked];
    asked += 1;
    if (turn === undefined) throw new Error(`the script has no turn ${String(asked)}`);
    if (turn instanceof Error) throw turn;
    return turn;
  };
  return new MockLanguageModelV3({
    doStream: async () => ({ stream: simulateReadableStream({ chunks: streamOf(next()) }) }),
    doGenerate: async () => generatedFrom(next()),
  });
}

function streamOf(turn: ScriptedTurn): LanguageModelV3StreamPart[] {
  const { reasoning, texts = [], breaksWith } = turn;
  return [
    { type: 'stream-start', warnings: [] },
    ...(reasoning === undefined
      ? []
      : [
          { type: 'reasoning-start' as const, id: 'r' },
          { type: 'reasoning-delta' as const, id: 'r', delta: reasoning },
          { type: 'reasoning-end' as const, id: 'r' },
        ]),
    ...(texts.length === 0
      ? []
      : [
          { type: 'text-start' as const, id: 't' },
          ...texts.map((delta) => ({ type: 'text-delta' as const, id: 't', delta })),
          { type: 'text-end' as const, id: 't' },
        ]),
    ...callsOf(turn),
    breaksWith === undefined
      ? { type: 'finish', finishReason: finishOf(turn), usage: USAGE }
      : { type: 'error', error: breaksWith },
  ];
}

function generatedFrom(turn: ScriptedTurn): LanguageModelV3GenerateResult {
  const text = (turn.texts ?? []).join('');
  const content: LanguageModelV3Content[] = [
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...callsOf(turn),
  ];
  return { content, finishReason: finishOf(turn), usage: USAGE, warnings: [] };
}

function callsOf({ calls = [] }: ScriptedTurn) {
  return calls.map(({ name, input }, index) => ({
    type: 'tool-call' as const,
    toolCallId: `call-${String(index + 1)}`,
    toolName: name,
    input: typeof input === 'string' ? input : JSON.stringify(input),
  }));
}

function finishOf({ calls = [], finish }: ScriptedTurn): LanguageModelV3FinishReason {
  const unified = finish ?? (calls.length > 0 ? 'tool-calls' : 'stop');
  return { unified, raw: unified };
}
