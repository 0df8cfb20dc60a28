<<<<<<< HEAD
// The answer to a question with a schema: asked again, with the reason, until one fits.

import type { ContentPart, Message } from '../workflows/task';
import type { Say, Schema, SkillMessage } from './skill';

/** Resolves with what the schema makes of the data part of an answer, or else of its text. */
export async function askUntilItFits<T>(
  ask: (prompt: Say) => Promise<Message<ContentPart>>,
  prompt: Say,
  schema: Schema<T>,
): Promise<T> {
  let asked = prompt;
  for (;;) {
    const answer = await ask(asked);
    try {
      return schema.parse(valueOf(answer));
    } catch (err) {
      asked = withReason(prompt, await reasonOf(err));
    }
  }
}

function valueOf(answer: Message<ContentPart>): unknown {
=======
// What an answer to a question says to its schema, and what the next question says where it does not fit.

import { z } from 'zod';
import type { ContentPart, Message } from '../workflows/task';
import type { SkillMessage } from './skill';

/** The data part of an answer, or else its text. */
export function valueOf(answer: Message<ContentPart>): unknown {
>>>>>>> wt-recovery
  for (const part of answer.parts) if ('data' in part) return part.data;
  return answer.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

<<<<<<< HEAD
function withReason(prompt: Say, reason: string): SkillMessage {
  const { parts, ...rest } = typeof prompt === 'string' ? { parts: [{ text: prompt }] } : prompt;
  return { ...rest, parts: [{ text: `That does not fit: ${reason}` }, ...parts] };
}

async function reasonOf(err: unknown): Promise<string> {
  // Only here, because it would be a third of what a thread loads before it runs its skill.
  const { z } = await import('zod');
  return err instanceof z.ZodError ? z.prettifyError(err) : String(err);
=======
/** The question once more. */
export function withReason(prompt: SkillMessage, err: unknown): SkillMessage {
  const reason = err instanceof z.ZodError ? z.prettifyError(err) : String(err);
  return { ...prompt, parts: [{ text: `That does not fit: ${reason}` }, ...prompt.parts] };
>>>>>>> wt-recovery
}
