// The kinds of values that settings have: how each is written, and what is said of one that is not.

import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseAllowedHost } from '../webhooks/address-rules';
import { SECRET_PREFIX, secretBytes } from '../webhooks/signature';

export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Separated by commas. */
export const list = z.string().transform((text) => text.split(',').flatMap((s) => s.trim() || []));

/** As an absolute path. */
export const file = z
  .string()
  .min(1)
  .transform((path) => resolve(path));

export const port = z.coerce.number('must be a port number').int().min(0).max(65_535);

/** A name, an IPv4 address, or an IPv6 address in brackets, and a port. */
const HOST_AND_PORT = /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i;

export const hostAndPort = z.string().regex(HOST_AND_PORT, 'must be host:port, without a scheme');

const HOST_NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** A host as it stands in a `Host` header, the port left out. */
export const hostName = z
  .string()
  .toLowerCase()
  .refine((name) => HOST_NAME.test(name) || isIP(name) !== 0, 'must be names without a port');

export const allowedHost = z.string().transform((text, context) => {
  const parsed = parseAllowedHost(text);
  if (parsed !== undefined) return parsed;
  context.addIssue('must be names, addresses or ranges, each with or without a port');
  return z.NEVER;
});

/** What comes after this check is spared what is no URL. */
export const httpUrl = z.url({
  protocol: /^https?$/,
  abort: true,
  error: 'must be a URL that begins with http:// or https://',
});

export const assistantUrl = httpUrl.refine((text) => {
  const { username, password } = new URL(text);
  return username === '' && password === '';
}, 'must not hold credentials: they are ASSISTANT_API_KEY');

/** Neither a header that cannot be sent nor an error that quotes it. */
export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be ASCII without spaces and line breaks');

/** Standard Webhooks: 24 to 64 bytes. */
export const signingSecret = z
  .string()
  .startsWith(SECRET_PREFIX)
  .transform(secretBytes)
  .refine(({ length }) => length >= 24 && length <= 64, 'must hold 24 to 64 bytes in base64');

/** A bucket by S3's rules for names, and a prefix of characters that need no escape anywhere. */
const S3_URL = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/([\w.-]+(?:\/[\w.-]+)*))?\/?$/;

export const s3Url = z
  .string()
  .regex(S3_URL, 'must be s3://bucket or s3://bucket/prefix')
  .transform((url) => {
    const [, bucket = '', prefix = ''] = S3_URL.exec(url) ?? [];
    return { bucket, prefix };
  });

/** A timer of Node takes 24 days. */
const SWEEP_HOURS_MAX = 500;

export const sweepHours = z
  .literal('off')
  .or(z.coerce.number<string>('must be a number of hours, or off').positive().max(SWEEP_HOURS_MAX));
