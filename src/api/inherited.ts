// What a task hands on to the next try of it, by how it stood where that one begins. Pure.

import type { Inherited } from '../workflows/recorded';
import type { TaskFold } from '../workflows/task-fold';
import { artifactsAtCheckpoint } from '../workflows/task-state';
import type { Message } from '../workflows/task';

export interface HandedOn {
  /** What was asked for. */
  readonly first: Message;
  /** Its journal is the caller's to bring. */
  readonly inherited: Omit<Inherited, 'journal'>;
}

/** @param taskId of the next task. */
export function handOn(fold: TaskFold, taskId: string): HandedOn {
  const [first, ...history] = readHistory(fold).map((said) => ({ ...said, taskId }));
  if (first === undefined) throw new Error('a task without its first message');
  // An artifact that began behind the journal's last entry is begun again.
  const artifacts = artifactsAtCheckpoint(fold).filter(({ parts }) => parts.length > 0);
  return { first, inherited: { history, artifacts } };
}

/** The conversation up to the last follow-up that was read. */
function readHistory({ task: { history }, read }: TaskFold): readonly Message[] {
  let left = read + 1;
  return history.filter(({ role }) => {
    if (left === 0) return false;
    if (role === 'ROLE_USER') left -= 1;
    return true;
  });
}
