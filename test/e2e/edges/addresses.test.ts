// What web pages can make a browser send to a gateway, and what still reaches one (docs/operations.md, "Who may call").

import { randomUUID } from 'node:crypto';
import { LEAVING, envelope, listTasks, messageFor, sendAndLeave } from '../../harness/calls';
import { eventually } from '../../harness/eventually';
import { useStack } from '../../harness/stack';
import { ask, type PlainAnswer, type PlainRequest } from './plain-request';

const PUBLIC_NAME = 'agents.example.com';

const stack = useStack({
  gateways: [
    {},
    {
      HOST: '0.0.0.0',
      ALLOW_ANONYMOUS: 'true',
      ALLOWED_HOSTS: 'gateway',
      PUBLIC_URL: `https://${PUBLIC_NAME}`,
    },
  ],
  hasWorker: false,
});

/** Whatever a refused request began would be found in this context. */
const REFUSED_CONTEXT = 'refused';

const params = { message: messageFor('echo', {}, { contextId: REFUSED_CONTEXT }), ...LEAVING };
const legacyMessage = {
  ...{ messageId: 'm', contextId: REFUSED_CONTEXT, metadata: { skillId: 'echo' } },
  role: 'ROLE_USER',
  content: [{ text: 'hello' }],
};

const info = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason: 'FORBIDDEN',
  domain: 'a2a-protocol.org',
};
const message = expect.any(String) as string;
const rpcForm = { jsonrpc: '2.0', id: null, error: { code: -32600, message, data: [info] } };
const restForm = { error: { code: 403, status: 'PERMISSION_DENIED', message, details: [info] } };
const legacyRestForm = { code: -32600, message, ...restForm };

interface Binding {
  readonly name: string;
  readonly request: PlainRequest;
  /** How it says that the request is refused. */
  readonly form: object;
}

const BINDINGS: readonly Binding[] = [
  {
    name: 'JSON-RPC',
    request: {
      headers: { 'A2A-Version': '1.0' },
      body: JSON.stringify(envelope('SendMessage', params)),
    },
    form: rpcForm,
  },
  {
    name: 'a JSON-RPC stream',
    request: {
      headers: { 'A2A-Version': '1.0' },
      body: JSON.stringify(envelope('SendStreamingMessage', params)),
    },
    form: rpcForm,
  },
  {
    name: 'REST 1.0',
    request: { path: '/message:send', body: JSON.stringify(params) },
    form: restForm,
  },
  {
    name: 'REST 0.3',
    request: { path: '/v1/message:send', body: JSON.stringify({ message: legacyMessage }) },
    form: legacyRestForm,
  },
];

function expectForbidden({ status, text }: PlainAnswer, form: object): void {
  expect(JSON.parse(text)).toEqual(form);
  expect(status).toBe(403);
}

describe.each(BINDINGS)('a page of another origin that posts to $name', ({ request, form }) => {
  test.each(['https://evil.example', 'http://localhost:1', 'null'])(
    'is refused as %s, also without a content type',
    async (origin) => {
      const untyped = { ...request, headers: { ...request.headers, Origin: origin } };
      expectForbidden(await ask(stack.url, untyped), form);
      const typed = { ...untyped.headers, 'Content-Type': 'application/json' };
      expectForbidden(await ask(stack.url, { ...request, headers: typed }), form);
      expectForbidden(await ask(stack.otherUrl, untyped), form);
    },
  );
});

describe('a page whose name was pointed to the gateway (DNS rebinding)', () => {
  const Host = 'evil.example';

  test('reads no task', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('echo'));
    const paths = ['/tasks', `/tasks/${id}`, `/tasks/${id}:subscribe`, `/parts/${id}/x`];
    for (const path of paths) {
      expectForbidden(await ask(stack.url, { path, headers: { Host } }), restForm);
      expectForbidden(await ask(stack.otherUrl, { path, headers: { Host } }), restForm);
    }
    const legacy = { path: `/v1/tasks/${id}`, headers: { Host } };
    expectForbidden(await ask(stack.url, legacy), legacyRestForm);
  });

  test.each(BINDINGS)('posts nothing to $name', async ({ request, form }) => {
    const headers = { ...request.headers, Host, Origin: `http://${Host}` };
    expectForbidden(await ask(stack.url, { ...request, headers }), form);
  });

  test('does not see the card', async () => {
    const card = { path: '/.well-known/agent-card.json', headers: { Host } };
    expectForbidden(await ask(stack.url, card), restForm);
  });
});

describe('a caller that is not a foreign page', () => {
  const statusOf = async (
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number> => (await ask(url, { path: '/tasks', headers })).status;

  test('needs neither Origin nor content type', async () => {
    const [{ request }] = BINDINGS as [Binding];
    const contextId = randomUUID();
    const body = request.body!.replace(REFUSED_CONTEXT, contextId);
    expect((await ask(stack.url, { ...request, body })).status).toBe(200);
  });

  test('may be a page of the gateway itself', async () => {
    const { host, port } = new URL(stack.url);
    expect(await statusOf(stack.url, { Origin: stack.url })).toBe(200);
    expect(await statusOf(stack.url, { Origin: `http://localhost:${port}`, Host: host })).toBe(200);
    expect(await statusOf(stack.otherUrl, { Origin: `https://${PUBLIC_NAME}` })).toBe(200);
  });

  test('reaches a gateway on all addresses by its public name, a service name, any address', async () => {
    for (const Host of [PUBLIC_NAME, 'gateway:4000', '10.1.2.3:4000', '[fd00::1]:4000']) {
      expect(await statusOf(stack.otherUrl, { Host })).toBe(200);
    }
    expect(await statusOf(stack.otherUrl, { Host: 'another:4000' })).toBe(403);
  });
});

test.each(['/healthz', '/readyz', '/metrics'])('%s answers a probe of any name', async (path) => {
  for (const Host of ['10.1.2.3:4000', 'pod-7.internal']) {
    expect((await ask(stack.url, { path, headers: { Host } })).status).toBe(200);
  }
});

test('after all of it no refused request has left a task behind', async () => {
  const sizeOf = async (contextId: string): Promise<number> =>
    (await listTasks(stack.url, { contextId })).totalSize;
  // Once a later task is listed, an earlier one would be too.
  const contextId = randomUUID();
  await sendAndLeave(stack.url, messageFor('echo', {}, { contextId }));
  await eventually(async () => {
    expect(await sizeOf(contextId)).toBe(1);
  });
  expect(await sizeOf(REFUSED_CONTEXT)).toBe(0);
});
