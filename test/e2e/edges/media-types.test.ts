// The media type of a stored part is served as it was said, where a header can say it.

import { randomBytes } from 'node:crypto';
import { messageFor } from '../../harness/calls';
import { useStack } from '../../harness/stack';
import { streamMessage } from '../../harness/stream';

/** More than a stream frame gives in place. */
const FILE = randomBytes(3_000_000).toString('base64');

const stack = useStack({ hasWorker: false });

/** The head of what serves a file that came with this media type. */
async function served(mediaType: string): Promise<Response> {
  const parts = [{ raw: FILE, mediaType }];
  const stream = await streamMessage(stack.url, messageFor('echo', {}, { parts }));
  await stream.until('the task', ({ event }) => event.task !== undefined);
  stream.close();
  const response = await fetch(stream.task.history![0]!.parts[0]!.url!);
  await response.body?.cancel();
  return response;
}

test.each(['image/png', 'application/vnd.example+json; version=2'])(
  '%s is served',
  async (type) => {
    const { status, headers } = await served(type);
    expect({ status, type: headers.get('Content-Type') }).toEqual({ status: 200, type });
  },
);

test.each([
  'text/plain\r\nX-Injected: 1',
  'text/plain\n',
  'текст/plain',
  'nonsense',
  'a/b; c=\u{1f600}',
])('%j is served as bytes of no type', async (type) => {
  const { status, headers } = await served(type);
  expect(status).toBe(200);
  expect(headers.get('Content-Type')).toBe('application/octet-stream');
  expect(headers.get('X-Injected')).toBeNull();
});
