// What a request says in its headers or metadata: protocol version, extensions, cursor, idempotency key.

import { Extensions } from '@a2a-js/sdk';
import type { Offer } from './offer';
import { FaultError } from './wire/error-table';
import type { Generation } from './wire/call';

/** A request, as far as it is asked here: one of Express, or the metadata of a gRPC call. */
export interface CallHeaders {
  /** Names in any case; what came several times is joined by commas. */
  get(name: string): string | undefined;
  /** Its query may say the version. */
  readonly url?: string;
}

/** Digits only: an id that is a number cannot smuggle a line break into a stream. */
const CURSOR = /^\d{1,12}$/;

/** Any printable text; long enough for a UUID with a prefix. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The protocol generation: `A2A-Version` as header or query parameter, absent or empty is 0.3, the
 * patch number is ignored (A2A §3.6).
 * @throws FaultError `versionNotSupported`.
 */
export function generationOf(req: CallHeaders): Generation {
  const asked = versionOf(req);
  const [version] = /^(0\.3|1\.0)(?=\.\d+$|$)/.exec(asked) ?? [];
  if (asked === '' || version === '0.3') return '0.3';
  if (version === '1.0') return '1.0';
  throw new FaultError(
    'versionNotSupported',
    `A2A-Version ${JSON.stringify(asked.slice(0, 20))} is not supported; 1.0 and 0.3 are`,
  );
}

export function hasVersion(req: CallHeaders): boolean {
  return versionOf(req) !== '';
}

function versionOf(req: CallHeaders): string {
  const query = new URLSearchParams(req.url?.split('?')[1] ?? '');
  return (req.get('A2A-Version') ?? query.get('A2A-Version') ?? '').trim();
}

/** The header that names extensions, in requests and in answers (A2A §3.2.6; 0.3 has its own). */
const EXTENSIONS_HEADER: Readonly<Record<Generation, string>> = {
  '1.0': 'A2A-Extensions',
  '0.3': 'X-A2A-Extensions',
};

/** The extensions that the client asks for; the header of the other generation counts too. */
export function extensionsOf(req: CallHeaders, generation: Generation): readonly string[] {
  const other = generation === '1.0' ? '0.3' : '1.0';
  const text = req.get(EXTENSIONS_HEADER[generation]) ?? req.get(EXTENSIONS_HEADER[other]);
  return Extensions.parseServiceParameter(text);
}

/**
 * The header of the answer that tells which of the extensions that were asked for are active: those
 * that are supported. Said before anything else of the answer, because a stream may send its headers
 * at any moment.
 */
export function extensionsEcho(
  req: CallHeaders,
  generation: Generation,
  { extensions }: Pick<Offer, 'extensions'>,
): Readonly<Record<string, string>> {
  const asked = extensionsOf(req, generation);
  const active = extensions.filter((uri) => asked.includes(uri));
  return active.length === 0 ? {} : { [EXTENSIONS_HEADER[generation]]: active.join(', ') };
}

/** @throws FaultError `extensionRequired` that names those the client does not (A2A §3.3.4). */
export function assertExtensions(
  req: CallHeaders,
  generation: Generation,
  { requiredExtensions }: Pick<Offer, 'requiredExtensions'>,
): void {
  const asked = extensionsOf(req, generation);
  const missing = requiredExtensions.filter((uri) => !asked.includes(uri));
  if (missing.length === 0) return;
  throw new FaultError(
    'extensionRequired',
    `${EXTENSIONS_HEADER[generation]} must name ${missing.join(', ')}; the card says what it is`,
  );
}

/** @throws FaultError `invalidParams` for a cursor that is not a number of ours. */
export function cursorOf(req: CallHeaders): { cursor?: number } {
  const text = req.get('Last-Event-ID');
  if (text === undefined || text === '') return {};
  if (!CURSOR.test(text)) throw new FaultError('invalidParams', 'Last-Event-ID: must be a number');
  return { cursor: Number(text) };
}

/** @throws FaultError `invalidParams`. */
export function idempotencyKeyOf(req: CallHeaders): { idempotencyKey?: string } {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return {};
  if (IDEMPOTENCY_KEY.test(key)) return { idempotencyKey: key };
  throw new FaultError('invalidParams', 'Idempotency-Key: must be 1 to 255 printable characters');
}

/** The media type without parameters, in lower case; empty when there is none. */
export function mediaTypeOf(req: CallHeaders): string {
  return (req.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
