// Server-sent events of a response, read with bounded memory; called by the streams over HTTP.

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ConnectionError, EventTooLargeError } from './errors';

export interface SseLimits {
  /** Characters of one event. */
  readonly maxEventSize: number;
  /** Silence, comments included, after which the connection counts as broken. Absent: never. */
  readonly idleTimeoutMs?: number;
}

/**
 * The events with data, as they come.
 * @throws EventTooLargeError as soon as an event is known to be too large.
 * @throws ConnectionError when the connection breaks or is silent.
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  { maxEventSize, idleTimeoutMs }: SseLimits,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const whole: EventSourceMessage[] = [];
  let isTooLarge = false;
  const parser = createParser({
    maxBufferSize: maxEventSize,
    onEvent: (event) => whole.push(event),
    onError: ({ type }) => {
      isTooLarge ||= type === 'max-buffer-size-exceeded';
    },
  });
  try {
    for (;;) {
      const chunk = await readInTime(reader, idleTimeoutMs);
      if (chunk === undefined) return;
      parser.feed(decoder.decode(chunk, { stream: true }));
      for (const event of whole.splice(0)) {
        if (event.data.length > maxEventSize) throw new EventTooLargeError(maxEventSize);
        yield event;
      }
      if (isTooLarge) throw new EventTooLargeError(maxEventSize);
    }
  } finally {
    // Not awaited: a connection that is silent need not answer this either.
    reader.cancel().catch(() => undefined);
  }
}

/** The next chunk, or undefined at the end. */
async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleTimeoutMs: number | undefined,
): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    if (idleTimeoutMs === undefined) return;
    timer = setTimeout(() => {
      reject(new ConnectionError(`the stream was silent for ${idleTimeoutMs} ms (idleTimeoutMs)`));
    }, idleTimeoutMs);
  });
  try {
    const { value } = await Promise.race([reader.read(), silence]);
    return value;
  } catch (err) {
    if (err instanceof ConnectionError) throw err;
    throw new ConnectionError('the stream broke', { cause: err });
  } finally {
    clearTimeout(timer);
  }
}
