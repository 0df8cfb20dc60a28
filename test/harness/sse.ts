// Reads server-sent events from a response: id and JSON data of each, comments left out.

export interface ReceivedEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  /** The data line as it came, for byte comparison. */
  readonly raw: string;
  /** As parsed; whoever looks into it says what it is. */
  readonly data: unknown;
}

export async function* readSse(response: Response): AsyncGenerator<ReceivedEvent> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body) {
    pending += decoder.decode(chunk as Uint8Array, { stream: true });
    for (;;) {
      const end = pending.indexOf('\n\n');
      if (end < 0) break;
      const lines = pending.slice(0, end).split('\n');
      pending = pending.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const raw = field('data');
      if (raw === undefined) continue;
      yield { id: field('id'), event: field('event'), raw, data: JSON.parse(raw) };
    }
  }
}
