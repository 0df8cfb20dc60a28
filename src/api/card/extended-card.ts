// The card with what the public one does not tell: more skills, other words (A2A §3.1.11).

import type { AgentCard } from '@a2a-js/sdk';
import { readFile } from 'node:fs/promises';
import type { Generation } from '../wire/call';
import { FaultError } from '../wire/error-table';
import { CardFileError, parseCardFields, type CardFields } from './card-fields';
import { CardShape, cardJson, type CardJson } from './card-json';
import type { CardSigner } from './card-signer';
import { signedPayloads } from './canonical';

/** The same card for bindings that answer JSON and for those that encode it. */
export interface SignedCard {
  readonly card: AgentCard;
  readonly json: CardJson;
}

export interface ExtendedCard {
  /** @throws FaultError `extendedCardNotConfigured` when the file is gone or not valid any more. */
  read(generation: Generation): Promise<SignedCard>;
}

export interface ExtendedCardOptions {
  /** See `EXTENDED_AGENT_CARD`. */
  readonly path: string;
  readonly build: (fields: CardFields) => AgentCard;
  readonly signer: CardSigner | undefined;
  /** Told what is wrong with the file; the caller is not. */
  readonly onError: (err: unknown) => void;
}

const SETTING = 'EXTENDED_AGENT_CARD';

/** @throws CardFileError that names the file and each field that is wrong. */
export async function openExtendedCard(options: ExtendedCardOptions): Promise<ExtendedCard> {
  const { path, build, signer, onError } = options;
  let known: { readonly text: string; readonly cards: Record<Generation, SignedCard> } | undefined;
  /** The file is read each time; the cards are made when it says something new. */
  const load = async (): Promise<Record<Generation, SignedCard>> => {
    try {
      const text = await readFile(path, 'utf8');
      if (known?.text !== text) {
        const card = build(parseCardFields(text));
        const [v1, legacy] = await Promise.all([
          signed(card, CardShape.v1, signer),
          signed(card, CardShape.legacy, signer),
        ]);
        known = { text, cards: { '1.0': v1, '0.3': legacy } };
      }
      return known.cards;
    } catch (err) {
      const reason = err instanceof Error ? err.message : String(err);
      throw new CardFileError(`${SETTING}: ${path}: ${reason}`, { cause: err });
    }
  };
  await load();
  return {
    async read(generation) {
      try {
        return (await load())[generation];
      } catch (err) {
        onError(err);
        throw new FaultError('extendedCardNotConfigured', 'the extended card cannot be given now');
      }
    },
  };
}

async function signed(
  card: AgentCard,
  shape: CardShape,
  signer: CardSigner | undefined,
): Promise<SignedCard> {
  const json = cardJson(card, shape);
  if (signer === undefined) return { card, json };
  const signatures = await signer.sign(signedPayloads(card, shape));
  return {
    card: { ...card, signatures: signatures.map((one) => ({ ...one, header: undefined })) },
    json: { ...json, signatures },
  };
}
