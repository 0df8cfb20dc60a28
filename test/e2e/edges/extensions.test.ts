// Which extensions are active: the answer names those that were asked for and are supported (A2A §3.2.6, §4.6).

import { randomUUID } from 'node:crypto';
import {
  LEAVING,
  envelope,
  messageFor,
  request,
  type Call,
  type Headings,
} from '../../harness/calls';
import { WAIT_MS } from '../../harness/eventually';
import { useStack } from '../../harness/stack';

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';
const UNKNOWN = 'https://example.com/ext/unknown/v1';

const stack = useStack();

const legacyMessage = {
  ...{ kind: 'message', messageId: randomUUID(), role: 'user', metadata: { skillId: 'echo' } },
  parts: [{ kind: 'text', text: 'hello' }],
};
const legacyRestMessage = {
  ...{ messageId: randomUUID(), role: 'ROLE_USER', metadata: { skillId: 'echo' } },
  content: [{ text: 'hello' }],
};
const params = { message: messageFor('echo'), ...LEAVING };

const LEGACY = { 'A2A-Version': '' };

interface Kind {
  readonly kind: string;
  readonly call: Call;
  /** The header that this generation names extensions in. */
  readonly header: string;
}

const [V1, V03] = ['A2A-Extensions', 'X-A2A-Extensions'];

const rpc = (method: string, given: object, headers: Headings = {}): Call => ({
  body: envelope(method, given),
  headers,
});

const KINDS: readonly Kind[] = [
  { kind: 'an answer of JSON-RPC 1.0', call: rpc('SendMessage', params), header: V1 },
  { kind: 'a stream of JSON-RPC 1.0', call: rpc('SendStreamingMessage', params), header: V1 },
  { kind: 'a refusal of JSON-RPC 1.0', call: rpc('GetTask', { id: 'none' }), header: V1 },
  { kind: 'an answer of REST 1.0', call: { path: '/message:send', body: params }, header: V1 },
  { kind: 'a stream of REST 1.0', call: { path: '/message:stream', body: params }, header: V1 },
  { kind: 'a refusal of REST 1.0', call: { path: '/tasks/none' }, header: V1 },
  {
    kind: 'an answer of JSON-RPC 0.3',
    call: rpc('message/send', { message: legacyMessage }, LEGACY),
    header: V03,
  },
  {
    kind: 'a stream of JSON-RPC 0.3',
    call: rpc('message/stream', { message: legacyMessage }, LEGACY),
    header: V03,
  },
  {
    kind: 'an answer of REST 0.3',
    call: { path: '/v1/message:send', body: { message: legacyRestMessage }, headers: LEGACY },
    header: V03,
  },
  {
    kind: 'a stream of REST 0.3',
    call: { path: '/v1/message:stream', body: { message: legacyRestMessage }, headers: LEGACY },
    header: V03,
  },
];

/** The extensions that the answer's head names, per header. */
async function activated(call: Call, asked: Headings): Promise<readonly (string | null)[]> {
  const response = await request(stack.url, {
    ...call,
    headers: { ...call.headers, ...asked },
    signal: AbortSignal.timeout(WAIT_MS),
  });
  await response.body?.cancel();
  return [response.headers.get('A2A-Extensions'), response.headers.get('X-A2A-Extensions')];
}

describe.each(KINDS)('$kind', ({ call, header }) => {
  const only = (uri: string): readonly (string | null)[] =>
    header === V1 ? [uri, null] : [null, uri];

  test('names the extension that was asked for', async () => {
    expect(await activated(call, { [header]: CURSOR })).toEqual(only(CURSOR));
  });

  test('does not name one that nobody knows', async () => {
    expect(await activated(call, { [header]: `${UNKNOWN}, ${CURSOR}` })).toEqual(only(CURSOR));
    expect(await activated(call, { [header]: UNKNOWN })).toEqual([null, null]);
  });

  test('names none when none was asked for', async () => {
    expect(await activated(call, {})).toEqual([null, null]);
  });
});

test.each([
  { binding: 'JSON-RPC', path: '/' },
  { binding: 'REST', path: '/message:stream' },
])('a stream of $binding names it, also when it opens before its first frame', async ({ path }) => {
  const slow = { message: messageFor('answer', { waitMs: 6_000 }) };
  const body = path === '/' ? envelope('SendStreamingMessage', slow) : slow;
  const from = Date.now();
  expect(await activated({ path, body }, { 'A2A-Extensions': CURSOR })).toEqual([CURSOR, null]);
  expect(Date.now() - from).toBeLessThan(5_500);
});
