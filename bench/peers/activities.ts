// The activities of the bare workflows: what Temporal's own client does, with nothing around it.

import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../monotonic';
import { CLOCK_TOPIC, SAID_SIGNAL, type Ticks } from './contract';

export const activities = {
  async doNothing(): Promise<number> {
    return 1;
  },

  async signalInOneGo(signals: number): Promise<void> {
    const handle = ownWorkflow();
    for (let i = 1; i <= signals; i += 1) await handle.signal(SAID_SIGNAL, `progress ${i}`);
  },

  async signalTime({ count, everyMs }: Ticks): Promise<void> {
    const handle = ownWorkflow();
    for (let i = 0; i < count; i += 1) {
      await delay(everyMs);
      await handle.signal(SAID_SIGNAL, String(monotonicMs()));
    }
  },

  async publishTime({ count, everyMs }: Ticks): Promise<void> {
    const stream = WorkflowStreamClient.fromWithinActivity();
    try {
      const topic = stream.topic<string>(CLOCK_TOPIC);
      for (let i = 0; i < count; i += 1) {
        if (everyMs > 0) await delay(everyMs);
        topic.publish(String(monotonicMs()), { forceFlush: true });
      }
    } finally {
      await stream[Symbol.asyncDispose]();
    }
  },
};

export type PeerActivities = typeof activities;

function ownWorkflow(): WorkflowHandle {
  const { client, info } = Context.current();
  const { workflowId, runId } = info.workflowExecution ?? { workflowId: '', runId: '' };
  return client.workflow.getHandle(workflowId, runId);
}
