// The card's JSON in each shape, down to the security schemes (A2A §4.4, §4.5; 0.3 §5.5).

import { AgentCard } from '@a2a-js/sdk';
import type { AgentCard as LegacyAgentCard } from 'a2a-sdk-0.3';
import { createAgentCard, type AgentCardOptions } from '../../../src/api/card/agent-card';
import { parseCardFields } from '../../../src/api/card/card-fields';
import { cardJson } from '../../../src/api/card/card-json';
import { declareExtensions } from '../../../src/api/extensions';
import type { Skill } from '../../../src/activities/skill';
import { FIELDS, LEGACY_SECURITY, SCHEMES } from '../../harness/card-fields';
import { LEGACY_CARD, V1_CARD } from '../../harness/card-schemas';

const skill = (id: string, more: Partial<Skill> = {}): Skill => ({
  ...{ id, name: id, description: id, tags: ['test'] },
  run: () => Promise.resolve({ state: 'completed' }),
  ...more,
});

const cardOf = (
  {
    fields = {},
    ...options
  }: Partial<Omit<AgentCardOptions, 'fields'>> & { readonly fields?: object } = {},
  skills: readonly Skill[] = [skill('one')],
): AgentCard =>
  createAgentCard(skills, {
    publicUrl: 'https://agent.example.com',
    version: '1.2.3',
    extensions: declareExtensions([]),
    hasExtendedCard: false,
    hasPush: true,
    ...options,
    fields: [parseCardFields(JSON.stringify(fields))],
  });

type Json = Record<string, unknown>;
const jsonOf = (shape: 'hybrid' | '1.0' | '0.3', card = cardOf({ fields: FIELDS })): Json =>
  JSON.parse(JSON.stringify(cardJson(card, shape))) as Json;

const KINDS = Object.keys(SCHEMES) as (keyof typeof SCHEMES)[];

describe('the 1.0 card', () => {
  test.each([
    { card: 'our own', fields: {} },
    { card: "an operator's", fields: FIELDS },
  ])('of $card fields is what a strict reader of 1.0 accepts', ({ fields }) => {
    expect(() => V1_CARD.parse(jsonOf('1.0', cardOf({ fields })))).not.toThrow();
  });

  test.each(KINDS)('keeps the scheme "%s" as it was given', (name) => {
    expect(jsonOf('1.0')['securitySchemes']).toHaveProperty(name, SCHEMES[name]);
  });

  test('keeps the requirements', () => {
    expect(jsonOf('1.0')['securityRequirements']).toEqual(FIELDS.securityRequirements);
  });

  test('has the fields that 1.0 requires also when they are empty', () => {
    const json = jsonOf('1.0', cardOf({}, []));
    expect(json['skills']).toEqual([]);
    expect(json['defaultInputModes']).toEqual(['text/plain']);
  });

  test("comes back from the SDK's codec with every scheme", () => {
    const card = cardOf({ fields: FIELDS });
    expect(AgentCard.fromJSON(cardJson(card, '1.0'))).toEqual(card);
  });
});

describe('the 0.3 card', () => {
  test.each([
    { card: 'our own', fields: {} },
    { card: "an operator's", fields: FIELDS },
  ])('of $card fields is what a strict reader of 0.3 accepts', ({ fields }) => {
    expect(() => LEGACY_CARD.parse(jsonOf('0.3', cardOf({ fields })))).not.toThrow();
  });

  test('writes each scheme as OpenAPI does, without what 0.3 has no word for', () => {
    const { refreshUrl, authorizationUrl, tokenUrl, scopes } =
      SCHEMES.code.oauth2SecurityScheme.flows.authorizationCode;
    const expected: LegacyAgentCard['securitySchemes'] = {
      key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'By mail.' },
      bearer: { type: 'http', scheme: 'Bearer', bearerFormat: 'JWT' },
      code: {
        type: 'oauth2',
        flows: { authorizationCode: { authorizationUrl, tokenUrl, refreshUrl, scopes } },
        oauth2MetadataUrl: SCHEMES.code.oauth2SecurityScheme.oauth2MetadataUrl,
      },
      machine: { type: 'oauth2', flows: SCHEMES.machine.oauth2SecurityScheme.flows },
      implicit: { type: 'oauth2', flows: SCHEMES.implicit.oauth2SecurityScheme.flows },
      password: { type: 'oauth2', flows: SCHEMES.password.oauth2SecurityScheme.flows },
      device: { type: 'oauth2', flows: {} },
      oidc: {
        type: 'openIdConnect',
        openIdConnectUrl: SCHEMES.oidc.openIdConnectSecurityScheme.openIdConnectUrl,
      },
      mtls: { type: 'mutualTLS' },
    };
    const json = jsonOf('0.3');
    expect(json['securitySchemes']).toEqual(expected);
    expect(json['security']).toEqual(LEGACY_SECURITY);
  });
});

describe('the hybrid card', () => {
  test.each(KINDS)('has the scheme "%s" for readers of both generations', (name) => {
    const said = (jsonOf('hybrid')['securitySchemes'] as Record<string, Json>)[name];
    const legacy = (jsonOf('0.3')['securitySchemes'] as Record<string, Json>)[name];
    expect(said).toMatchObject(SCHEMES[name]);
    expect(said).toMatchObject(legacy!);
  });

  test('has the requirements of both', () => {
    const { securityRequirements, security } = jsonOf('hybrid');
    expect(securityRequirements).toEqual(FIELDS.securityRequirements);
    expect(security).toEqual(LEGACY_SECURITY);
  });

  test('reads as the 1.0 card where 1.0 looks', () => {
    expect(AgentCard.fromJSON(jsonOf('hybrid'))).toEqual(cardOf({ fields: FIELDS }));
  });
});

describe('what the card says of the agent', () => {
  test('gRPC is listed where it is served, in both generations, after the others', () => {
    const { supportedInterfaces } = cardOf({ grpcAddress: 'agent.example.com:4001' });
    expect(supportedInterfaces.map((one) => [one.protocolVersion, one.protocolBinding])).toEqual([
      ['1.0', 'JSONRPC'],
      ['1.0', 'HTTP+JSON'],
      ['1.0', 'GRPC'],
      ['0.3', 'JSONRPC'],
      ['0.3', 'HTTP+JSON'],
      ['0.3', 'GRPC'],
    ]);
    expect(supportedInterfaces[2]?.url).toBe('agent.example.com:4001');
  });

  test('default modes are all that skills declare, and text for those that declare none', () => {
    const csv = skill('csv', { inputModes: ['text/csv'], outputModes: ['image/png'] });
    expect(cardOf({}, [csv])).toMatchObject({
      defaultInputModes: ['text/csv'],
      defaultOutputModes: ['image/png'],
    });
    expect(cardOf({}, [csv, skill('plain'), csv]).defaultInputModes).toEqual([
      'text/csv',
      'text/plain',
    ]);
  });

  test('later fields replace earlier ones as a whole', () => {
    const [first, second] = [FIELDS, { name: 'Other', securityRequirements: [] }].map((fields) =>
      parseCardFields(JSON.stringify(fields)),
    );
    const card = createAgentCard([], {
      ...{
        publicUrl: 'https://a.example',
        version: '1',
        extensions: [],
        hasExtendedCard: true,
        hasPush: true,
      },
      fields: [first!, second!],
    });
    expect(card).toMatchObject({ name: 'Other', version: '2.7.1', securityRequirements: [] });
    expect(card.capabilities?.extendedAgentCard).toBe(true);
  });
});
