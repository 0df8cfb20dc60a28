// What 0.3 clients expect and the SDK's compatibility layer does not do.

import { isObject, renamed } from './spelling';

const SENDS: ReadonlySet<string> = new Set(['message/send', 'message/stream']);

/**
 * A `configuration` that does not say `blocking` blocks (0.3 §7.1.1); the SDK would not. Not so on
 * REST and gRPC, where a protobuf says `false` by leaving it out, and the official clients do.
 */
export function mendLegacyRequest(method: string, params: unknown): unknown {
  if (!SENDS.has(method) || !isObject(params) || !isObject(params['configuration'])) return params;
  const { configuration } = params;
  return {
    ...params,
    configuration: { ...configuration, blocking: configuration['blocking'] ?? true },
  };
}

/**
 * ProtoJSON takes a field by its original name too, and one official client sends those: `request`
 * for `message`, `message_id` for `messageId`. What is in `metadata` and `data` is left alone.
 */
export function mendLegacyRestSend(body: unknown): unknown {
  if (!isObject(body)) return body;
  const { request, ...fields } = body;
  const message = fields['message'] ?? request;
  return {
    ...renamed(fields),
    ...(message === undefined ? {} : { message: mendLegacyRestMessage(message) }),
    ...(isObject(body['configuration']) ? { configuration: renamed(body['configuration']) } : {}),
  };
}

function mendLegacyRestMessage(message: unknown): unknown {
  if (!isObject(message)) return message;
  const { content } = message;
  const fields = renamed(message);
  return Array.isArray(content) ? { ...fields, content: content.map(mendLegacyRestPart) } : fields;
}

function mendLegacyRestPart(part: unknown): unknown {
  return isObject(part) && isObject(part['file']) ? { ...part, file: renamed(part['file']) } : part;
}

/**
 * The configuration of a task, which clients send bare, in `pushNotificationConfig`, or in that of a
 * `config`; named as the SDK's codec expects it.
 */
export function mendLegacyRestConfig(body: unknown, taskId: string): unknown {
  if (!isObject(body)) return body;
  const outer = renamed(isObject(body['config']) ? body['config'] : body);
  const inner = outer['pushNotificationConfig'] ?? outer;
  const config = isObject(inner) ? renamed(inner) : inner;
  const asked = isObject(config) ? config['id'] : undefined;
  const id = asked ?? renamed(body)['configId'] ?? taskId;
  return {
    // Only the task is read of it.
    name: `tasks/${taskId}/pushNotificationConfigs/-`,
    pushNotificationConfig: isObject(config) ? { ...config, id } : config,
  };
}

/** `final` marks the last update of the interaction, and a question ends one too (0.3 §7.2.2). */
export function mendLegacyEvent(envelope: Record<string, unknown>): Record<string, unknown> {
  const result = envelope['result'];
  if (!isObject(result) || result['kind'] !== 'status-update') return envelope;
  const status = result['status'];
  if (!isObject(status) || status['state'] !== 'input-required') return envelope;
  return { ...envelope, result: { ...result, final: true } };
}

/** The same for the protobuf JSON of 0.3's REST binding. */
export function mendLegacyRestEvent(event: unknown): unknown {
  if (!isObject(event) || !isObject(event['statusUpdate'])) return event;
  const update = event['statusUpdate'];
  const status = update['status'];
  if (!isObject(status) || status['state'] !== 'TASK_STATE_INPUT_REQUIRED') return event;
  return { ...event, statusUpdate: { ...update, final: true } };
}
