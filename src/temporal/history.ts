// Reads a task's workflow history: pages of events in, records for the reducer out.

import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import {
  Memo,
  messageUpdate,
  progressSignal,
  type FollowUp,
  type TaskStart,
} from '../workflows/contract';
import { FORMAT, type Batch } from '../workflows/emission';
import { LOG_WORKFLOW, closeSignal, type LogStart } from '../workflows/log-contract';
import type { Decision, Recorded } from '../workflows/recorded';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Reads one stored value. Payload codecs of the client apply. */
export type Decode = (payload: Payload | null | undefined) => Promise<unknown>;

/** Whose history to read. */
export interface HistorySource {
  readonly client: Client;
  readonly decode: Decode;
  readonly workflowId: string;
  /** Where to begin. Default: the newest run, which starts from a snapshot. */
  readonly runId?: string;
}

export interface HistoryPage {
  readonly events: readonly HistoryEvent[];
  /** Empty when the run has ended and everything is read. */
  readonly nextPageToken: Uint8Array;
}

export interface PageRequest {
  readonly workflowId: string;
  /** Default: the newest run. */
  readonly runId?: string;
  readonly pageToken?: Uint8Array;
  /** Waits (up to 20 s, the server's bound) for an event when there is none yet. */
  readonly waitNewEvent: boolean;
  /** Default: as many as the server gives. */
  readonly maximumEvents?: number;
}

/** How much a run's history tells beyond the task itself. */
export type HistoryStep =
  | { readonly kind: 'record'; readonly recorded: Recorded; readonly bytes: number }
  | { readonly kind: 'next-run'; readonly runId: string }
  | { readonly kind: 'end' };

/** The most that the server gives at once; a shorter page is the last one for now. */
export const PAGE_EVENTS = 256;

export async function readPage(client: Client, request: PageRequest): Promise<HistoryPage> {
  const { workflowId, runId = '', pageToken, waitNewEvent, maximumEvents = PAGE_EVENTS } = request;
  const response = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: maximumEvents,
    waitNewEvent,
    ...(pageToken === undefined ? {} : { nextPageToken: pageToken }),
  });
  return {
    events: response.history?.events ?? [],
    nextPageToken: response.nextPageToken,
  };
}

export function createDecoder(client: Client): Decode {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  return async (payload) => {
    if (!payload) return undefined;
    let decoded = [payload];
    for (const codec of [...payloadCodecs].reverse()) decoded = await codec.decode(decoded);
    const [first] = decoded;
    return first === undefined ? undefined : payloadConverter.fromPayload(first);
  };
}

/** What one history event says of the task; undefined when it says nothing. */
export async function fromHistoryEvent(
  event: HistoryEvent,
  decode: Decode,
): Promise<HistoryStep | undefined> {
  const started = event.workflowExecutionStartedEventAttributes;
  if (started) {
    const input = await decode(started.input?.payloads?.[0]);
    if (started.workflowType?.name === LOG_WORKFLOW) return fromLogStart(input);
    return fromStart(input, timeOf(event));
  }
  const signaled = event.workflowExecutionSignaledEventAttributes;
  if (signaled?.signalName === closeSignal.name) return record({ kind: 'log-closed' });
  if (signaled?.signalName === progressSignal.name) {
    const payload = signaled.input?.payloads?.[0];
    const batch = (await decode(payload)) as Batch;
    return record({ kind: 'batch', batch }, payload?.data?.length);
  }
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
  if (accepted?.input?.name === messageUpdate.name) {
    const payload = accepted.input.args?.payloads?.[0];
    const { message } = (await decode(payload)) as FollowUp;
    const updateId = accepted.meta?.updateId ?? '';
    return record({ kind: 'message', message, updateId }, payload?.data?.length);
  }
  const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields;
  const decided = memo?.[Memo.decision];
  if (decided) {
    const decision = (await decode(decided)) as Decision;
    return record({ kind: 'decision', decision }, decided.data?.length);
  }
  const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  if (next) return { kind: 'next-run', runId: next };
  return fromEnding(event);
}

function fromLogStart(input: unknown): HistoryStep {
  const { v, snapshot } = input as LogStart;
  assertFormat(v);
  return record({ kind: 'resumed', snapshot });
}

function assertFormat(v: number): void {
  if (v === FORMAT) return;
  throw new Error(`the task was written in format ${String(v)}; this build reads ${FORMAT}`);
}

function fromStart(input: unknown, at: number): HistoryStep {
  const start = input as TaskStart;
  assertFormat(start.v);
  const { continued, taskId, contextId, skillId, message, retry } = start;
  if (continued !== undefined) {
    return record({ kind: 'continued', checkpoint: continued.checkpoint });
  }
  const inherited = retry?.inherited;
  const given = { taskId, contextId, skillId, message, ...(inherited && { inherited }) };
  return record({ kind: 'created', at, ...given });
}

/** The server's own endings; a completed run has published its last decision before. */
export function fromEnding(event: HistoryEvent): HistoryStep | undefined {
  const at = timeOf(event);
  const ended = (state: 'failed' | 'canceled', reason: string): HistoryStep =>
    record({ kind: 'ended', at, state, reason });
  if (event.workflowExecutionCompletedEventAttributes) return { kind: 'end' };
  const failure = event.workflowExecutionFailedEventAttributes?.failure;
  if (failure) return ended('failed', failure.message ?? 'the workflow failed');
  if (event.workflowExecutionTimedOutEventAttributes) {
    return ended('failed', 'the task ran longer than the server allows');
  }
  if (event.workflowExecutionCanceledEventAttributes) return ended('canceled', 'canceled');
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) return ended('failed', `terminated: ${terminated.reason ?? 'no reason given'}`);
  return undefined;
}

function record(recorded: Recorded, bytes = 0): HistoryStep {
  return { kind: 'record', recorded, bytes };
}

export function timeOf(event: HistoryEvent): number {
  const { seconds, nanos } = event.eventTime ?? {};
  return Number(seconds ?? 0) * 1_000 + Math.floor((nanos ?? 0) / 1_000_000);
}
