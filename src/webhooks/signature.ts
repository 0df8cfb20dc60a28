// Signs notifications by the Standard Webhooks specification (1.0.0): HMAC-SHA256 over id, time and body.

import { createHmac } from 'node:crypto';

/** How a secret is written for people: this, and the bytes in base64. */
export const SECRET_PREFIX = 'whsec_';

/** The bytes of a secret as Standard Webhooks writes it. */
export function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
}

export function toSecret(bytes: Buffer): string {
  return SECRET_PREFIX + bytes.toString('base64');
}

export interface Signed {
  readonly id: string;
  /** Of this attempt, in whole seconds: a receiver refuses old ones. */
  readonly timestampS: number;
  readonly body: string;
}

/** One signature for each secret: while secrets are exchanged, receivers know the old one or the new. */
export function signatureOf(secrets: readonly Buffer[], { id, timestampS, body }: Signed): string {
  const signed = `${id}.${String(timestampS)}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
    .join(' ');
}
