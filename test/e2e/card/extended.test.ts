// The extended card in every dialect that has it (A2A §3.1.11, 0.3 §7.10).

import { verifyAgentCardSignature, type AgentCard } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { ClientFactory as LegacyClientFactory } from 'a2a-sdk-0.3/client';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envelope, http, messageFor, rpc, send } from '../../harness/calls';
import { FIELDS, LEGACY_SECURITY, SCHEMES } from '../../harness/card-fields';
import { LEGACY_CARD, V1_CARD } from '../../harness/card-schemas';
import { useStack } from '../../harness/stack';
import { textOf, type WireError } from '../../harness/wire';

const CARD = '/.well-known/agent-card.json';
const TOLD = JSON.stringify({ description: 'All of it.', version: '3.0.0-internal' });

const folder = mkdtempSync(join(tmpdir(), 'longhaul-extended-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const EXTENDED = path('extended.json');
const KEY = generateKeyPairSync('ed25519').privateKey;
writeFileSync(EXTENDED, TOLD);
writeFileSync(path('card.json'), JSON.stringify(FIELDS));
writeFileSync(path('key.pem'), KEY.export({ type: 'pkcs8', format: 'pem' }));

const stack = useStack({
  gateways: [
    {
      EXTENDED_AGENT_CARD: EXTENDED,
      AGENT_CARD_FILE: path('card.json'),
      CARD_SIGNING_KEY: path('key.pem'),
    },
    {},
  ],
});

interface Card {
  readonly description: string;
  readonly version: string;
  readonly name: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly skills: readonly { readonly id: string }[];
  readonly [field: string]: unknown;
}

interface Said {
  readonly card?: Card;
  readonly error?: WireError;
}

const LEGACY = { 'A2A-Version': '' };

interface Rest extends Card {
  readonly error?: { readonly details: readonly { readonly reason: string }[] };
}

const overRpc = async (url: string, method: string, headers = {}): Promise<Said> => {
  const { result, error } = (await rpc<Card>(url, method, {}, headers)).body;
  return { ...(result && { card: result }), ...(error && { error }) };
};

const CODES: Readonly<Record<string, number>> = {
  UNSUPPORTED_OPERATION: -32004,
  EXTENDED_AGENT_CARD_NOT_CONFIGURED: -32007,
};

const overRest = async (url: string, at: string, headers = {}): Promise<Said> => {
  const { status, body } = await http<Rest>(url, { path: at, headers });
  if (status === 200) return { card: body };
  const reason = body.error?.details[0]?.reason ?? '';
  return { error: { code: CODES[reason] ?? 0, message: reason } };
};

const DIALECTS = [
  { dialect: 'JSON-RPC 1.0', ask: (url: string) => overRpc(url, 'GetExtendedAgentCard') },
  { dialect: 'REST 1.0', ask: (url: string) => overRest(url, '/extendedAgentCard') },
  {
    dialect: 'JSON-RPC 0.3',
    ask: (url: string) => overRpc(url, 'agent/getAuthenticatedExtendedCard', LEGACY),
  },
  { dialect: 'REST 0.3', ask: (url: string) => overRest(url, '/v1/card', LEGACY) },
] as const;
const V1 = DIALECTS.slice(0, 2);
const V03 = DIALECTS.slice(2);

async function publicCard(url: string): Promise<Card> {
  return (await http<Card>(url, { path: CARD })).body;
}

describe.each(DIALECTS)('$dialect', ({ ask }) => {
  test('answers the public card with what the extended one says in its place', async () => {
    const { card } = await ask(stack.url);
    expect(card).toMatchObject({ ...JSON.parse(TOLD), name: FIELDS.name });
  });

  test('lists the skills that the public card does not, besides all others', async () => {
    const listed = (await publicCard(stack.url)).skills.map(({ id }) => id);
    const { card } = await ask(stack.url);
    expect(listed).not.toContain('secret');
    expect(card!.skills.map(({ id }) => id).filter((id) => !listed.includes(id))).toEqual([
      'secret',
    ]);
  });

  test('refuses while the file is gone or not valid, and answers again after that', async () => {
    for (const spoil of [
      () => rmSync(EXTENDED),
      () => writeFileSync(EXTENDED, '{"skills":[]}'),
      () => writeFileSync(EXTENDED, '{'),
    ]) {
      spoil();
      const { error } = await ask(stack.url);
      expect(error?.code).toBe(-32007);
      expect(JSON.stringify(error)).not.toContain(folder);
    }
    writeFileSync(EXTENDED, '{"name":"Changed"}');
    expect((await ask(stack.url)).card?.name).toBe('Changed');
    writeFileSync(EXTENDED, TOLD);
    expect((await ask(stack.url)).card?.name).toBe(FIELDS.name);
  });
});

test.each(V1)('$dialect gives what a strict reader of 1.0 accepts', async ({ ask }) => {
  const { card } = await ask(stack.url);
  expect(() => V1_CARD.parse(card)).not.toThrow();
  expect(card?.['securitySchemes']).toEqual(SCHEMES);
});

test.each(V03)('$dialect gives what a strict reader of 0.3 accepts', async ({ ask }) => {
  const { card } = await ask(stack.url);
  expect(() => LEGACY_CARD.parse(card)).not.toThrow();
  expect(card?.['security']).toEqual(LEGACY_SECURITY);
});

test.each(V1)('$dialect gives a signed card', async ({ ask }) => {
  const { keys } = (
    await http<{ readonly keys: readonly { kid: string }[] }>(stack.url, {
      path: '/.well-known/jwks.json',
    })
  ).body;
  const verify = verifyAgentCardSignature((kid) =>
    Promise.resolve(keys.find((key) => key.kid === kid)!),
  );
  const { card } = await ask(stack.url);
  jest.spyOn(console, 'debug').mockReturnValue();
  await expect(verify(card as unknown as AgentCard)).resolves.toBeUndefined();
});

describe('the public card', () => {
  test('declares the extended card, in both generations', async () => {
    expect(await publicCard(stack.url)).toMatchObject({
      capabilities: { extendedAgentCard: true },
      supportsAuthenticatedExtendedCard: true,
    });
    expect(await publicCard(stack.otherUrl)).toMatchObject({
      capabilities: { extendedAgentCard: false },
      supportsAuthenticatedExtendedCard: false,
    });
  });

  test('the clients of both generations fetch the extended card because of it', async () => {
    const client = await new ClientFactory().createFromUrl(stack.url);
    expect((await client.getAgentCard()).description).toBe('All of it.');
    const legacy = await new LegacyClientFactory().createFromUrl(stack.url);
    expect((await legacy.getAgentCard()).description).toBe('All of it.');
  });
});

describe('an agent without one', () => {
  test.each(V1)('refuses $dialect as an operation that it does not have', async ({ ask }) => {
    expect((await ask(stack.otherUrl)).error?.code).toBe(-32004);
  });

  test('refuses JSON-RPC 0.3 as not configured', async () => {
    expect((await V03[0]!.ask(stack.otherUrl)).error?.code).toBe(-32007);
  });
});

describe('a skill of the extended card', () => {
  test('takes a message that names it', async () => {
    const { status } = await send(stack.otherUrl, messageFor('secret'));
    expect(textOf(status.message?.parts)).toBe('you know me');
  });

  test('is not told to whoever names another', async () => {
    const { body } = await http<unknown>(stack.url, {
      body: envelope('SendMessage', { message: messageFor('none') }),
    });
    expect(JSON.stringify(body)).toContain('there are: echo');
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

test('over REST 0.3 too it is for clients that name what they must know', async () => {
  const uri = 'urn:longhaul:a2a:stream-cursor:1';
  const { url } = await stack.startGateway({
    EXTENDED_AGENT_CARD: EXTENDED,
    REQUIRED_EXTENSIONS: uri,
  });
  const refused = await http(url, { path: '/v1/card', headers: LEGACY });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ code: -32008 });
  const headers = { ...LEGACY, 'X-A2A-Extensions': uri };
  const shown = await http(url, { path: '/v1/card', headers });
  expect(shown.status).toBe(200);
  expect(shown.headers.get('X-A2A-Extensions')).toBe(uri);
});

test('a shared cache may not keep it', async () => {
  const { headers } = await http(stack.url, { path: '/v1/card' });
  expect(headers.get('Cache-Control')).toContain('private');
});

test('a file that is wrong is refused at the start', async () => {
  writeFileSync(path('bad.json'), '{"capabilities":{}}');
  const refused = stack.startGateway({ EXTENDED_AGENT_CARD: path('bad.json') });
  await expect(refused).rejects.toThrow('longhaul: EXTENDED_AGENT_CARD: ');
  await expect(refused).rejects.toThrow('capabilities');
});
