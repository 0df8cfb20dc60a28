// What Temporal has recorded of a trial, read with a plain client.

import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { setTimeout as delay } from 'node:timers/promises';

const { HistoryEvent } = temporal.api.history.v1;

/** A page of a history may have 256 events of 256 KiB. */
const PAGE_BYTES = 134_217_728;

const POLL_MS = 100;

/** One run of one workflow. */
export interface RecordedRun {
  readonly workflowId: string;
  readonly events: number;
  /** Of its largest event as Temporal stores it. */
  readonly largestBytes: number;
  /** The kind of that event. */
  readonly largest: string;
}

/** Every run of every workflow that the server lists; the listing may be a moment late. */
export async function recordedRuns(address: string): Promise<readonly RecordedRun[]> {
  return withClient(address, async ({ workflow }) => {
    const runs: RecordedRun[] = [];
    for await (const { workflowId, runId } of workflow.list()) {
      const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
      const sizes = (events ?? []).map((event) => ({
        bytes: HistoryEvent.encode(event).finish().byteLength,
        kind: Object.keys(event).find((key) => key.endsWith('EventAttributes')) ?? '',
      }));
      const [largest] = sizes.toSorted((a, b) => b.bytes - a.bytes);
      const { bytes = 0, kind = '' } = largest ?? {};
      runs.push({ workflowId, events: sizes.length, largestBytes: bytes, largest: kind });
    }
    return runs;
  });
}

/** The ids of workflows that have not ended within `ms`; none when all have. */
export async function openAfter(address: string, ms: number): Promise<readonly string[]> {
  const deadline = Date.now() + ms;
  return withClient(address, async ({ workflow }) => {
    for (;;) {
      const open: string[] = [];
      const running = workflow.list({ query: 'ExecutionStatus = "Running"' });
      for await (const { workflowId } of running) open.push(workflowId);
      if (open.length === 0 || Date.now() > deadline) return open;
      await delay(POLL_MS);
    }
  });
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const channelArgs = { 'grpc.max_receive_message_length': PAGE_BYTES };
  const connection = await Connection.connect({ address, channelArgs });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
