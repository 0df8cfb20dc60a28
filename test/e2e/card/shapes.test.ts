// The agent card in its three shapes, as both generations of clients read it (A2A §4.4, §8).

import { ClientFactory, DefaultAgentCardResolver } from '@a2a-js/sdk/client';
import { ClientFactory as LegacyClientFactory } from 'a2a-sdk-0.3/client';
import { LEGACY_CARD, V1_CARD } from '../../harness/card-schemas';
import { useStack } from '../../harness/stack';

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
  readonly defaultInputModes: readonly string[];
  readonly defaultOutputModes: readonly string[];
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

describe('AGENT_CARD (A2A §4.4.1)', () => {
  test('the 1.0 card is what a strict reader of 1.0 accepts', async () => {
    const card = await fetchCard('1.0');
    expect(() => V1_CARD.parse(card)).not.toThrow();
  });

  test('the 0.3 card is what a strict reader of 0.3 accepts', async () => {
    const card = await fetchCard('0.3');
    expect(() => LEGACY_CARD.parse(card)).not.toThrow();
  });

  test('the hybrid card has the fields of both, and no other', async () => {
    const hybrid = await fetchCard('hybrid');
    const fields = [await fetchCard('1.0'), await fetchCard('0.3')].flatMap(Object.keys);
    expect(new Set(Object.keys(hybrid))).toEqual(new Set(fields));
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

  test('declares its extensions, none of which anybody has to know', async () => {
    const { capabilities } = await fetchCard(shape);
    const extensions = capabilities['extensions'] as readonly { uri: string; required?: boolean }[];
    expect(extensions.map(({ uri }) => uri)).toEqual([
      'urn:longhaul:a2a:stream-cursor:1',
      'urn:longhaul:a2a:idempotency-key:1',
      'urn:longhaul:a2a:skill-choice:1',
      'urn:longhaul:a2a:webhook-deliveries:1',
      'urn:longhaul:a2a:partial-artifact:1',
      'urn:longhaul:a2a:retry:1',
      'urn:longhaul:a2a:unread-messages:1',
    ]);
    expect(extensions.filter(({ required = false }) => required)).toEqual([]);
  });

  test('takes the modes of its skills for its own', async () => {
    const { defaultInputModes, defaultOutputModes } = await fetchCard(shape);
    expect(defaultInputModes).toEqual(expect.arrayContaining(['text/plain', 'text/csv']));
    expect(defaultOutputModes).toEqual(expect.arrayContaining(['text/plain', 'text/markdown']));
  });

  test('holds no null', async () => {
    expect(JSON.stringify(await fetchCard(shape))).not.toContain('null');
  });

  test('is also at /v1/card', async () => {
    expect(await fetchCard(shape, '/v1/card')).toEqual(await fetchCard(shape));
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
