// Security schemes and requirements as they stand in an operator's file: the JSON of 1.0 (A2A §4.5).

import { z } from 'zod';

const text = z.string().regex(/^[^\p{Cs}]+$/u, 'must be well-formed text that is not empty');
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const description = text.optional();
const refreshUrl = url.optional();
/** What a component may be called in OpenAPI, whose schemes these are. */
const schemeName = z.string().regex(/^[A-Za-z0-9._-]+$/, 'must be of A-Z a-z 0-9 . _ -');

/** From the name of a scope to what it is for; may be empty. */
const scopes = z.record(text, z.string());

const flows = z
  .strictObject({
    authorizationCode: z.strictObject({
      authorizationUrl: url,
      tokenUrl: url,
      refreshUrl,
      scopes,
      pkceRequired: z.boolean().optional(),
    }),
    clientCredentials: z.strictObject({ tokenUrl: url, refreshUrl, scopes }),
    implicit: z.strictObject({ authorizationUrl: url, refreshUrl, scopes }),
    password: z.strictObject({ tokenUrl: url, refreshUrl, scopes }),
    deviceCode: z.strictObject({
      deviceAuthorizationUrl: url,
      tokenUrl: url,
      refreshUrl,
      scopes,
    }),
  })
  .partial()
  .refine(hasOne, 'must have exactly one flow');

const scheme = z
  .strictObject({
    apiKeySecurityScheme: z.strictObject({
      description,
      location: z.enum(['query', 'header', 'cookie']),
      name: text,
    }),
    httpAuthSecurityScheme: z.strictObject({
      description,
      scheme: text,
      bearerFormat: text.optional(),
    }),
    oauth2SecurityScheme: z.strictObject({
      description,
      flows,
      oauth2MetadataUrl: url.optional(),
    }),
    openIdConnectSecurityScheme: z.strictObject({ description, openIdConnectUrl: url }),
    mtlsSecurityScheme: z.strictObject({ description }),
  })
  .partial()
  .refine(hasOne, 'must have exactly one kind of scheme');

export const securitySchemes = z.record(schemeName, scheme);

/** One of them must be met; of one, every scheme with its scopes. */
export const securityRequirements = z.array(
  z.strictObject({
    schemes: z.record(schemeName, z.strictObject({ list: z.array(text).default([]) })),
  }),
);

/** Both are a `oneof` in A2A's protobuf. */
function hasOne(kinds: object): boolean {
  return Object.keys(kinds).length === 1;
}
