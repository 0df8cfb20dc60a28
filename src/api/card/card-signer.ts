// Signs cards with the operator's key, and tells which public key checks them (A2A §8.4.2, RFC 7515, RFC 7517).

import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FlattenedSign, calculateJwkThumbprint, type JWK } from 'jose';

export const JWKS_PATH = '/.well-known/jwks.json';

export interface CardSignature {
  /** The protected header, in base64url. */
  readonly protected: string;
  readonly signature: string;
}

export interface CardSigner {
  /** Names the key in each signature. */
  readonly kid: string;
  /** What is served at `JWKS_PATH`: the public half alone. */
  readonly jwks: { readonly keys: readonly JWK[] };
  /** One signature for each payload, in their order. */
  sign(payloads: readonly string[]): Promise<readonly CardSignature[]>;
}

/** Weaker keys than this are refused by verifiers (RFC 7518 §3.3). */
const RSA_BITS_MIN = 2_048;

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384' };

/**
 * @param path a private key as PEM or as a JWK; see `CARD_SIGNING_KEY`.
 * @param publicUrl where `JWKS_PATH` is reached.
 * @throws Error that names the setting, the file and what is wrong with it.
 */
export async function openCardSigner(path: string, publicUrl: string): Promise<CardSigner> {
  try {
    return await createCardSigner(await readFile(path, 'utf8'), publicUrl);
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new Error(`CARD_SIGNING_KEY: ${path}: ${reason}`, { cause: err });
  }
}

async function createCardSigner(text: string, publicUrl: string): Promise<CardSigner> {
  const { key, jwk } = parseKey(text);
  const alg = algorithmOf(key, jwk?.alg);
  const shown = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const kid = jwk?.kid ?? (await calculateJwkThumbprint(shown));
  const header = { alg, typ: 'JOSE', kid, jku: publicUrl + JWKS_PATH };
  const signed = async (payload: string): Promise<CardSignature> => {
    const jws = await new FlattenedSign(new TextEncoder().encode(payload))
      .setProtectedHeader(header)
      .sign(key);
    return { protected: jws.protected ?? '', signature: jws.signature };
  };
  return {
    kid,
    jwks: { keys: [{ ...shown, kid, alg, use: 'sig' }] },
    sign: (payloads) => Promise.all(payloads.map(signed)),
  };
}

interface GivenKey {
  readonly key: KeyObject;
  readonly jwk?: { readonly kid?: string; readonly alg?: string };
}

/** What OpenSSL says of a bad key helps nobody; it may also quote the key. */
function parseKey(text: string): GivenKey {
  if (!text.trimStart().startsWith('{')) {
    return { key: readKey(text, 'is not a PEM private key without a passphrase') };
  }
  const jwk = parseJwk(text);
  const key = readKey({ key: jwk, format: 'jwk' }, 'is not a JWK of a private key');
  const { kid, alg } = jwk;
  return {
    key,
    jwk: {
      ...(typeof kid === 'string' && kid !== '' ? { kid } : {}),
      ...(typeof alg === 'string' ? { alg } : {}),
    },
  };
}

function parseJwk(text: string): JsonWebKey {
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch {
    throw new Error('is neither PEM nor JSON');
  }
}

function readKey(given: string | JsonWebKeyInput, complaint: string): KeyObject {
  try {
    return createPrivateKey(given);
  } catch {
    throw new Error(complaint);
  }
}

/** @throws Error for a key that cannot sign, or an `alg` that is not the key's. */
function algorithmOf(key: KeyObject, asked: string | undefined): string {
  const possible = algorithmsOf(key);
  const alg = asked ?? possible[0];
  if (alg !== undefined && possible.includes(alg)) return alg;
  if (possible.length > 0) throw new Error(`alg ${String(asked)}: must be ${possible.join(', ')}`);
  throw new Error('must be a key for ES256, ES384, EdDSA (Ed25519), RS256 or PS256');
}

/** The first one is what a key without an `alg` is used with. */
function algorithmsOf(key: KeyObject): readonly string[] {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const curve = CURVES[namedCurve];
  if (key.asymmetricKeyType === 'ec') return curve === undefined ? [] : [curve];
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA'];
  if (key.asymmetricKeyType !== 'rsa') return [];
  if (modulusLength < RSA_BITS_MIN) throw new Error(`has fewer than ${String(RSA_BITS_MIN)} bits`);
  return ['RS256', 'PS256'];
}
