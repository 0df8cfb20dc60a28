// What a history costs by Temporal Cloud's price list: https://docs.temporal.io/evaluate/cloud/actions

import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

const { EventType } = temporal.api.enums.v1;

type EventName = keyof typeof EventType;

/**
 * Billable actions of an event. The list names no update of a memo, so `WORKFLOW_PROPERTIES_MODIFIED` is
 * free here, though the server's own counter of actions counts it.
 */
const ACTIONS: Readonly<Partial<Record<EventName, (event: HistoryEvent) => number>>> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: () => 1,
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: () => 1,
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: () => 1,
  EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: () => 1,
  EVENT_TYPE_TIMER_STARTED: () => 1,
  // One event stands for all attempts: it is written when the last one has ended.
  EVENT_TYPE_ACTIVITY_TASK_STARTED: (event) =>
    event.activityTaskStartedEventAttributes?.attempt ?? 1,
  EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: () => 0,
  EVENT_TYPE_ACTIVITY_TASK_COMPLETED: () => 0,
  EVENT_TYPE_TIMER_FIRED: () => 0,
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: () => 0,
  EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED: () => 0,
  EVENT_TYPE_WORKFLOW_TASK_SCHEDULED: () => 0,
  EVENT_TYPE_WORKFLOW_TASK_STARTED: () => 0,
  EVENT_TYPE_WORKFLOW_TASK_COMPLETED: () => 0,
  EVENT_TYPE_WORKFLOW_TASK_FAILED: () => 0,
  EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT: () => 0,
  EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: () => 0,
};

/** What one workflow left in its history. */
export interface Cost {
  readonly events: number;
  readonly actions: number;
  /** How long its activity ran: while it does, it heartbeats. */
  readonly activityMs: number;
}

/** @throws Error for an event whose price is not known here. */
export async function costOf(client: Client, workflowId: string): Promise<Cost> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const history = events ?? [];
  const [began, ended] = (['STARTED', 'COMPLETED'] as const).map((what) =>
    history.find((event) => nameOf(event) === `EVENT_TYPE_ACTIVITY_TASK_${what}`),
  );
  return {
    events: history.length,
    actions: history.reduce((sum, event) => sum + actionsOf(event), 0),
    activityMs: timeMs(ended) - timeMs(began),
  };
}

function actionsOf(event: HistoryEvent): number {
  const name = nameOf(event);
  const price = ACTIONS[name];
  if (price === undefined) throw new Error(`${name}: bench/costs/actions.ts has no price for it`);
  return price(event);
}

function nameOf({ eventType }: HistoryEvent): EventName {
  return EventType[eventType ?? EventType.EVENT_TYPE_UNSPECIFIED] as EventName;
}

function timeMs(event: HistoryEvent | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? Number.NaN) * 1_000 + (nanos ?? 0) / 1e6;
}
