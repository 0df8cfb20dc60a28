// The one secret that all gateways and workers share: what they sign and seal with is derived from it.

import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a key is for: one key never serves two purposes. */
export type KeyPurpose =
  'page-token' | 'continuation' | 'webhook-credentials' | 'webhook-signature';

/** A key of 256 bits for one purpose; the same in every process that has the secret. */
export type DeriveKey = (purpose: KeyPurpose) => Buffer;

const KEY_BYTES = 32;

/** @param secret as given by a person: any text that is hard to guess. */
export function keysFromSecret(secret: string): DeriveKey {
  // Of equal length, whatever was given.
  const material = createHash('sha256').update(secret).digest();
  return (purpose) =>
    Buffer.from(hkdfSync('sha256', material, Buffer.alloc(0), `longhaul ${purpose}`, KEY_BYTES));
}

/** The secret in `path`, made on first use; processes that start at once agree on one. */
export async function keysFromFile(path: string): Promise<DeriveKey> {
  const known = await readSecret(path);
  if (known !== undefined) return keysFromSecret(known);
  const made = randomBytes(KEY_BYTES).toString('base64url');
  const partial = `${path}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(partial, `${made}\n`, { mode: 0o600, flush: true });
  // Unlike a rename, a link never replaces the one that another process has made meanwhile.
  try {
    await link(partial, path);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
  } finally {
    await rm(partial);
  }
  return keysFromSecret((await readSecret(path)) ?? made);
}

async function readSecret(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}
