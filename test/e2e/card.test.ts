// The agent card in its three shapes, as both generations of clients read it (A2A §4.4, §8).

import { ClientFactory, DefaultAgentCardResolver } from '@a2a-js/sdk/client';
import { ClientFactory as LegacyClientFactory } from 'a2a-sdk-0.3/client';
import { useStack } from '../harness/stack';

const CARD = '/.well-known/agent-card.json';
const SHAPES = ['hybrid', '1.0', '0.3'] as const;
type Shape = (typeof SHAPES)[number];

const stack = useStack({
  gateways: SHAPES.map((shape) => ({ AGENT_CARD: shape })),
  hasWorker: false,
});

interface Interface {
  readonly url: string;
  readonly protocolBinding: string;
  readonly protocolVersion: string;
}
interface Card {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly url?: string;
  readonly protocolVersion?: string;
  readonly supportedInterfaces?: readonly Interface[];
  readonly additionalInterfaces?: readonly { readonly url: string; readonly transport: string }[];
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly skills: readonly { readonly id: string; readonly tags: readonly string[] }[];
}

const urlOf = (shape: Shape): string => stack.gateways[SHAPES.indexOf(shape)]!.url;

async function fetchCard(shape: Shape, path = CARD): Promise<Card> {
  const response = await fetch(urlOf(shape) + path);
  expect(response.headers.get('Content-Type')).toMatch(/^application\/json\b/);
  return (await response.json()) as Card;
}

/** The fields of each generation's schema (A2A §4.4.1; 0.3 §5.5). */
const V1_FIELDS = [
  'name',
  'description',
  'supportedInterfaces',
  'provider',
  'version',
  'documentationUrl',
  'capabilities',
  'securitySchemes',
  'securityRequirements',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
  'signatures',
  'iconUrl',
];
const LEGACY_FIELDS = [
  'protocolVersion',
  'name',
  'description',
  'url',
  'preferredTransport',
  'additionalInterfaces',
  'iconUrl',
  'provider',
  'version',
  'documentationUrl',
  'capabilities',
  'securitySchemes',
  'security',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
  'supportsAuthenticatedExtendedCard',
  'signatures',
];
const V1_REQUIRED = [
  'name',
  'description',
  'supportedInterfaces',
  'version',
  'capabilities',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
];
const LEGACY_REQUIRED = [
  'protocolVersion',
  'name',
  'description',
  'url',
  'version',
  'capabilities',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
];

describe('AGENT_CARD (A2A §4.4.1)', () => {
  test.each([
    { shape: 'hybrid', known: [...V1_FIELDS, ...LEGACY_FIELDS] },
    { shape: '1.0', known: V1_FIELDS },
    { shape: '0.3', known: LEGACY_FIELDS },
  ] as const)('the $shape card has no field that its readers do not know', async (row) => {
    const unknown = Object.keys(await fetchCard(row.shape)).filter((k) => !row.known.includes(k));
    expect(unknown).toEqual([]);
  });

  test.each([
    { shape: 'hybrid', required: [...V1_REQUIRED, ...LEGACY_REQUIRED] },
    { shape: '1.0', required: V1_REQUIRED },
    { shape: '0.3', required: LEGACY_REQUIRED },
  ] as const)('the $shape card has every field that its readers require', async (row) => {
    const keys = Object.keys(await fetchCard(row.shape));
    expect(row.required.filter((field) => !keys.includes(field))).toEqual([]);
  });

  test.each(['hybrid', '1.0'] as const)(
    'the %s card lists each binding once a generation, 1.0 first',
    async (shape) => {
      const { supportedInterfaces } = await fetchCard(shape);
      expect(
        supportedInterfaces?.map((each) => [each.protocolVersion, each.protocolBinding]),
      ).toEqual([
        ['1.0', 'JSONRPC'],
        ['1.0', 'HTTP+JSON'],
        ['0.3', 'JSONRPC'],
        ['0.3', 'HTTP+JSON'],
      ]);
    },
  );

  test.each(['hybrid', '0.3'] as const)(
    'the %s card names the transports of 0.3',
    async (shape) => {
      const url = urlOf(shape);
      expect(await fetchCard(shape)).toMatchObject({
        protocolVersion: expect.stringMatching(/^0\.3/) as string,
        url: `${url}/`,
        preferredTransport: 'JSONRPC',
        additionalInterfaces: expect.arrayContaining([
          { url, transport: 'HTTP+JSON' },
        ]) as unknown[],
      });
    },
  );

  test('a value that is not one of the three is refused at start', async () => {
    const env = { AGENT_CARD: '2.0' };
    await expect(stack.startGateway(env)).rejects.toThrow('AGENT_CARD');
  });
});

