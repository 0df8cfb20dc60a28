// What a request says in its headers: protocol version, extensions, cursor, idempotency key.

import { Extensions } from '@a2a-js/sdk';
import type { Request, Response } from 'express';
import { FaultError } from './wire/error-table';
import type { Generation } from './wire/call';

/** Digits only: an id that is a number cannot smuggle a line break into a stream. */
const CURSOR = /^\d{1,12}$/;

/** Any printable text; long enough for a UUID with a prefix. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The protocol generation: `A2A-Version` as header or query parameter, absent or empty is 0.3, the
 * patch number is ignored (A2A §3.6).
 * @throws FaultError `versionNotSupported`.
 */
export function generationOf(req: Request): Generation {
  const asked = versionOf(req);
  const [version] = /^(0\.3|1\.0)(?=\.\d+$|$)/.exec(asked) ?? [];
  if (asked === '' || version === '0.3') return '0.3';
  if (version === '1.0') return '1.0';
  throw new FaultError(
    'versionNotSupported',
    `A2A-Version ${JSON.stringify(asked.slice(0, 20))} is not supported; 1.0 and 0.3 are`,
  );
}

export function hasVersion(req: Request): boolean {
  return versionOf(req) !== '';
}

function versionOf(req: Request): string {
  const query = new URLSearchParams(req.url.split('?')[1] ?? '');
  return (req.get('A2A-Version') ?? query.get('A2A-Version') ?? '').trim();
}

/** The header that names extensions, in requests and in answers (A2A §3.2.6; 0.3 has its own). */
const EXTENSIONS_HEADER: Readonly<Record<Generation, string>> = {
  '1.0': 'A2A-Extensions',
  '0.3': 'X-A2A-Extensions',
};

/** The extensions that the client asks for; the header of the other generation counts too. */
export function extensionsOf(req: Request, generation: Generation): readonly string[] {
  const other = generation === '1.0' ? '0.3' : '1.0';
  const text = req.get(EXTENSIONS_HEADER[generation]) ?? req.get(EXTENSIONS_HEADER[other]);
  return Extensions.parseServiceParameter(text);
}

/**
 * Tells which of the extensions that were asked for are active: those that are supported. Said before
 * anything else of the answer, because a stream may send its headers at any moment.
 */
export function echoExtensions(
  req: Request,
  res: Response,
  of: { readonly generation: Generation; readonly extensions: readonly string[] },
): void {
  const asked = extensionsOf(req, of.generation);
  const active = of.extensions.filter((uri) => asked.includes(uri));
  if (active.length > 0) res.set(EXTENSIONS_HEADER[of.generation], active.join(', '));
}

/** @throws FaultError `extensionRequired` that names those the client does not (A2A §3.3.4). */
export function assertExtensions(
  req: Request,
  of: { readonly generation: Generation; readonly required: readonly string[] },
): void {
  const asked = extensionsOf(req, of.generation);
  const missing = of.required.filter((uri) => !asked.includes(uri));
  if (missing.length === 0) return;
  throw new FaultError(
    'extensionRequired',
    `${EXTENSIONS_HEADER[of.generation]} must name ${missing.join(', ')}; the card says what it is`,
  );
}

/** @throws FaultError `invalidParams` for a cursor that is not a number of ours. */
export function cursorOf(req: Request): { cursor?: number } {
  const text = req.get('Last-Event-ID');
  if (text === undefined || text === '') return {};
  if (!CURSOR.test(text)) throw new FaultError('invalidParams', 'Last-Event-ID: must be a number');
  return { cursor: Number(text) };
}

/** @throws FaultError `invalidParams`. */
export function idempotencyKeyOf(req: Request): { idempotencyKey?: string } {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return {};
  if (IDEMPOTENCY_KEY.test(key)) return { idempotencyKey: key };
  throw new FaultError('invalidParams', 'Idempotency-Key: must be 1 to 255 printable characters');
}

/** The media type without parameters, in lower case; empty when there is none. */
export function mediaTypeOf(req: Request): string {
  return (req.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
