// The agent card of each generation as a strict reader's schema has it: no field more, no field less.

import { z } from 'zod';

const text = z.string().min(1);
const url = z.url();
const texts = z.array(text);
const scopes = z.record(z.string(), z.string());
const description = text.optional();
const refreshUrl = url.optional();
const provider = z.strictObject({ organization: text, url });
const signatures = z
  .array(z.strictObject({ protected: text, signature: text, header: z.looseObject({}).optional() }))
  .optional();
const extensions = z
  .array(
    z.strictObject({
      uri: text,
      description,
      required: z.boolean().optional(),
      params: z.looseObject({}).optional(),
    }),
  )
  .optional();

const skill = {
  id: text,
  name: text,
  description: text,
  tags: texts.min(1),
  examples: texts.optional(),
  inputModes: texts.optional(),
  outputModes: texts.optional(),
};

const described = {
  name: text,
  description: text,
  version: text,
  provider: provider.optional(),
  documentationUrl: url.optional(),
  iconUrl: url.optional(),
  defaultInputModes: texts.min(1),
  defaultOutputModes: texts.min(1),
  signatures,
};

const requirements = z
  .array(
    z.strictObject({
      schemes: z.record(z.string(), z.strictObject({ list: texts.optional() })),
    }),
  )
  .optional();

const one = <T extends z.ZodRawShape>(kinds: T) =>
  z
    .strictObject(kinds)
    .partial()
    .refine((given) => Object.keys(given).length === 1, 'one kind');

const v1Scheme = one({
  apiKeySecurityScheme: z.strictObject({
    description,
    location: z.enum(['query', 'header', 'cookie']),
    name: text,
  }),
  httpAuthSecurityScheme: z.strictObject({ description, scheme: text, bearerFormat: description }),
  oauth2SecurityScheme: z.strictObject({
    description,
    oauth2MetadataUrl: url.optional(),
    flows: one({
      authorizationCode: z.strictObject({
        authorizationUrl: url,
        tokenUrl: url,
        refreshUrl,
        scopes,
        pkceRequired: z.boolean().optional(),
      }),
      clientCredentials: z.strictObject({ tokenUrl: url, refreshUrl, scopes }),
      implicit: z.strictObject({ authorizationUrl: url, refreshUrl, scopes: scopes.optional() }),
      password: z.strictObject({ tokenUrl: url, refreshUrl, scopes: scopes.optional() }),
      deviceCode: z.strictObject({
        deviceAuthorizationUrl: url,
        tokenUrl: url,
        refreshUrl,
        scopes,
      }),
    }),
  }),
  openIdConnectSecurityScheme: z.strictObject({ description, openIdConnectUrl: url }),
  mtlsSecurityScheme: z.strictObject({ description }),
});

/** A2A 1.0 §4.4.1. */
export const V1_CARD = z.strictObject({
  ...described,
  supportedInterfaces: z
    .array(
      z.strictObject({
        url: text,
        protocolBinding: z.enum(['JSONRPC', 'HTTP+JSON', 'GRPC']),
        protocolVersion: z.enum(['1.0', '0.3']),
        tenant: text.optional(),
      }),
    )
    .min(1),
  capabilities: z.strictObject({
    streaming: z.boolean().optional(),
    pushNotifications: z.boolean().optional(),
    extendedAgentCard: z.boolean().optional(),
    extensions,
  }),
  securitySchemes: z.record(z.string(), v1Scheme).optional(),
  securityRequirements: requirements,
  skills: z.array(z.strictObject({ ...skill, securityRequirements: requirements })),
});

const legacyScheme = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('apiKey'),
    in: z.enum(['query', 'header', 'cookie']),
    name: text,
    description,
  }),
  z.strictObject({
    type: z.literal('http'),
    scheme: text,
    bearerFormat: description,
    description,
  }),
  z.strictObject({
    type: z.literal('oauth2'),
    description,
    oauth2MetadataUrl: url.optional(),
    flows: z
      .strictObject({
        authorizationCode: z.strictObject({
          authorizationUrl: url,
          tokenUrl: url,
          refreshUrl,
          scopes,
        }),
        clientCredentials: z.strictObject({ tokenUrl: url, refreshUrl, scopes }),
        implicit: z.strictObject({ authorizationUrl: url, refreshUrl, scopes }),
        password: z.strictObject({ tokenUrl: url, refreshUrl, scopes }),
      })
      .partial(),
  }),
  z.strictObject({ type: z.literal('openIdConnect'), openIdConnectUrl: url, description }),
  z.strictObject({ type: z.literal('mutualTLS'), description }),
]);

const security = z.array(z.record(z.string(), texts)).optional();
const transport = z.enum(['JSONRPC', 'HTTP+JSON', 'GRPC']);

/** A2A 0.3 §5.5. */
export const LEGACY_CARD = z.strictObject({
  ...described,
  protocolVersion: z.string().regex(/^0\.3\.\d+$/),
  url,
  preferredTransport: transport.optional(),
  additionalInterfaces: z.array(z.strictObject({ url: text, transport })).optional(),
  capabilities: z.strictObject({
    streaming: z.boolean().optional(),
    pushNotifications: z.boolean().optional(),
    stateTransitionHistory: z.boolean().optional(),
    extensions,
  }),
  securitySchemes: z.record(z.string(), legacyScheme).optional(),
  security,
  skills: z.array(z.strictObject({ ...skill, security })),
  supportsAuthenticatedExtendedCard: z.boolean().optional(),
});
