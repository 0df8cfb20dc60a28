// How a workflow's newest run ended: one small call whatever its length, because it asks for the last event alone.

import { temporal } from '@temporalio/proto';
import { fromEnding } from './history';
import type { HistorySource } from './history';

const CLOSE_EVENT =
  temporal.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT;

export type RunEnd =
  | { readonly kind: 'completed'; readonly result: unknown }
  /** The server ended the run without the workflow's say. */
  | { readonly kind: 'ended'; readonly state: 'failed' | 'canceled'; readonly reason: string };

/**
 * Undefined while the run is open.
 * @param waitNewEvent waits for the end, up to 20 s (the server's bound).
 */
export async function readRunEnd(
  { client, decode, workflowId }: HistorySource,
  waitNewEvent: boolean,
): Promise<RunEnd | undefined> {
  const page = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId },
    historyEventFilterType: CLOSE_EVENT,
    waitNewEvent,
  });
  const event = page.history?.events?.at(-1);
  const step = event && fromEnding(event);
  if (step?.kind === 'end') {
    const payloads = event?.workflowExecutionCompletedEventAttributes?.result?.payloads;
    return { kind: 'completed', result: await decode(payloads?.[0]) };
  }
  return step?.kind === 'record' && step.recorded.kind === 'ended' ? step.recorded : undefined;
}
