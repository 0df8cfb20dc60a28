// Text that only this service can have made: content signed together with what it is good for.

import { createHmac, timingSafeEqual } from 'node:crypto';

/** 128 bits: as hard to guess as a task id. */
const SIGNATURE_BYTES = 16;

/**
 * In characters that an address takes as they are. The content can be read by whoever holds the token.
 * @param purpose what the token is good for; it is good for nothing else, and not part of it.
 */
export function writeSigned(key: Buffer, purpose: string, content: string): string {
  const bytes = Buffer.from(content);
  return Buffer.concat([sign(key, purpose, bytes), bytes]).toString('base64url');
}

/** Undefined for what was written with another key or for another purpose, or was changed since. */
export function readSigned(key: Buffer, purpose: string, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  // Node skips what is not base64, and ignores bits at its end.
  if (bytes.toString('base64url') !== token || bytes.length < SIGNATURE_BYTES) return undefined;
  const content = bytes.subarray(SIGNATURE_BYTES);
  const isOurs = timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), sign(key, purpose, content));
  return isOurs ? content.toString() : undefined;
}

function sign(key: Buffer, purpose: string, content: Buffer): Buffer {
  const hmac = createHmac('sha256', key).update(purpose).update('\n').update(content);
  return hmac.digest().subarray(0, SIGNATURE_BYTES);
}
