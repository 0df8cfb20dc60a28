// What a task in memory has recorded, folded as readers of a real history fold it, and who waits for more of it.

import { randomUUID } from 'node:crypto';
import type { Recorded } from '../workflows/recorded';
import { isTerminal, type Message, type Task, type TaskEvent } from '../workflows/task';
import { foldTask } from '../workflows/task-state';
import type { TaskFold } from '../workflows/task-fold';

export class MemoryHistory {
  readonly events: TaskEvent[] = [];
  /** How the task has stood, after each record before its end. */
  readonly folds: TaskFold[] = [];
  private folded: TaskFold | undefined;
  private readonly onMessage = new Set<() => void>();

  get fold(): TaskFold {
    if (this.folded === undefined) throw new Error('the task has not begun');
    return this.folded;
  }

  get task(): Task {
    return this.fold.task;
  }

  get hasUnread(): boolean {
    return this.fold.followUps.length > this.fold.read;
  }

  record(recorded: Recorded): void {
    const { fold, events } = foldTask(this.folded, recorded);
    if (!isTerminal(fold.task.status.state)) this.folds.push(fold);
    this.folded = fold;
    this.events.push(...events);
  }

  recordMessage(message: Message): void {
    this.record({ kind: 'message', message, updateId: randomUUID() });
    for (const wake of this.onMessage) wake();
  }

  /** The follow-up of this number, counted from 0, when it has come; rejects with the reason of `signal`. */
  async followUp(followUp: number, signal: AbortSignal): Promise<Message> {
    for (;;) {
      signal.throwIfAborted();
      const said = this.task.history.filter(({ role }) => role === 'ROLE_USER')[followUp + 1];
      if (said !== undefined) return said;
      await new Promise<void>((resolve) => {
        this.onMessage.add(resolve);
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    }
  }
}
