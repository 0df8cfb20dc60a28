// The agent card's JSON in the three shapes that clients of both generations read (A2A §4.4, 0.3 §5.5).

import { AgentCard } from '@a2a-js/sdk';
import { toHybridScheme, toLegacyRequirement, toLegacyScheme } from './security-schemes';

/** `hybrid` serves both generations; the others are for clients with a strict schema. */
export const CardShape = { hybrid: 'hybrid', v1: '1.0', legacy: '0.3' } as const;
export type CardShape = (typeof CardShape)[keyof typeof CardShape];

export type CardJson = Readonly<Record<string, unknown>>;

/** Without signatures, whatever the card has. */
export function cardJson(card: AgentCard, shape: CardShape): CardJson {
  switch (shape) {
    case CardShape.v1:
      return v1Json(card);
    case CardShape.legacy:
      return legacyJson(card);
    case CardShape.hybrid:
      return hybridJson(card);
  }
}

/** The SDK's own handler loses security schemes, hence its codec; the codec loses required fields that are empty. */
export function v1Json(card: AgentCard): CardJson {
  const { signatures: _, ...json } = AgentCard.toJSON(card) as Record<string, unknown>;
  const schemes = json['securitySchemes'] as Record<string, Record<string, unknown>> | undefined;
  return {
    ...json,
    skills: json['skills'] ?? [],
    ...(schemes === undefined ? {} : { securitySchemes: mapValues(schemes, withScopes) }),
  };
}

/** Of these flows `scopes` is required (A2A §4.5.8 and after); of the two that are deprecated it is not. */
const FLOWS_WITH_SCOPES: readonly string[] = [
  'authorizationCode',
  'clientCredentials',
  'deviceCode',
];

function withScopes(scheme: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return mapValues(scheme, (value) => {
    const { flows, ...fields } = value as { readonly flows?: Record<string, object> };
    if (flows === undefined) return fields;
    const filled = mapValues(flows, (flow, name) =>
      FLOWS_WITH_SCOPES.includes(name) ? { scopes: {}, ...flow } : flow,
    );
    return { ...fields, flows: filled };
  });
}

/** What 0.3 calls otherwise, or has besides. */
function legacyFields(card: AgentCard): CardJson {
  const { securityRequirements: required } = card;
  const interfaces = card.supportedInterfaces
    .filter(({ protocolVersion }) => protocolVersion === '0.3')
    .map(({ url, protocolBinding }) => ({ url, transport: protocolBinding }));
  return {
    url: interfaces[0]?.url,
    preferredTransport: interfaces[0]?.transport,
    additionalInterfaces: interfaces,
    protocolVersion: '0.3',
    supportsAuthenticatedExtendedCard: card.capabilities?.extendedAgentCard ?? false,
    ...(required.length === 0 ? {} : { security: required.map(toLegacyRequirement) }),
  };
}

/** 0.3 alone: without the fields that a strict reader of its schema refuses. */
function legacyJson(card: AgentCard): CardJson {
  const {
    supportedInterfaces: _interfaces,
    securityRequirements: _required,
    securitySchemes,
    capabilities,
    ...fields
  } = v1Json(card);
  const { streaming, pushNotifications, extensions } = capabilities as Record<string, unknown>;
  return {
    ...fields,
    capabilities: {
      ...{ streaming, extensions },
      pushNotifications: pushNotifications ?? false,
      stateTransitionHistory: false,
    },
    ...(securitySchemes === undefined
      ? {}
      : { securitySchemes: mapValues(card.securitySchemes, toLegacyScheme) }),
    ...legacyFields(card),
    protocolVersion: '0.3.0',
  };
}

function hybridJson(card: AgentCard): CardJson {
  const json = v1Json(card);
  const v1 = json['securitySchemes'] as Record<string, CardJson> | undefined;
  const schemes =
    v1 === undefined
      ? {}
      : {
          securitySchemes: mapValues(card.securitySchemes, (scheme, name) =>
            toHybridScheme(scheme, v1[name] ?? {}),
          ),
        };
  return { ...json, ...schemes, ...legacyFields(card) };
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
