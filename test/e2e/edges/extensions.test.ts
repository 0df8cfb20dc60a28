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

const KEY = 'urn:longhaul:a2a:idempotency-key:1';
const SKILL = 'urn:longhaul:a2a:skill-choice:1';

/** The second gateway refuses whoever does not name two of them. */
const stack = useStack({ gateways: [{}, { REQUIRED_EXTENSIONS: `${CURSOR}, ${KEY}` }] });

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

  test('names each of several, however they are asked for', async () => {
    const [v1, v03] = await activated(call, { [header]: `${SKILL},${KEY} , ${CURSOR}` });
    expect((v1 ?? v03)?.split(', ').sort()).toEqual([CURSOR, KEY, SKILL].sort());
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

describe('REQUIRED_EXTENSIONS (A2A §3.3.4)', () => {
  const LEGACY_CARD = 'agent/getAuthenticatedExtendedCard';
  const OPERATIONS: readonly Kind[] = [
    ...KINDS,
    { kind: 'a listing', call: rpc('ListTasks', {}), header: V1 },
    { kind: 'a cancel', call: rpc('CancelTask', { id: 'none' }), header: V1 },
    { kind: 'a subscription', call: rpc('SubscribeToTask', { id: 'none' }), header: V1 },
    { kind: 'a subscription over REST', call: { path: '/tasks/none:subscribe' }, header: V1 },
    { kind: 'the extended card', call: rpc('GetExtendedAgentCard', {}), header: V1 },
    { kind: 'the extended card over REST', call: { path: '/extendedAgentCard' }, header: V1 },
    { kind: 'the extended card of 0.3', call: rpc(LEGACY_CARD, {}, LEGACY), header: V03 },
  ];

  async function told(call: Call, asked: Headings): Promise<string> {
    const headers = { ...call.headers, ...asked };
    const signal = AbortSignal.timeout(WAIT_MS);
    return (await request(stack.otherUrl, { ...call, headers, signal })).text();
  }

  const refused = /EXTENSION_SUPPORT_REQUIRED/;

  test.each(OPERATIONS)('refuses $kind of a client that names none of them', async (operation) => {
    const text = await told(operation.call, {});
    expect(text).toMatch(refused);
    expect(text).toContain(`${operation.header} must name ${CURSOR}, ${KEY}`);
  });

  test.each(OPERATIONS)('refuses $kind of a client that names one of them', async (operation) => {
    const text = await told(operation.call, { [operation.header]: `${UNKNOWN}, ${CURSOR}` });
    expect(text).toContain(`must name ${KEY};`);
  });

  test.each(OPERATIONS)('lets $kind of a client that names them all pass', async (operation) => {
    const text = await told(operation.call, { [operation.header]: `${KEY}, ${CURSOR}` });
    expect(text).not.toMatch(refused);
  });

  test('refuses with the code and the status of A2A', async () => {
    const byRpc = JSON.parse(await told(rpc('ListTasks', {}), {})) as { error: { code: number } };
    expect(byRpc.error.code).toBe(-32008);
    const byRest = await request(stack.otherUrl, { path: '/tasks' });
    expect(byRest.status).toBe(400);
    expect(await byRest.json()).toMatchObject({ error: { status: 'FAILED_PRECONDITION' } });
  });

  test('refuses a stream as a stream of one frame', async () => {
    const text = await told(rpc('SubscribeToTask', { id: 'none' }), {});
    expect(text).toMatch(/^data: .*EXTENSION_SUPPORT_REQUIRED.*\n\n$/s);
  });

  test.each(['/.well-known/agent-card.json', '/v1/card'])('shows the card at %s', async (path) => {
    const response = await request(stack.otherUrl, { path });
    const { capabilities } = (await response.json()) as {
      readonly capabilities: { readonly extensions: readonly { uri: string; required?: true }[] };
    };
    const required = capabilities.extensions.filter((one) => one.required === true);
    expect(required.map(({ uri }) => uri)).toEqual([CURSOR, KEY]);
  });

  test('a URI that is none of ours is refused at the start', async () => {
    const refusal = stack.startGateway({ REQUIRED_EXTENSIONS: `${CURSOR},${UNKNOWN}` });
    await expect(refusal).rejects.toThrow(
      `longhaul: REQUIRED_EXTENSIONS: there is no extension ${UNKNOWN}; there are: ${CURSOR}`,
    );
  });
});
