// What the operator adds to the card: his words, his proxy's security schemes, a signature (A2A §4.4, §8.4).

import { verifyAgentCardSignature, type AgentCard } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import { ClientFactory as LegacyClientFactory } from 'a2a-sdk-0.3/client';
import type { JWK } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELDS, LEGACY_SECURITY, SCHEMES } from '../../harness/card-fields';
import { LEGACY_CARD, V1_CARD } from '../../harness/card-schemas';
import { useStack } from '../../harness/stack';

const CARD = '/.well-known/agent-card.json';

const folder = mkdtempSync(join(tmpdir(), 'longhaul-card-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const AGENT_CARD_FILE = write('card.json', JSON.stringify(FIELDS));
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const CARD_SIGNING_KEY = write('key.pem', KEY.export({ type: 'pkcs8', format: 'pem' }).toString());
const SIGNED = { AGENT_CARD_FILE, CARD_SIGNING_KEY };
const SHAPES = ['hybrid', '1.0', '0.3'] as const;
/** Gateways that publish one address have one card. */
const SAME = { ...SIGNED, PUBLIC_URL: 'https://agents.example.com' };

const stack = useStack({
  gateways: [...SHAPES.map((AGENT_CARD) => ({ ...SIGNED, AGENT_CARD })), SAME, SAME],
  hasWorker: false,
});

type Json = Readonly<Record<string, unknown>>;
const urlOf = (shape: (typeof SHAPES)[number]): string =>
  stack.gateways[SHAPES.indexOf(shape)]!.url;

async function fetchJson<T = Json>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function keysOf(url: string): Promise<readonly JWK[]> {
  return (await fetchJson<{ readonly keys: readonly JWK[] }>(`${url}/.well-known/jwks.json`)).keys;
}

describe('AGENT_CARD_FILE', () => {
  test.each(SHAPES)('puts its words on the %s card', async (shape) => {
    const { securitySchemes: _, securityRequirements: _required, ...words } = FIELDS;
    expect(await fetchJson(urlOf(shape) + CARD)).toMatchObject(words);
  });

  test('puts every security scheme on the 1.0 card, and strict readers accept it', async () => {
    const card = await fetchJson(urlOf('1.0') + CARD);
    expect(card['securitySchemes']).toEqual(SCHEMES);
    expect(card['securityRequirements']).toEqual(FIELDS.securityRequirements);
    expect(() => V1_CARD.parse(card)).not.toThrow();
  });

  test('puts every security scheme on the 0.3 card, and strict readers accept it', async () => {
    const card = await fetchJson(urlOf('0.3') + CARD);
    expect(Object.keys(card['securitySchemes'] as Json)).toEqual(Object.keys(SCHEMES));
    expect(card['security']).toEqual(LEGACY_SECURITY);
    expect(() => LEGACY_CARD.parse(card)).not.toThrow();
  });

  test('clients of 1.0 see the schemes on the 1.0 card', async () => {
    const client = await new ClientFactory().createFromUrl(urlOf('1.0'));
    const { securitySchemes } = await client.getAgentCard();
    expect(securitySchemes['bearer']?.scheme).toMatchObject({
      $case: 'httpAuthSecurityScheme',
      value: { scheme: 'Bearer' },
    });
    expect(securitySchemes['device']?.scheme).toMatchObject({
      value: { flows: { flow: { $case: 'deviceCode' } } },
    });
  });

  test('clients of 1.0 see them on the hybrid card, where theirs hands the JSON on', async () => {
    const client = await new ClientFactory().createFromUrl(urlOf('hybrid'));
    expect((await client.getAgentCard()).securitySchemes).toMatchObject(SCHEMES);
  });

  test.each(['hybrid', '0.3'] as const)(
    'clients of 0.3 see schemes on the %s card',
    async (shape) => {
      const client = await new LegacyClientFactory().createFromUrl(urlOf(shape));
      const { securitySchemes, security } = await client.getAgentCard();
      expect(securitySchemes?.['bearer']).toMatchObject({ type: 'http', scheme: 'Bearer' });
      expect(securitySchemes?.['key']).toMatchObject({ type: 'apiKey', in: 'header' });
      expect(security).toEqual(LEGACY_SECURITY);
    },
  );

  test('is read at the start: the card is kept in memory', async () => {
    const before = await (await fetch(urlOf('1.0') + CARD)).text();
    writeFileSync(AGENT_CARD_FILE, '{"name":"changed"}');
    try {
      expect(await (await fetch(urlOf('1.0') + CARD)).text()).toBe(before);
    } finally {
      writeFileSync(AGENT_CARD_FILE, JSON.stringify(FIELDS));
    }
  });

  test.each([
    { what: 'a field of ours', text: '{"skills":[]}', said: 'the skills are those of SKILLS' },
    { what: 'a bad field', text: '{"provider":{"organization":"x"}}', said: 'provider.url' },
    { what: 'no JSON', text: '{', said: 'bad.json: ' },
    {
      what: 'a requirement without its scheme',
      text: '{"securityRequirements":[{"schemes":{"x":{}}}]}',
      said: 'there is no scheme "x"',
    },
  ])('with $what is refused at the start', async ({ text, said }) => {
    const refused = stack.startGateway({ AGENT_CARD_FILE: write('bad.json', text) });
    await expect(refused).rejects.toThrow('longhaul: AGENT_CARD_FILE: ');
    await expect(refused).rejects.toThrow(said);
  });
});

describe('CARD_SIGNING_KEY', () => {
  const errors = jest.spyOn(console, 'debug').mockReturnValue();
  afterAll(() => errors.mockRestore());

  test.each(['hybrid', '1.0'] as const)("the SDK's verifier accepts the %s card", async (shape) => {
    const url = urlOf(shape);
    const asked: (string | undefined)[] = [];
    const verify = verifyAgentCardSignature(async (kid, jku) => {
      asked.push(jku);
      return (await keysOf(url)).find((key) => key.kid === kid)!;
    });
    const card = await fetchJson<AgentCard>(url + CARD);
    await expect(verify(card)).resolves.toBeUndefined();
    await expect(verify({ ...card, name: 'Mallory' })).rejects.toThrow('No valid signatures');
    expect(asked[0]).toBe(`${url}/.well-known/jwks.json`);
  });

  test('publishes the public half of the key, with how long it may be kept', async () => {
    const response = await fetch(`${urlOf('1.0')}/.well-known/jwks.json`);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/json\b/);
    expect(response.headers.get('Cache-Control')).toMatch(/\bmax-age=\d+/);
    const { x, y } = KEY.export({ format: 'jwk' });
    const kid = expect.stringMatching(/^[\w-]{43}$/) as string;
    expect(await response.json()).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }],
    });
  });

  test('gateways whose signatures differ agree on the ETag, and say that it is a weak one', async () => {
    const [one, other] = await Promise.all(
      stack.gateways.slice(3, 5).map(({ url }) => fetch(url + CARD)),
    );
    expect(one!.headers.get('ETag')).toMatch(/^W\/"/);
    expect(one!.headers.get('ETag')).toBe(other!.headers.get('ETag'));
    expect(await one!.json()).not.toEqual(await other!.json());
  });

  test('a file without a private key is refused at the start', async () => {
    const path = write('bad.pem', 'hello');
    await expect(stack.startGateway({ CARD_SIGNING_KEY: path })).rejects.toThrow(
      `longhaul: CARD_SIGNING_KEY: ${path}: is not a PEM private key`,
    );
  });
});

test('without a key there is neither a signature nor a key set', async () => {
  const { url } = await stack.startGateway();
  expect(await fetchJson(url + CARD)).not.toHaveProperty('signatures');
  expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(404);
});
