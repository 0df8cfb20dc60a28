// Resolves the names of receivers, so that a silent name server keeps nobody waiting but its own.

import { Resolver, lookup } from 'node:dns/promises';
import type { AddressRules, Destination } from './address-rules';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A receiver's name server has so long, twice. */
const RESOLVE_MS = 2_000;
const TRIES = 2;

/**
 * By DNS alone: a name that the operator has not listed has no business in a hosts file. Not by
 * `lookup`, which waits in one of the few threads of the process, with no end that we could set.
 */
const resolver = new Resolver({ timeout: RESOLVE_MS, tries: TRIES });

/** At least one. Rejects when the name leads nowhere. */
export async function resolveHost(
  rules: AddressRules,
  to: Destination,
): Promise<readonly [Address, ...Address[]]> {
  const { host } = to;
  const found = rules.isNamed(to) ? await listed(host) : await unlisted(host);
  const [first, ...others] = found;
  if (first === undefined) throw new Error('the name leads nowhere');
  return [first, ...others];
}

async function listed(host: string): Promise<readonly Address[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

async function unlisted(host: string): Promise<readonly Address[]> {
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason;
  return [
    ...(v4.status === 'fulfilled' ? v4.value : []).map((address) => ({
      address,
      family: 4 as const,
    })),
    ...(v6.status === 'fulfilled' ? v6.value : []).map((address) => ({
      address,
      family: 6 as const,
    })),
  ];
}
