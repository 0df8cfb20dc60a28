// A caller's scope as Temporal is told it: in addresses, in listings, and for taking turns.

import { createHash } from 'node:crypto';
import type { Scope } from '../workflows/task';

/** Temporal's; a SHA-256 in hex is as long. */
const FAIRNESS_KEY_MAX_BYTES = 64;

/** Value of the search attribute that every listing is bound to. ASCII. */
export function scopeKey(scope: Scope): string {
  return [scope.tenant, scope.principal].map(encodeURIComponent).join('/');
}

/** What callers take turns by: a thousand tasks of one are no reason for another to wait. */
export function fairnessKeyOf(scope: Scope): string {
  const key = scopeKey(scope);
  if (key.length <= FAIRNESS_KEY_MAX_BYTES) return key;
  return createHash('sha256').update(key).digest('hex');
}