describe.each(SHAPES)('the %s card', (shape) => {
  test('gives every skill at least one tag', async () => {
    const { skills } = await fetchCard(shape);
    expect(skills.length).toBeGreaterThan(5);
    expect(skills.filter(({ tags }) => tags.length === 0)).toEqual([]);
  });

  test('offers streaming, and neither push nor an extended card', async () => {
    const card = await fetchCard(shape);
    const { streaming, pushNotifications, extendedAgentCard } = card.capabilities;
    expect({ streaming, pushNotifications, extendedAgentCard: extendedAgentCard ?? false }).toEqual(
      { streaming: true, pushNotifications: true, extendedAgentCard: false },
    );
    expect(card).not.toHaveProperty('supportsAuthenticatedExtendedCard', true);
  });

  test('declares numbered streams as an extension that nobody has to know', async () => {
    const { capabilities } = await fetchCard(shape);
    const extensions = capabilities['extensions'] as readonly { uri: string; required?: boolean }[];
    const cursor = extensions.find(({ uri }) => uri === 'urn:longhaul:a2a:stream-cursor:1');
    expect(cursor?.required ?? false).toBe(false);
    expect(cursor).toBeDefined();
  });

  test('holds no null', async () => {
    expect(JSON.stringify(await fetchCard(shape))).not.toContain('null');
  });

  test('is also at /v1/card', async () => {
    expect(await fetchCard(shape, '/v1/card')).toEqual(await fetchCard(shape));
  });
});

describe('caching (A2A §8.6)', () => {
  // With a validator of its own, fetch would add `Cache-Control: no-cache`, which forbids a 304.
  const ask = (headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(urlOf('hybrid') + CARD, { headers });

  async function validators(): Promise<{ readonly etag: string; readonly lastModified: string }> {
    const { headers } = await ask();
    return { etag: headers.get('ETag') ?? '', lastModified: headers.get('Last-Modified') ?? '' };
  }

  test('the answer says how long it may be kept, and by what to ask again', async () => {
    const { headers } = await ask();
    expect(headers.get('Cache-Control')).toMatch(/\bmax-age=\d+/);
    expect(headers.get('ETag')).toMatch(/^(W\/)?"[^"]+"$/);
    expect(Date.parse(headers.get('Last-Modified') ?? '')).toBeLessThanOrEqual(Date.now());
  });

  test('a client with the same ETag is answered 304 without a body', async () => {
    const { etag } = await validators();
    const response = await ask({ 'If-None-Match': etag, 'Cache-Control': 'max-age=0' });
    expect(response.status).toBe(304);
    expect(await response.text()).toBe('');
    expect(response.headers.get('ETag')).toBe(etag);
  });

  test('a client with the same Last-Modified is answered 304', async () => {
    const { lastModified } = await validators();
    const response = await ask({ 'If-Modified-Since': lastModified, 'Cache-Control': 'max-age=0' });
    expect(response.status).toBe(304);
  });

  test('a client with another ETag is answered in full', async () => {
    const response = await ask({ 'If-None-Match': '"other"' });
    expect(response.status).toBe(200);
    expect(await response.json()).toHaveProperty('name');
  });

  test('cards of different shapes have different ETags', async () => {
    const tags = await Promise.all(
      SHAPES.map(async (shape) => (await fetch(urlOf(shape) + CARD)).headers.get('ETag')),
    );
    expect(new Set(tags).size).toBe(3);
  });
});

describe('the official clients', () => {
  test.each(['hybrid', '1.0'] as const)('of 1.0 resolve the %s card', async (shape) => {
    const client = await new ClientFactory().createFromUrl(urlOf(shape));
    expect(client.protocolVersion).toBe('1.0');
    expect(await client.getAgentCard()).toMatchObject({
      name: 'Longhaul',
      capabilities: { streaming: true, pushNotifications: true },
    });
  });

  test('of 1.0 resolve the 0.3 card with their compatibility layer', async () => {
    const resolver = new DefaultAgentCardResolver({ legacyCompat: { enabled: true } });
    const { supportedInterfaces } = await resolver.resolve(urlOf('0.3'));
    const said = supportedInterfaces.map((each) => [each.protocolVersion, each.protocolBinding]);
    expect(said).toContainEqual(['0.3', 'JSONRPC']);
  });

  test.each(['hybrid', '0.3'] as const)('of 0.3 resolve the %s card', async (shape) => {
    const client = await new LegacyClientFactory().createFromUrl(urlOf(shape));
    expect(await client.getAgentCard()).toMatchObject({
      name: 'Longhaul',
      preferredTransport: 'JSONRPC',
      capabilities: { streaming: true, pushNotifications: true },
    });
  });
});
