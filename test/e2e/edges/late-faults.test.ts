// A fault in the middle of a stream: told in the stream, and in the log of the gateway in its own form alone.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageFor, request, send } from '../../harness/calls';
import { useStack } from '../../harness/stack';
import { readSse, type ReceivedEvent } from '../../harness/sse';

const stack = useStack();

interface Told {
  readonly error?: { readonly message: string };
  readonly message?: string;
}

async function eventsAt(path: string): Promise<readonly ReceivedEvent[]> {
  const headers = { 'Last-Event-ID': '0', 'A2A-Version': path.startsWith('/v1') ? '0.3' : '1.0' };
  const events: ReceivedEvent[] = [];
  for await (const event of readSse(await request(stack.url, { path, headers })))
    events.push(event);
  return events;
}

test.each(['', '/v1'])(
  'REST at "%s" tells of a part that is gone, after what came before it',
  async (prefix) => {
    const { id } = await send(stack.url, messageFor('big', { bytes: 100_000 }));
    await rm(join(stack.temporal.dataDir, 'parts'), { recursive: true });

    const events = await eventsAt(`${prefix}/tasks/${id}:subscribe`);
    const last = events.at(-1)!;
    expect(events.slice(0, -1).map(({ event }) => event)).toEqual([undefined, undefined]);
    expect(last.event).toBe('error');
    const { error, message } = last.data as Told;
    expect(error?.message ?? message).toMatch(/stored part .* is not in the store/);
    // What the SDK prints by itself, stack and all.
    expect(stack.gateways[0]!.output()).not.toMatch(/SSE streaming error/);
  },
);
