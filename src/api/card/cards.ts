// The cards of one gateway: built, signed and kept in memory at its start (A2A §4.4, §8).

import type { AgentCard } from '@a2a-js/sdk';
import type { Skill } from '../../activities/skill';
import { declareExtensions } from '../extensions';
import { createAgentCard } from './agent-card';
import { readCardFields, type CardFields } from './card-fields';
import type { CardShape } from './card-json';
import { openCardSigner, type CardSigner } from './card-signer';
import { openExtendedCard, type ExtendedCard } from './extended-card';
import { publish, type PublishedCard } from './published-card';

export interface CardsOptions {
  readonly skills: readonly Skill[];
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `host:port` where gRPC is served; absent: it is not. */
  readonly grpcAddress?: string;
  readonly version: string;
  readonly shape: CardShape;
  /** Whether push notifications are on. */
  readonly hasPush: boolean;
  /** Paths; see `AGENT_CARD_FILE`, `EXTENDED_AGENT_CARD` and `CARD_SIGNING_KEY`. */
  readonly fieldsFile: string | undefined;
  readonly extendedFile: string | undefined;
  readonly keyFile: string | undefined;
  /** URIs; see `REQUIRED_EXTENSIONS`. */
  readonly requiredExtensions: readonly string[];
  /** Since when the card with this ETag is served. */
  readonly servedSince: (etag: string) => Promise<Date>;
  /** Told why the extended card cannot be given. */
  readonly onError: (err: unknown) => void;
}

export interface Cards {
  /** The public one, without signatures. */
  readonly card: AgentCard;
  readonly published: PublishedCard;
  /** Absent: this agent has none. */
  readonly extended: ExtendedCard | undefined;
  /** Absent: cards are not signed. */
  readonly jwks: CardSigner['jwks'] | undefined;
}

/** @throws Error that names the setting and what is wrong with it. */
export async function openCards(options: CardsOptions): Promise<Cards> {
  const { skills, shape, fieldsFile, extendedFile, keyFile, publicUrl } = options;
  const signer = keyFile === undefined ? undefined : await openCardSigner(keyFile, publicUrl);
  const fields = fieldsFile === undefined ? {} : await readCardFields(fieldsFile, FIELDS_SETTING);
  const extensions = declareExtensions(options.requiredExtensions);
  const build = (listed: readonly Skill[], more: readonly CardFields[]): AgentCard =>
    createAgentCard(listed, {
      ...options,
      ...{ extensions, hasExtendedCard: extendedFile !== undefined, fields: [fields, ...more] },
    });
  const known = skills.filter(({ extended = false }) => !extended);
  const card = named(FIELDS_SETTING, () => build(known, []));
  const extended =
    extendedFile === undefined
      ? undefined
      : await openExtendedCard({
          path: extendedFile,
          build: (more) => build(skills, [more]),
          signer,
          onError: options.onError,
        });
  const published = await publish(card, { shape, signer, servedSince: options.servedSince });
  return { card, published, extended, jwks: signer?.jwks };
}

const FIELDS_SETTING = 'AGENT_CARD_FILE';

function named<T>(setting: string, act: () => T): T {
  try {
    return act();
  } catch (err) {
    throw new Error(`${setting}: ${err instanceof Error ? err.message : String(err)}`, {
      cause: err,
    });
  }
}
