// Whose histories (j) counts: a task that says progress, with so many who follow it.

import { randomUUID } from 'node:crypto';
import { A2aClient } from '../a2a-client';
import type { Bench } from '../bench';
import type { Ticks } from '../peers/contract';
import { itemsOf } from '../peers/readers';
import { startPeerWorker, startProgram } from '../processes';

export interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** Runs one task with so many subscribers to its end. Resolves with its workflow's id. */
  run(ticks: Ticks, subscribers: number): Promise<string>;
}

export async function openOurs(bench: Bench): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: 'costs' });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  const workflowIdOf = (taskId: string): string => ['default', 'anonymous', taskId].join('/');
  return {
    name: 'Longhaul',
    meaning:
      'A skill that says progress; subscribers of its task over HTTP, by SendStreamingMessage and ' +
      'SubscribeToTask. Without subscribers a blocking SendMessage waits for it.',
    async run(ticks, subscribers) {
      if (subscribers === 0)
        return workflowIdOf((await client.send('clock', [{ data: ticks }])).id);
      let taskId = '';
      for await (const { task } of client.stream('clock', [{ data: ticks }])) {
        if (task === undefined || taskId !== '') continue;
        taskId = task.id;
        const others = Array.from({ length: subscribers - 1 }, () => client.subscribe(taskId));
        await Promise.all(others);
      }
      return workflowIdOf(taskId);
    },
  };
}

export async function openStreams(bench: Bench): Promise<Contender> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare-costs';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  return {
    name: 'workflow-streams 1.23.0',
    meaning:
      'A publisher in an activity with `forceFlush`, subscribers in a client. One timer of a task keeps ' +
      "the workflow open for the subscribers' last poll.",
    async run(ticks, subscribers) {
      const workflowId = randomUUID();
      const options = { workflowId, taskQueue, args: [ticks] };
      const handle = await client.workflow.start('clockStreamWorkflow', options);
      const subscribe = async (): Promise<void> => {
        let left = ticks.count;
        for await (const _ of itemsOf(client, workflowId, undefined)) {
          left -= 1;
          if (left === 0) break;
        }
      };
      await Promise.all(Array.from({ length: subscribers }, subscribe));
      await handle.result();
      return workflowId;
    },
  };
}
