// Removes the stored parts of workflows that Temporal has dropped (D9).

import { buffer } from 'node:stream/consumers';
import type { Blobs } from './blobs';
import { WORKFLOW_ID_FILE } from './part-store';

export interface SweepOptions {
  /** So long Temporal keeps a workflow after its close; who put a part more lately is not asked about. */
  readonly retentionMs: number;
  /** Whether Temporal has the workflow, open or closed; rejects when that cannot be told. */
  readonly isThere: (workflowId: string) => Promise<boolean>;
  readonly now: Date;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

export interface SweepResult {
  /** What was removed. */
  readonly workflows: number;
  readonly parts: number;
  readonly bytes: number;
  /** Workflows whose parts are old, and that Temporal still has. */
  readonly kept: number;
  /** Folders that do not say whose parts they hold; they stay. */
  readonly strays: number;
}

/** What the sweeps of one process have come to. */
export interface SweepTotals {
  completed: number;
  failed: number;
  /** Removed. */
  parts: number;
  bytes: number;
}

/**
 * A message's parts are put before its task starts, and clocks differ: nothing younger is removed, however short the
 * retention is.
 */
export const SWEEP_MARGIN_MS = 86_400_000;

/**
 * Goes through the store once. It may be killed at any point and run several times at once. It never asks what a
 * workflow refers to: whatever a workflow has put stays as long as Temporal has that workflow.
 */
export async function sweepParts(
  blobs: Blobs,
  { retentionMs, isThere, now, signal }: SweepOptions,
): Promise<SweepResult> {
  const result = { workflows: 0, parts: 0, bytes: 0, kept: 0, strays: 0 };
  const asOf = now.getTime();
  await blobs.discardUnfinished(new Date(asOf - SWEEP_MARGIN_MS));
  const before = asOf - retentionMs - SWEEP_MARGIN_MS;
  for await (const folder of foldersOf(blobs)) {
    signal.throwIfAborted();
    if (folder.usedAt >= before) continue;
    const workflowId = await workflowIdOf(blobs, folder);
    if (workflowId === undefined) {
      result.strays += 1;
      continue;
    }
    if (await isThere(workflowId)) {
      result.kept += 1;
      continue;
    }
    const removed = await remove(blobs, folder);
    result.workflows += removed.isWhole ? 1 : 0;
    result.parts += removed.parts;
    result.bytes += removed.bytes;
  }
  return result;
}

/** The parts of one workflow, its id beside them. */
interface Folder {
  readonly name: string;
  /** When the newest of it was written, in epoch milliseconds. */
  usedAt: number;
}

async function* foldersOf(blobs: Blobs): AsyncGenerator<Folder> {
  let current: Folder | undefined;
  for await (const { key, writtenAt } of blobs.list()) {
    const end = key.lastIndexOf('/');
    // What lies beside the folders is the store's own.
    if (end < 0) continue;
    const name = key.slice(0, end);
    if (current?.name !== name) {
      if (current !== undefined) yield current;
      current = { name, usedAt: 0 };
    }
    current.usedAt = Math.max(current.usedAt, writtenAt.getTime());
  }
  if (current !== undefined) yield current;
}

async function workflowIdOf(blobs: Blobs, { name }: Folder): Promise<string | undefined> {
  const source = await blobs.stream(`${name}/${WORKFLOW_ID_FILE}`);
  return source && (await buffer(source)).toString();
}

/** The id goes last, so that what a kill leaves over still says whose it is. */
async function remove(
  blobs: Blobs,
  { name, usedAt }: Folder,
): Promise<{ readonly parts: number; readonly bytes: number; readonly isWhole: boolean }> {
  const idKey = `${name}/${WORKFLOW_ID_FILE}`;
  let parts = 0;
  let bytes = 0;
  // Whoever puts writes the id anew first: a task may start again under an idempotency key.
  const isInUse = async (): Promise<boolean> => {
    const id = await blobs.stat(idKey);
    return id !== undefined && id.writtenAt.getTime() > usedAt;
  };
  for await (const blob of blobs.list(name)) {
    if (blob.key === idKey) continue;
    if (await isInUse()) return { parts, bytes, isWhole: false };
    await blobs.remove(blob.key);
    parts += 1;
    bytes += blob.bytes;
  }
  if (await isInUse()) return { parts, bytes, isWhole: false };
  await blobs.remove(idKey);
  return { parts, bytes, isWhole: true };
}
