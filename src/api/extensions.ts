// The extensions of A2A that this agent has, as the card declares them; docs/extensions.md specifies each.

import type { AgentExtension } from '@a2a-js/sdk';
import { STREAM_CURSOR_URI, UNREAD_MESSAGES_URI } from '../a2a/translate';
import { PARTIAL_ARTIFACT_URI } from '../workflows/task';
import { RETRY_URI } from '../workflows/retried-task';

/** `Idempotency-Key` on a send: the same key with the same message is the same task. */
const IDEMPOTENCY_KEY_URI = 'urn:longhaul:a2a:idempotency-key:1';

/** `/tasks/{id}/pushNotificationDeliveries` and `:redeliver` on a configuration. */
const WEBHOOK_DELIVERIES_URI = 'urn:longhaul:a2a:webhook-deliveries:1';

/** `message.metadata.skillId` names the skill that takes a message. */
const SKILL_CHOICE_URI = 'urn:longhaul:a2a:skill-choice:1';

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  [STREAM_CURSOR_URI]: 'Every event is numbered; Last-Event-ID resumes a stream after one of them.',
  [IDEMPOTENCY_KEY_URI]: 'Idempotency-Key makes it safe to repeat a message that is sent.',
  [SKILL_CHOICE_URI]: 'message.metadata.skillId names the skill that takes the message.',
  [WEBHOOK_DELIVERIES_URI]: 'Deliveries of push notifications are listed, and sent again.',
  [PARTIAL_ARTIFACT_URI]: 'An artifact that is a piece of the result, and not final, says so.',
  [RETRY_URI]: 'A message asks for another try of a failed task, from the step on that failed.',
  [UNREAD_MESSAGES_URI]: 'A finished task names the messages that no skill has read.',
};

/**
 * All of them, as the card lists them.
 * @param required URIs that a client must name (`REQUIRED_EXTENSIONS`).
 * @throws Error for a URI that is none of ours.
 */
export function declareExtensions(required: readonly string[]): readonly AgentExtension[] {
  const ours = Object.keys(DESCRIPTIONS);
  const unknown = required.filter((uri) => !ours.includes(uri));
  if (unknown.length > 0) {
    throw new Error(
      `REQUIRED_EXTENSIONS: there is no extension ${unknown.join(', ')}; there are: ${ours.join(', ')}`,
    );
  }
  return Object.entries(DESCRIPTIONS).map(([uri, description]) => ({
    ...{ uri, description, required: required.includes(uri) },
    params: undefined,
  }));
}
