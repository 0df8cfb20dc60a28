// How a client of the bare workflows hears of their emissions.

import { defaultPayloadConverter } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { WorkflowStreamClient } from '@temporalio/workflow-streams/client';
import { CLOCK_TOPIC } from './contract';

type Handle = ConstructorParameters<typeof WorkflowStreamClient>[0];

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** A workflow's history by the long poll, page by page. Ends with the workflow, and rejects when `signal` aborts. */
export async function* pagesOf(
  client: Client,
  workflowId: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly HistoryEvent[]> {
  let nextPageToken: Uint8Array | undefined;
  const read = (): ReturnType<typeof client.workflowService.getWorkflowExecutionHistory> =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId },
      waitNewEvent: true,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  do {
    const page = await (signal === undefined ? read() : client.withAbortSignal(signal, read));
    ({ nextPageToken } = page);
    yield page.history?.events ?? [];
  } while (nextPageToken.length > 0);
}

/** The text of each signal of a workflow, by the history long poll. Ends with the workflow. */
export async function* signalsOf(client: Client, workflowId: string): AsyncGenerator<string> {
  for await (const events of pagesOf(client, workflowId)) {
    for (const event of events) {
      const payload = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0];
      if (payload) yield defaultPayloadConverter.fromPayload<string>(payload);
    }
  }
}

/** The text of each item of a workflow stream. `pollCooldownMs` undefined: its default. */
export async function* itemsOf(
  client: Client,
  workflowId: string,
  pollCooldownMs: number | undefined,
): AsyncGenerator<string> {
  // The package brings its own release of the client along, so the types are another release's.
  const handle = client.workflow.getHandle(workflowId) as unknown as Handle;
  const topic = new WorkflowStreamClient(handle).topic<string>(CLOCK_TOPIC);
  const options = pollCooldownMs === undefined ? {} : { pollCooldown: pollCooldownMs };
  for await (const { data } of topic.subscribe(0, options)) yield data;
}
