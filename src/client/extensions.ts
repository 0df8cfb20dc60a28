// The extensions of A2A that the client knows: which of them a card declares, and what they put into metadata.

import type { AgentCapabilities, AgentCard, StreamResponse, Task } from '@a2a-js/sdk';

export const STREAM_CURSOR_URI = 'urn:longhaul:a2a:stream-cursor:1';
export const IDEMPOTENCY_KEY_URI = 'urn:longhaul:a2a:idempotency-key:1';
const SKILL_CHOICE_URI = 'urn:longhaul:a2a:skill-choice:1';
const UNREAD_MESSAGES_URI = 'urn:longhaul:a2a:unread-messages:1';
export const RETRY_URI = 'urn:longhaul:a2a:retry:1';

const KNOWN = [
  STREAM_CURSOR_URI,
  IDEMPOTENCY_KEY_URI,
  SKILL_CHOICE_URI,
  UNREAD_MESSAGES_URI,
  RETRY_URI,
];

/** Those of our extensions that the card declares, in no particular order. */
export function declaredExtensions(card: AgentCard): ReadonlySet<string> {
  // The SDK takes a card as its JSON is, whatever its type says, and what would be empty is left out there.
  const capabilities: Partial<AgentCapabilities> | null | undefined = card.capabilities;
  const declared = (capabilities?.extensions ?? []).map(({ uri }) => uri);
  return new Set(declared.filter((uri) => KNOWN.includes(uri)));
}

/** An event of a kind that the SDK does not know: its number is all that is read of it. */
export interface UnknownEvent extends StreamResponse {
  readonly seq: number;
}

/**
 * The number of an event, or of the last event that a Task contains: what `followTask` takes as
 * `after`. Undefined for a Message, and from an agent without stream cursors.
 */
export function cursorOf(event: StreamResponse | Task): number | undefined {
  const metadata = 'status' in event ? event.metadata : metadataOf(event);
  return (
    seqIn(metadata) ?? ('seq' in event && typeof event.seq === 'number' ? event.seq : undefined)
  );
}

export function seqIn(metadata: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const seq = (metadata?.[STREAM_CURSOR_URI] as { readonly seq?: unknown } | undefined)?.seq;
  return typeof seq === 'number' ? seq : undefined;
}

function metadataOf({ payload }: StreamResponse): Readonly<Record<string, unknown>> | undefined {
  return payload?.value.metadata;
}

/** The ids of messages that came too late for the task; an agent without the extension names none. */
export function unreadMessageIds(task: Task): readonly string[] {
  const said = task.metadata?.[UNREAD_MESSAGES_URI] as
    { readonly messageIds?: unknown } | undefined;
  const ids = said?.messageIds;
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}
