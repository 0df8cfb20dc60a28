// What the card offers and asks for, as every edge checks it before it dispatches a call.

import type { AgentCard } from '@a2a-js/sdk';

export interface Offer {
  /** Whether push notifications are on. */
  readonly hasPush: boolean;
  readonly hasExtendedCard: boolean;
  /** The URIs of the extensions that are declared. */
  readonly extensions: readonly string[];
  /** Those of them that a client must name. */
  readonly requiredExtensions: readonly string[];
}

export function offerOf({ capabilities }: AgentCard): Offer {
  const declared = capabilities?.extensions ?? [];
  return {
    hasPush: capabilities?.pushNotifications === true,
    hasExtendedCard: capabilities?.extendedAgentCard === true,
    extensions: declared.map(({ uri }) => uri),
    requiredExtensions: declared.filter((one) => one.required).map(({ uri }) => uri),
  };
}
