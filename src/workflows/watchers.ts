// The push workflows that wait for a task to go on: while it waits for its caller, no webhook follows it.

import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import { wakeSignal, type Watch } from './push-contract';

export class Watchers {
  private readonly waiting = new Set<string>();
  private readonly calls = new Set<Promise<unknown>>();

  constructor(waiting: readonly string[] = []) {
    for (const workflowId of waiting) this.waiting.add(workflowId);
  }

  /** For the next run of the task. */
  get ids(): readonly string[] {
    return [...this.waiting];
  }

  get areTold(): boolean {
    return this.calls.size === 0;
  }

  /** @param seq of the task's last event: a watcher that has not heard of it need not wait. */
  add({ workflowId, seq: heard }: Watch, seq: number): void {
    if (seq > heard) this.wake(workflowId);
    else this.waiting.add(workflowId);
  }

  wakeAll(): void {
    for (const workflowId of this.waiting) this.wake(workflowId);
    this.waiting.clear();
  }

  private wake(workflowId: string): void {
    const tell = (): Promise<void> => getExternalWorkflowHandle(workflowId).signal(wakeSignal);
    // Also of a cancel: its own scope sends nothing any more.
    const call = CancellationScope.nonCancellable(tell)
      // A webhook that was deleted meanwhile.
      .catch(() => undefined)
      .finally(() => this.calls.delete(call));
    this.calls.add(call);
  }
}
