// Card files that are refused, each with the name of the field and the reason.

import { createAgentCard } from '../../../src/api/card/agent-card';
import { parseCardFields } from '../../../src/api/card/card-fields';

const bearer = { httpAuthSecurityScheme: { scheme: 'Bearer' } };

test.each([
  { field: 'provider.url', said: { provider: { organization: 'x', url: 'not a url' } } },
  { field: 'provider.url', said: { provider: { organization: 'x' } } },
  { field: 'documentationUrl', said: { documentationUrl: 'javascript:alert(1)' } },
  { field: 'iconUrl', said: { iconUrl: 'file:///etc/passwd' } },
  { field: 'name', said: { name: '' } },
  { field: 'description', said: { description: '\ud800' } },
  { field: 'version', said: { version: 1 } },
  { field: 'defaultInputModes', said: { defaultInputModes: [] } },
  { field: 'defaultOutputModes[0]', said: { defaultOutputModes: ['text'] } },
  { field: 'securitySchemes.b', said: { securitySchemes: { b: {} } } },
  {
    field: 'securitySchemes.b',
    said: { securitySchemes: { b: { ...bearer, mtlsSecurityScheme: {} } } },
  },
  { field: 'securitySchemes.b', said: { securitySchemes: { b: { type: 'http' } } } },
  {
    field: 'securitySchemes.b.apiKeySecurityScheme.location',
    said: { securitySchemes: { b: { apiKeySecurityScheme: { location: 'body', name: 'x' } } } },
  },
  {
    field: 'securitySchemes.b.oauth2SecurityScheme.flows',
    said: { securitySchemes: { b: { oauth2SecurityScheme: { flows: {} } } } },
  },
  {
    field: 'securityRequirements[0].schemes.b',
    said: { securityRequirements: [{ schemes: { b: ['x'] } }] },
  },
  { field: 'supportedInterfaces', said: { supportedInterfaces: [] } },
  { field: 'capabilities', said: { capabilities: { streaming: false } } },
  { field: 'skills', said: { skills: [] } },
  { field: 'signatures', said: { signatures: [] } },
])('$said is refused because of $field', ({ field, said }) => {
  expect(() => parseCardFields(JSON.stringify(said))).toThrow(`→ at ${field}`);
});

test('a field that no card has is refused by its name', () => {
  expect(() => parseCardFields('{"protocolVersion":"1.0"}')).toThrow('"protocolVersion"');
});

test('a field of ours is refused with the reason', () => {
  expect(() => parseCardFields('{"skills":[]}')).toThrow('the skills are those of SKILLS');
});

test('a requirement may only name a scheme that is declared', () => {
  const fields = parseCardFields(
    JSON.stringify({
      securitySchemes: { bearer },
      securityRequirements: [{ schemes: { bearer: {} } }, { schemes: { toString: {} } }],
    }),
  );
  const options = {
    publicUrl: '',
    version: '1',
    extensions: [],
    hasExtendedCard: false,
    hasPush: true,
  };
  expect(() => createAgentCard([], { ...options, fields: [fields] })).toThrow(
    'securityRequirements: there is no scheme "toString"',
  );
});
