// The shapes of each way, and what answers of any shape say.

import { z } from 'zod';
import type { Via } from '../via';
import { LEGACY } from './legacy';
import { LEGACY_PROTO } from './legacy-proto';
import { V1 } from './v1';

type Name = 'task' | 'answer' | 'event' | 'push' | 'pushes';

function shapesOf({ binding, generation }: Via): Readonly<Record<Name, z.ZodType>> {
  if (generation === '1.0') return V1;
  return binding === 'JSON-RPC' ? LEGACY : LEGACY_PROTO;
}

/** Fails with every field that is not as specified. */
export function expectShape(via: Via, name: Name, value: unknown): void {
  expectFits(shapesOf(via)[name], value);
}

export function expectPage(value: unknown): void {
  expectFits(V1.page, value);
}

function expectFits(shape: z.ZodType, value: unknown): void {
  const checked = shape.safeParse(value);
  const faults = checked.success ? '' : z.prettifyError(checked.error);
  expect({ faults, value }).toEqual({ faults: '', value });
}

interface Task {
  readonly id: string;
  readonly contextId: string;
  readonly status: { readonly state: string };
  readonly history?: readonly unknown[];
  readonly artifacts?: readonly unknown[];
}

interface Event {
  readonly task?: Task;
  readonly kind?: string;
  readonly final?: boolean;
  readonly status?: { readonly state: string };
  readonly statusUpdate?: { readonly status: { readonly state: string }; readonly final?: boolean };
  readonly artifactUpdate?: Chunk;
}

interface Chunk {
  readonly append?: boolean;
  readonly lastChunk?: boolean;
}

/** The task of an answer, of an event, or as it stands. */
export function taskIn(value: unknown): Task {
  return (value as Event).task ?? (value as Task);
}

/** In lower case with hyphens, as 0.3 spells it. */
export function stateIn(value: unknown): string {
  const { task, status, statusUpdate } = value as Event;
  const state = (task?.status ?? statusUpdate?.status ?? status)?.state ?? 'none';
  const plain = state.replace('TASK_STATE_', '').toLowerCase().replace('_', '-');
  return plain === 'cancelled' ? 'canceled' : plain;
}

export function isStatus(value: unknown): boolean {
  const { kind, statusUpdate } = value as Event;
  return kind === 'status-update' || statusUpdate !== undefined;
}

export function isFinal(value: unknown): boolean {
  const { final, statusUpdate } = value as Event;
  return (statusUpdate?.final ?? final) === true;
}

export function chunksIn(events: readonly unknown[]): readonly Chunk[] {
  return (events as readonly (Event & Chunk)[]).flatMap((event) => {
    if (event.artifactUpdate !== undefined) return [event.artifactUpdate];
    return event.kind === 'artifact-update' ? [event] : [];
  });
}
