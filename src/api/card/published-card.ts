// The public card as it goes out: its bytes, and what HTTP caches know it by (A2A §8.6).

import type { AgentCard } from '@a2a-js/sdk';
import { createHash } from 'node:crypto';
import { signedPayloads } from './canonical';
import { cardJson, type CardJson, type CardShape } from './card-json';
import type { CardSigner } from './card-signer';

export interface PublishedCard {
  readonly body: string;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface Publishing {
  readonly shape: CardShape;
  readonly signer: CardSigner | undefined;
  /** Since when the card with this ETag is what is served. */
  readonly servedSince: (etag: string) => Promise<Date>;
}

export async function publish(card: AgentCard, publishing: Publishing): Promise<PublishedCard> {
  const { shape, signer, servedSince } = publishing;
  const json = cardJson(card, shape);
  const etag = etagOf(json, signer);
  const signatures = await signer?.sign(signedPayloads(card, shape));
  const body = JSON.stringify({ ...json, ...(signatures && { signatures }) });
  return { body, etag, lastModified: await servedSince(etag) };
}

/**
 * Of what the card says, not of its signatures: those of elliptic curves differ each time, and two
 * gateways with one card are to agree. A signed card's tag is weak therefore.
 */
function etagOf(json: CardJson, signer: CardSigner | undefined): string {
  const said = JSON.stringify(json) + (signer?.kid ?? '');
  const tag = `"${createHash('sha256').update(said).digest('base64url').slice(0, 27)}"`;
  return signer === undefined ? tag : `W/${tag}`;
}
