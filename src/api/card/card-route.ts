// Where cards and the keys to check them are fetched, with what HTTP needs to keep them (A2A §8.2, §8.6).

import type { RequestHandler, Router } from 'express';
import express from 'express';
import { assertExtensions, extensionsEcho } from '../call-headers';
import type { Offer } from '../offer';
import { sendFault } from '../rest';
import { toFault } from '../wire/error-table';
import { JWKS_PATH } from './card-signer';
import type { Cards } from './cards';
import type { ExtendedCard } from './extended-card';
import type { PublishedCard } from './published-card';

export const AGENT_CARD_PATH = '/.well-known/agent-card.json';

/** Where REST of 0.3 has the extended card (0.3 §3.5.6); without one it shows the public card. */
const LEGACY_CARD_PATH = '/v1/card';

/** Clients may keep a card for so long; skills change with a deploy, not by the minute. */
const CARD_MAX_AGE_S = 300;

const KEEP = { 'Cache-Control': `public, max-age=${String(CARD_MAX_AGE_S)}` } as const;

export function cardRouter({ published, extended, jwks }: Cards, offer: Offer): Router {
  const router = express.Router();
  const showPublic = sendCard(published);
  router.get(AGENT_CARD_PATH, showPublic);
  router.get(
    LEGACY_CARD_PATH,
    extended === undefined ? showPublic : sendExtendedCard(extended, offer),
  );
  if (jwks !== undefined) {
    router.get(JWKS_PATH, (_req, res) => {
      res.set({ 'Content-Type': 'application/json', ...KEEP }).send(JSON.stringify(jwks));
    });
  }
  return router;
}

/** Express answers 304 by itself, and knows by these two headers when. */
function sendCard({ body, etag, lastModified }: PublishedCard): RequestHandler {
  const headers = {
    'Content-Type': 'application/json',
    ...KEEP,
    ETag: etag,
    'Last-Modified': lastModified.toUTCString(),
  };
  return (_req, res) => {
    res.set(headers).send(body);
  };
}

/** An operation like any other: what the client must know of extensions holds here too. */
function sendExtendedCard(card: ExtendedCard, offer: Offer): RequestHandler {
  return async (req, res) => {
    res.set('Cache-Control', 'private, no-cache');
    try {
      res.set(extensionsEcho(req, '0.3', offer));
      assertExtensions(req, '0.3', offer);
      const { json } = await card.read('0.3');
      res.type('application/json').send(JSON.stringify(json));
    } catch (err) {
      sendFault(res, toFault(err, 'other'), true);
    }
  };
}
