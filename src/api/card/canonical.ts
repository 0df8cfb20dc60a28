// The bytes that a card's signatures cover: RFC 8785 over the card without signatures (A2A §8.4.1).

import { canonicalizeAgentCard, type AgentCard } from '@a2a-js/sdk';
import stringify from 'safe-stable-stringify';
import { CardShape, cardJson, v1Json, type CardJson } from './card-json';

/**
 * One payload for each rule that verifiers follow, the specification's first. Fields of 0.3 in a hybrid
 * card are in none of them.
 */
export function signedPayloads(card: AgentCard, shape: CardShape): readonly string[] {
  if (shape === CardShape.legacy) return [legacyPayload(cardJson(card, shape))];
  const json = v1Json(card);
  // The SDKs drop every empty value, also those that the specification keeps: `{"schemes":{"bearer":{}}}`.
  // The function takes JSON, whatever its type says: given the type, it loses security schemes.
  const sdks = canonicalizeAgentCard(json as unknown as AgentCard);
  return [...new Set([stringify(json), sdks])];
}

/**
 * 0.3 has signatures and no rule for their payload. This is the one that is checked: Python's SDK leaves
 * out what is empty and what is a default of its model, and escapes what is not ASCII.
 */
function legacyPayload(json: CardJson): string {
  const { protocolVersion: _version, preferredTransport, securitySchemes, ...fields } = json;
  const schemes = Object.entries((securitySchemes ?? {}) as Record<string, CardJson>);
  const untyped = schemes.map(([name, { type: _type, ...scheme }]) => [name, scheme] as const);
  const told = withoutEmpty({
    ...fields,
    ...(preferredTransport === 'JSONRPC' ? {} : { preferredTransport }),
    securitySchemes: Object.fromEntries(untyped),
  });
  return (stringify(told) ?? '').replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return ifAny(value.map(withoutEmpty).filter(isThere));
  if (typeof value !== 'object' || value === null) return value === '' ? undefined : value;
  const members = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const);
  const kept = members.filter(([, inner]) => isThere(inner));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function ifAny(list: readonly unknown[]): readonly unknown[] | undefined {
  return list.length === 0 ? undefined : list;
}
