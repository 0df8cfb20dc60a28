// How fast a client that comes back is told what it has missed, beside a program that only reads the history.

import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { openClient } from '../../src/temporal/connection';
import { progressSignal } from '../../src/workflows/contract';
import type { Batch } from '../../src/workflows/emission';
import { A2aClient } from '../a2a-client';
import type { Bench } from '../bench';
import { startProgram } from '../processes';

/** Begins each frame that has a number. */
const FRAME = '\nid: ';

/** A task that has ended. */
export interface LongTask {
  readonly id: string;
  /** What its skill said; the task itself, its beginning and its end are events, too. */
  readonly said: number;
}

export class Resuming {
  private readonly client: A2aClient;
  private readonly bare: Client;

  private constructor(client: A2aClient, bare: Client) {
    this.client = client;
    this.bare = bare;
  }

  static async open(bench: Bench): Promise<Resuming> {
    const { temporal } = bench;
    const taskQueue = 'resuming';
    const worker = await startProgram({ role: 'worker', temporal, taskQueue });
    bench.defer(() => worker.close());
    const gateway = await startProgram({ role: 'gateway', temporal, taskQueue });
    bench.defer(() => gateway.close());
    const client = new A2aClient(gateway.url);
    bench.defer(() => client.close());
    // The plain client but for the size of what it takes: pages come to more than its 4 MiB.
    const { address } = temporal;
    const bare = openClient({ connection: { address }, client: { namespace: 'default' } });
    bench.defer(() => bare.connection.close());
    return new Resuming(client, bare);
  }

  async makeTask(said: number): Promise<LongTask> {
    const { id, status } = await this.client.send('events', [{ data: { count: said } }]);
    if (status.state !== 'TASK_STATE_COMPLETED') throw new Error(`the task is ${status.state}`);
    return { id, said };
  }

  /** Has the last so many events sent, and the end behind them. Default: all. */
  async resume({ id, said }: LongTask, last = said): Promise<void> {
    // The task itself is the first event, that it works the second, its end the last.
    const cursor = said + 2 - last;
    const stream = await this.client.open(id, cursor);
    let [frames, tail] = [0, ''];
    stream.setEncoding('latin1');
    for await (const chunk of stream) {
      const text = tail + String(chunk);
      frames += text.split(FRAME).length - 1;
      tail = text.slice(1 - FRAME.length);
    }
    if (frames !== last + 1) throw new Error(`${frames} events came instead of ${last + 1}`);
  }

  /** Reads and parses all that was said, and does nothing with it. */
  async read({ id, said }: LongTask): Promise<void> {
    const count = await this.countSaid(['default', 'anonymous', id].join('/'));
    if (count !== said) throw new Error(`${count} events are recorded instead of ${said}`);
  }

  private async countSaid(workflowId: string): Promise<number> {
    let count = 0;
    for await (const { emissions } of this.batchesOf(workflowId)) {
      for (const emission of emissions) {
        if (emission.kind === 'progress') count += 1;
        // The rest of a long stream is in a log.
        if (emission.kind === 'moved') count += await this.countSaid(emission.log);
      }
    }
    return count;
  }

  private async *batchesOf(workflowId: string): AsyncGenerator<Batch> {
    const { workflowService, options } = this.bare;
    let nextPageToken: Uint8Array | undefined;
    let runId = await this.firstRunOf(workflowId);
    do {
      const page = await workflowService.getWorkflowExecutionHistory({
        namespace: options.namespace,
        execution: { workflowId, runId },
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      });
      ({ nextPageToken } = page);
      for (const event of page.history?.events ?? []) {
        const signaled = event.workflowExecutionSignaledEventAttributes;
        const payload = signaled?.input?.payloads?.[0];
        if (payload && signaled.signalName === progressSignal.name) {
          yield defaultPayloadConverter.fromPayload<Batch>(payload);
        }
        const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
        if (next) [runId, nextPageToken] = [next, undefined];
      }
    } while (nextPageToken === undefined || nextPageToken.length > 0);
  }

  private async firstRunOf(workflowId: string): Promise<string> {
    const { raw } = await this.bare.workflow.getHandle(workflowId).describe();
    return raw.workflowExecutionInfo?.firstRunId ?? '';
  }
}
