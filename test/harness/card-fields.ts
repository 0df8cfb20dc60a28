// What an operator's card file may say, every kind of security scheme included.

const AUTH = 'https://login.example.com';

export const SCHEMES = {
  key: { apiKeySecurityScheme: { location: 'header', name: 'X-API-Key', description: 'By mail.' } },
  bearer: { httpAuthSecurityScheme: { scheme: 'Bearer', bearerFormat: 'JWT' } },
  code: {
    oauth2SecurityScheme: {
      flows: {
        authorizationCode: {
          authorizationUrl: `${AUTH}/authorize`,
          tokenUrl: `${AUTH}/token`,
          refreshUrl: `${AUTH}/refresh`,
          scopes: { tasks: 'Run tasks.' },
          pkceRequired: true,
        },
      },
      oauth2MetadataUrl: `${AUTH}/.well-known/oauth-authorization-server`,
    },
  },
  machine: {
    oauth2SecurityScheme: {
      flows: { clientCredentials: { tokenUrl: `${AUTH}/token`, scopes: {} } },
    },
  },
  implicit: {
    oauth2SecurityScheme: {
      flows: { implicit: { authorizationUrl: `${AUTH}/authorize`, scopes: { tasks: '' } } },
    },
  },
  password: {
    oauth2SecurityScheme: {
      flows: { password: { tokenUrl: `${AUTH}/token`, scopes: { tasks: 'Run tasks.' } } },
    },
  },
  device: {
    oauth2SecurityScheme: {
      flows: {
        deviceCode: {
          deviceAuthorizationUrl: `${AUTH}/device`,
          tokenUrl: `${AUTH}/token`,
          scopes: { tasks: 'Run tasks.' },
        },
      },
    },
  },
  oidc: {
    openIdConnectSecurityScheme: { openIdConnectUrl: `${AUTH}/.well-known/openid-configuration` },
  },
  mtls: { mtlsSecurityScheme: {} },
} as const;

export const FIELDS = {
  name: 'Weather desk',
  description: 'Reports on the weather, über Nacht.',
  version: '2.7.1',
  provider: { organization: 'Example Ltd', url: 'https://example.com' },
  documentationUrl: 'https://example.com/docs',
  iconUrl: 'https://example.com/icon.png',
  securitySchemes: SCHEMES,
  securityRequirements: [
    { schemes: { bearer: {} } },
    { schemes: { code: { list: ['tasks'] }, mtls: {} } },
  ],
  defaultInputModes: ['text/csv'],
  defaultOutputModes: ['text/markdown', 'image/svg+xml'],
} as const;

/** The same requirements in 0.3. */
export const LEGACY_SECURITY = [{ bearer: [] }, { code: ['tasks'], mtls: [] }];
