// What the model is shown: the instructions, the message that started the task, and what has happened since.

import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import type { ContentPart, Message } from '../../skill';
import { textOfPart } from '../../tools/message-text';
import type { ModelTurn, ToolCall } from './model-turn';

interface Opening {
  /** The system prompt; absent: none. */
  readonly instructions: string | undefined;
  readonly takesImages: boolean;
}

/**
 * Grows with each turn and is the same in every run. It is not read from the task's history, which has more in
 * it each time: what the agent reports and asks, and the answers, stand here as calls of tools and their results.
 */
export class Conversation {
  private readonly messages: LanguageModelV3Message[];

  constructor(message: Message<ContentPart>, { instructions, takesImages }: Opening) {
    this.messages = [
      ...(instructions === undefined ? [] : [{ role: 'system', content: instructions } as const]),
      { role: 'user', content: contentOf(message.parts, takesImages) },
    ];
  }

  get prompt(): LanguageModelV3Prompt {
    return [...this.messages];
  }

  /** What the model said and called. */
  addTurn({ text, reasoning, calls }: ModelTurn): void {
    this.messages.push({
      role: 'assistant',
      content: [
        // Some models refuse to go on without the reasoning behind their calls.
        ...(reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning } as const]),
        ...(text === '' ? [] : [{ type: 'text', text } as const]),
        ...calls.map((call) => ({
          type: 'tool-call' as const,
          ...headOf(call),
          input: inputOf(call),
          ...(call.signature && {
            providerOptions: { google: { thoughtSignature: call.signature } },
          }),
        })),
      ],
    });
  }

  addResult(call: ToolCall, text: string): void {
    const output = { type: 'text', value: text } as const;
    this.messages.push({
      role: 'tool',
      content: [{ type: 'tool-result', ...headOf(call), output }],
    });
  }
}

function headOf({ id, name }: ToolCall): {
  readonly toolCallId: string;
  readonly toolName: string;
} {
  return { toolCallId: id, toolName: name };
}

/** The arguments go back as they came; servers refuse to see again what is not JSON. */
function inputOf({ input }: ToolCall): unknown {
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return {};
  }
}

type Shown = LanguageModelV3TextPart | LanguageModelV3FilePart;

/** Texts that follow each other in one piece: some servers take a plain string only. */
function contentOf(parts: readonly ContentPart[], takesImages: boolean): Shown[] {
  const shown: Shown[] = [];
  for (const part of parts) {
    const image = takesImages ? imageOf(part) : undefined;
    const last = shown.at(-1);
    if (image !== undefined) shown.push(image);
    else if (last?.type === 'text') last.text += `\n${textOfPart(part)}`;
    else shown.push({ type: 'text', text: textOfPart(part) });
  }
  return shown;
}

function imageOf(part: ContentPart): LanguageModelV3FilePart | undefined {
  const { mediaType } = part;
  if (mediaType === undefined || !/^image\//i.test(mediaType)) return undefined;
  if ('raw' in part) return { type: 'file', mediaType, data: part.raw };
  if (!('url' in part) || !URL.canParse(part.url)) return undefined;
  return { type: 'file', mediaType, data: new URL(part.url) };
}
