// How a message asks for another try of a task, and says afterwards of which: one URI in its metadata.
// Written by the gateway, read by the gateway and by `ctx.referenced`.

import type { JsonObject } from './task';

/** The extension that docs/extensions.md specifies. */
export const RETRY_URI = 'urn:longhaul:a2a:retry:1';

/** The task that the task of this first message tries again; undefined when it is none of those. */
export function retriedTaskOf(metadata: JsonObject | undefined): string | undefined {
  const retry = metadata?.[RETRY_URI] as { readonly taskId?: unknown } | null | undefined;
  return typeof retry?.taskId === 'string' ? retry.taskId : undefined;
}
