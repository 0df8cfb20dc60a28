// `update_status`: how a model tells where its task stands, asks for what it needs, and ends it.

import { z } from 'zod';
import type { SkillContext, SkillResult } from '../skill';
import { readArguments, refusal, withoutNulls } from './arguments';
import { textOfParts } from './message-text';

/** The states of a task as the underscore spelling has them. */
const STATUSES = [
  'submitted',
  'working',
  'input_required',
  'auth_required',
  'completed',
  'failed',
  'rejected',
  'canceled',
] as const;
type Status = (typeof STATUSES)[number];

const ENDINGS = ['completed', 'failed', 'rejected', 'canceled'] as const;
type Ending = (typeof ENDINGS)[number];

export const UPDATE_STATUS =
  'Tells the caller where the task stands. "working" reports progress. "input_required" asks the caller the question in ' +
  '`message` and returns the answer; "auth_required" asks for credentials in the same way. "completed", "failed", ' +
  '"rejected" and "canceled" end the task for good: use one of them last.';

export const updateStatusArguments = z.preprocess(
  withoutNulls,
  z.object({
    status: z
      .preprocess(toStatus, z.enum(STATUSES, `must be one of ${STATUSES.join(', ')}`))
      .describe('The new status of the task.'),
    message: z
      .string('must be a string')
      .optional()
      .describe('What the caller is told: the progress, the question, the result or the reason.'),
  }),
);

/** How a task ends. */
export type EndedResult = Extract<SkillResult, { readonly state: unknown }>;

/**
 * Resolves with what the model is told.
 * @param end ends the task, whatever comes after it.
 * @throws SkillError that says what is wrong with the arguments.
 */
export async function updateStatus(
  ctx: Pick<SkillContext, 'progress' | 'ask' | 'requireAuth'>,
  end: (result: EndedResult) => Promise<void>,
  args: unknown,
): Promise<string> {
  const { status, message } = readArguments(updateStatusArguments, args);
  const said = message?.trim() === '' ? undefined : message;
  switch (status) {
    case 'working':
    case 'submitted':
      if (said !== undefined) await ctx.progress(said);
      if (status === 'working') return 'The task is working.';
      return 'A task cannot go back to submitted: it stays working.';
    case 'input_required':
      return textOfParts((await ctx.ask(required(status, said))).parts);
    case 'auth_required':
      return textOfParts((await ctx.requireAuth(required(status, said))).parts);
    case 'completed':
    case 'failed':
    case 'rejected':
    case 'canceled':
      await end(endingOf(status, said));
      return `The task ends as ${status}.`;
  }
}

/** The status that a call of this tool asks for; undefined where it will be refused. */
export function statusIn(args: unknown): Status | undefined {
  try {
    return readArguments(updateStatusArguments, args).status;
  } catch {
    return undefined;
  }
}

export function isEnding(status: Status | undefined): boolean {
  return ENDINGS.some((ending) => ending === status);
}

/** Both spellings of A2A, and the names of its enumeration. */
function toStatus(said: unknown): unknown {
  if (typeof said !== 'string') return said;
  const name = said.trim().toLowerCase().replaceAll('-', '_');
  return name.replace(/^task_state_/, '').replace(/^cancelled$/, 'canceled');
}

function required(status: Status, message: string | undefined): string {
  if (message !== undefined) return message;
  throw refusal(`message: ${status} needs one that says what the caller should give`);
}

function endingOf(state: Ending, message: string | undefined): EndedResult {
  if (state === 'failed' || state === 'rejected') {
    return { state, message: message ?? `The agent ended the task as ${state}.` };
  }
  return { state, ...(message === undefined ? {} : { message }) };
}
