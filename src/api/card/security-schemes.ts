// Security schemes in the JSON of both generations: 1.0 wraps each in its kind, 0.3 is OpenAPI's (0.3 §5.5.3).

import type { SecurityRequirement, SecurityScheme } from '@a2a-js/sdk';

type Fields = Readonly<Record<string, unknown>>;

/** A scheme as OpenAPI and 0.3 write it. */
export interface LegacyScheme extends Fields {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS';
}

/** What 0.3 has no word for is left out: the device code flow, and that PKCE is required. */
export function toLegacyScheme({ scheme }: SecurityScheme): LegacyScheme {
  switch (scheme?.$case) {
    case 'apiKeySecurityScheme': {
      const { location, name, description } = scheme.value;
      return filled({ type: 'apiKey', in: location, name, description });
    }
    case 'httpAuthSecurityScheme': {
      const { scheme: name, bearerFormat, description } = scheme.value;
      return filled({ type: 'http', scheme: name, bearerFormat, description });
    }
    case 'oauth2SecurityScheme': {
      const { flows, oauth2MetadataUrl, description } = scheme.value;
      return filled({
        type: 'oauth2',
        flows: toLegacyFlows(flows?.flow),
        oauth2MetadataUrl,
        description,
      });
    }
    case 'openIdConnectSecurityScheme':
      return filled({ type: 'openIdConnect', ...scheme.value });
    case 'mtlsSecurityScheme':
      return filled({ type: 'mutualTLS', ...scheme.value });
    case undefined:
      throw new Error('a security scheme without a kind');
  }
}

type Oauth2 = Extract<SecurityScheme['scheme'], { $case: 'oauth2SecurityScheme' }>['value'];
type Flow = NonNullable<Oauth2['flows']>['flow'];

function toLegacyFlows(flow: Flow): Record<string, Fields> {
  if (flow === undefined || flow.$case === 'deviceCode') return {};
  const { authorizationUrl, tokenUrl, refreshUrl, scopes } = {
    authorizationUrl: '',
    tokenUrl: '',
    ...flow.value,
  };
  return { [flow.$case]: filled({ authorizationUrl, tokenUrl, refreshUrl, scopes }) };
}

/** Without empty strings, which stand for absent fields in the SDK's types. */
function filled<T extends Fields>(fields: T): T {
  const set = Object.entries(fields).filter(([, value]) => value !== '');
  return Object.fromEntries(set) as T;
}

/**
 * Both in one object, for a card that both generations read. Where they share a name, `flows` is that
 * of 1.0, which has all that 0.3 reads.
 * @param v1 the scheme in the JSON of 1.0.
 */
export function toHybridScheme(scheme: SecurityScheme, v1: Fields): Fields {
  const [value = {}] = Object.values(v1) as Fields[];
  return { ...toLegacyScheme(scheme), ...value, ...v1 };
}

/** From the name of each scheme to the scopes that it needs. */
export function toLegacyRequirement({ schemes }: SecurityRequirement): Record<string, string[]> {
  return Object.fromEntries(Object.entries(schemes).map(([name, { list }]) => [name, [...list]]));
}
