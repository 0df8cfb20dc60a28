// The secrets of a push notification configuration: sealed for Temporal, masked for callers.

import type { PushConfig, PushSecrets, PushStart } from '../workflows/push-contract';
import { seal, unseal } from './seal';

type Owner = Pick<PushStart['task'], 'taskId'>;

/** Enough to tell one secret from another, where that leaves enough of it unknown. */
const SHOWN_CHARACTERS = 4;
const SHOWN_FROM_LENGTH = 16;

/** What of a configuration comes of its secrets. */
export function closeSecrets(
  key: Buffer,
  of: { readonly owner: Owner; readonly configId: string; readonly secrets: PushSecrets },
): Pick<PushConfig, 'shown' | 'sealed'> {
  const { owner, configId, secrets } = of;
  if (Object.keys(secrets).length === 0) return { shown: {} };
  const shown = Object.entries(secrets).map(([name, value]) => [name, masked(String(value))]);
  const about = aboutOf(owner, configId);
  return {
    shown: Object.fromEntries(shown) as PushSecrets,
    sealed: seal(key, JSON.stringify(secrets), about),
  };
}

/** @throws Error when they were sealed with another `SERVICE_SECRET`. */
export function openSecrets(key: Buffer, owner: Owner, { id, sealed }: PushConfig): PushSecrets {
  if (sealed === undefined) return {};
  return JSON.parse(unseal(key, sealed, aboutOf(owner, id))) as PushSecrets;
}

function aboutOf({ taskId }: Owner, configId: string): string {
  return JSON.stringify([taskId, configId]);
}

function masked(secret: string): string {
  const { length } = secret;
  return `***${length < SHOWN_FROM_LENGTH ? '' : secret.slice(length - SHOWN_CHARACTERS)}`;
}
