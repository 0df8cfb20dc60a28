// What came with a cancel: as the gateway writes it into Temporal's reason, and as the workflow reads it there.
// Not a signal before the cancel: that would be lost without the cancel, and a task takes only so many.

import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import type { JsonObject } from './task';

/** The reasons of people who cancel by other means are no JSON with this key. */
const KEY = 'longhaul.metadata';

/** Of the run that this module was loaded for: each has its own. */
let given: JsonObject | undefined;

export function toCancelReason(metadata: JsonObject): string {
  return JSON.stringify({ [KEY]: metadata });
}

/** The metadata of the cancel that this run was asked for, if there was any. */
export function cancelMetadata(): JsonObject | undefined {
  return given;
}

/** Loaded by the worker: the SDK gives workflow code no other sight of the reason (1.24). */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [
    {
      activate(input, next) {
        for (const { cancelWorkflow } of input.activation.jobs ?? []) {
          given ??= fromCancelReason(cancelWorkflow?.reason ?? '');
        }
        next(input);
      },
    },
  ],
});

function fromCancelReason(reason: string): JsonObject | undefined {
  if (!reason.startsWith(`{"${KEY}":`)) return undefined;
  try {
    return (JSON.parse(reason) as Readonly<Record<string, JsonObject>>)[KEY];
  } catch {
    return undefined;
  }
}
