// Asks the gateways whether they have what test/harness/not-yet.ts says that they have not.

import { http, messageFor, rpc, send } from '../harness/calls';
import type { Feature } from '../harness/not-yet';

export interface Gateways {
  readonly url: string;
  /** Of one that is set to require an extension. */
  readonly otherUrl: string;
}

interface Card {
  readonly capabilities: {
    readonly pushNotifications?: boolean;
    readonly extendedAgentCard?: boolean;
    readonly extensions?: readonly { readonly required?: boolean }[];
  };
  readonly supportedInterfaces: readonly { readonly protocolBinding: string }[];
}

async function cardAt(url: string): Promise<Card> {
  return (await http<Card>(url, { path: '/.well-known/agent-card.json' })).body;
}

async function codeOf(url: string, message: object): Promise<number | undefined> {
  return (await rpc(url, 'SendMessage', { message })).body.error?.code;
}

const IMAGE = [{ raw: 'aGVsbG8=', mediaType: 'image/png' }];

export const IS_THERE: Readonly<Record<Feature, (gateways: Gateways) => Promise<boolean>>> = {
  async grpc({ url }) {
    const { supportedInterfaces } = await cardAt(url);
    return supportedInterfaces.some(({ protocolBinding }) => protocolBinding === 'GRPC');
  },
  async push({ url }) {
    return (await cardAt(url)).capabilities.pushNotifications === true;
  },
  async 'extended card'({ url }) {
    return (await cardAt(url)).capabilities.extendedAgentCard === true;
  },
  async 'required extensions'({ otherUrl }) {
    const { extensions = [] } = (await cardAt(otherUrl)).capabilities;
    return extensions.some(({ required }) => required === true);
  },
  async 'content types'({ url }) {
    return (await codeOf(url, messageFor('report', {}, { parts: IMAGE }))) === -32005;
  },
  async 'agent responses'({ url }) {
    return (await codeOf(url, messageFor('answer', { ending: 'completed' }))) === -32006;
  },
  async 'cancel metadata'({ url }) {
    const { id } = await send(url, messageFor('asks'));
    const { body } = await rpc(url, 'CancelTask', { id, metadata: { why: 'no-longer-needed' } });
    return JSON.stringify(body).includes('no-longer-needed');
  },
};
