// Where another try of a task begins: how many entries of its journal it keeps. Pure; docs/recovery.md has the rule.

import type { JournalEntry } from '../workflows/journal';
import { TaskError, TaskErrorReason } from '../temporal/task-error';

/** An error's text that is shorter stands in others by chance. */
const QUOTED_MIN = 8;

/** Ids that an error names; a journal may have thousands. */
const IDS_TOLD = 20;

export interface RetryReason {
  readonly fromStep?: string;
  /** Steps whose errors ended the task. */
  readonly failedSteps: readonly string[];
  /** What the task's last status says; empty when it did not fail. */
  readonly reason: string;
}

/**
 * All of them, where the step that ended the task is not among them: it runs again. Those before a step whose
 * failure is recorded, because the skill went on after it, and is what the task then failed of: whatever
 * was done after it was done about it. Those before `fromStep`, if there is one.
 * @throws TaskError `invalid` for a step that the task did not come to.
 */
export function cutOf(
  entries: readonly JournalEntry[],
  { fromStep, failedSteps, reason }: RetryReason,
): number {
  if (fromStep !== undefined) return cutBefore(fromStep, entries, failedSteps);
  if (failedSteps.length > 0) return entries.length;
  const cause = entries.findLastIndex(
    (entry) => entry.kind === 'failed' && isQuoted(entry.error.message, reason),
  );
  return cause < 0 ? entries.length : cause;
}

function cutBefore(
  step: string,
  entries: readonly JournalEntry[],
  failedSteps: readonly string[],
): number {
  const at = entries.findIndex((entry) => entry.kind !== 'mark' && entry.id === step);
  if (at >= 0) return at;
  if (failedSteps.includes(step)) return entries.length;
  const ids = entries.flatMap((entry) => (entry.kind === 'mark' ? [] : [entry.id]));
  const known = [...ids, ...failedSteps];
  const told = known.slice(-IDS_TOLD).join(', ');
  const text =
    known.length === 0
      ? 'the task did not come to any step'
      : `the task did not come to it; its ${known.length > IDS_TOLD ? 'last ' : ''}steps are: ${told}`;
  throw new TaskError(TaskErrorReason.invalid, `fromStep: "${step}": ${text}`);
}

function isQuoted(error: string, reason: string): boolean {
  return error.length < QUOTED_MIN ? error === reason : reason.includes(error);
}
