// The bare workflows that ours is compared with; bundled by peers/worker.ts.

import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';
import { WorkflowStream } from '@temporalio/workflow-streams/workflow';
import type { PeerActivities } from './activities';
import { SAID_SIGNAL, type Ticks } from './contract';

const activities = proxyActivities<PeerActivities>({ startToCloseTimeout: '1 minute' });

/** The subscriber's last update must find the workflow open. */
const LINGER_MS = 1_000;

const saidSignal = defineSignal<[string]>(SAID_SIGNAL);

/** One activity that sends `signals` signals, one after the other. */
export async function bareWorkflow(signals: number): Promise<number> {
  let heard = 0;
  setHandler(saidSignal, () => {
    heard += 1;
  });
  await activities.signalInOneGo(signals);
  return heard;
}

/** So many activities that do nothing, one after the other. */
export async function sequenceWorkflow(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await activities.doNothing();
}

/** One activity that signals what time it is. */
export async function clockWorkflow(ticks: Ticks): Promise<number> {
  let heard = 0;
  setHandler(saidSignal, () => {
    heard += 1;
  });
  await activities.signalTime(ticks);
  return heard;
}

/** The same by `@temporalio/workflow-streams`. */
export async function clockStreamWorkflow(ticks: Ticks): Promise<void> {
  new WorkflowStream();
  await activities.publishTime(ticks);
  await sleep(LINGER_MS);
}

/** Says nothing, and stays open. */
export async function waitingWorkflow(): Promise<void> {
  await condition(() => false);
}

/** The same with a stream that can be subscribed to. */
export async function waitingStreamWorkflow(): Promise<void> {
  new WorkflowStream();
  await condition(() => false);
}
