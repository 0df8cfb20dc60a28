// What a client waits for the next word of its task after a process was killed with SIGKILL.

import { startTestTemporal, type TestTemporal } from '../../test/harness/temporal';
import { A2aClient } from '../a2a-client';
import type { Bench } from '../bench';
import { monotonicMs } from '../monotonic';
import { startProgram, type BenchProcess } from '../processes';
import { Follower } from './follower';

const TASK_QUEUE = 'recovery';

/** Longer than any recovery; the task is canceled when it is over. */
const TICKS = { count: 1_000, everyMs: 100 } as const;

export type Kill = 'worker' | 'gateway' | 'other gateway' | 'temporal';

interface Stack {
  readonly temporal: TestTemporal;
  worker: BenchProcess;
  gateway: BenchProcess;
  /** Runs from the beginning to the end. */
  readonly other: BenchProcess;
}

export class Kills {
  private readonly stack: Stack;

  private constructor(stack: Stack) {
    this.stack = stack;
  }

  /** On a server of its own, which is to be killed. */
  static async open(bench: Bench): Promise<Kills> {
    const temporal = await startTestTemporal();
    bench.defer(() => temporal.close());
    const [worker, gateway, other] = await Promise.all([
      start('worker', temporal),
      start('gateway', temporal),
      start('gateway', temporal),
    ]);
    const stack: Stack = { temporal, worker, gateway, other };
    bench.defer(async () => {
      await Promise.all([stack.worker.close(), stack.gateway.close(), stack.other.close()]);
    });
    return new Kills(stack);
  }

  /** Seconds from the kill to the first word that was said after it, at the client. */
  async survive(kill: Kill): Promise<number> {
    const { stack } = this;
    const caller = new A2aClient(stack.other.url);
    const taskId = await caller.begin('clock', [{ data: TICKS }]);
    const urls = (): readonly string[] =>
      kill === 'other gateway' ? [stack.gateway.url, stack.other.url] : [stack.gateway.url];
    const follower = new Follower(taskId, urls);
    try {
      await follower.wordSince(0);
      const killedAt = monotonicMs();
      const heard = follower.wordSince(killedAt);
      await this.replace(kill);
      const { heardAt } = await heard;
      return (heardAt - killedAt) / 1_000;
    } finally {
      follower.leave();
      await caller.ask('CancelTask', { id: taskId });
      caller.close();
    }
  }

  /** Kills it, and starts it again at once. */
  private async replace(kill: Kill): Promise<void> {
    const { stack } = this;
    switch (kill) {
      case 'worker':
        await stack.worker.kill();
        stack.worker = await start('worker', stack.temporal);
        return;
      case 'gateway':
      case 'other gateway':
        await stack.gateway.kill();
        stack.gateway = await start('gateway', stack.temporal);
        return;
      case 'temporal':
        await stack.temporal.kill();
        await stack.temporal.restart();
        return;
    }
  }
}

function start(role: 'worker' | 'gateway', temporal: TestTemporal): Promise<BenchProcess> {
  return startProgram({ role, temporal, taskQueue: TASK_QUEUE });
}
