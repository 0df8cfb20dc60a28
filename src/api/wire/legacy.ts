// What 0.3 clients expect and the SDK's compatibility layer does not do.

const SENDS: ReadonlySet<string> = new Set(['message/send', 'message/stream']);

/** A `configuration` that does not say `blocking` blocks (0.3 §7.1.1); the SDK would not. */
export function mendLegacyRequest(method: string, params: unknown): unknown {
  return SENDS.has(method) ? withBlocking(params) : params;
}

export function withBlocking(params: unknown): unknown {
  if (!isObject(params) || !isObject(params['configuration'])) return params;
  const { configuration } = params;
  return {
    ...params,
    configuration: { ...configuration, blocking: configuration['blocking'] ?? true },
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
