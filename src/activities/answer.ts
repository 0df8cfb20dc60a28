// What an answer to a question says to its schema, and what the next question says where it does not fit.

import { z } from 'zod';
import type { ContentPart, Message } from '../workflows/task';
import type { SkillMessage } from './skill';

/** The data part of an answer, or else its text. */
export function valueOf(answer: Message<ContentPart>): unknown {
  for (const part of answer.parts) if ('data' in part) return part.data;
  return answer.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

/** The question once more. */
export function withReason(prompt: SkillMessage, err: unknown): SkillMessage {
  const reason = err instanceof z.ZodError ? z.prettifyError(err) : String(err);
  return { ...prompt, parts: [{ text: `That does not fit: ${reason}` }, ...prompt.parts] };
}
