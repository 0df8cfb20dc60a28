// Signatures of cards, checked by the SDK and by hand (A2A §8.4, RFC 7515, RFC 8785).

import { verifyAgentCardSignature, type AgentCard } from '@a2a-js/sdk';
import { flattenedVerify, importJWK, type JWK } from 'jose';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgentCard } from '../../../src/api/card/agent-card';
import { parseCardFields } from '../../../src/api/card/card-fields';
import { cardJson } from '../../../src/api/card/card-json';
import { openCardSigner, type CardSignature } from '../../../src/api/card/card-signer';
import { signedPayloads } from '../../../src/api/card/canonical';
import { declareExtensions } from '../../../src/api/extensions';
import { FIELDS } from '../../harness/card-fields';

const URL = 'https://agent.example.com';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const pem = (key: ReturnType<typeof ec>): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();
const jwk = (key: ReturnType<typeof ec>, more: object = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more });

const KEYS = {
  p256: ec('P-256'),
  p384: ec('P-384'),
  ed25519: generateKeyPairSync('ed25519').privateKey,
  rsa: rsa(2_048),
};

async function signerFor(text: string): ReturnType<typeof openCardSigner> {
  const path = join(folder, 'key');
  await writeFile(path, text);
  return openCardSigner(path, URL);
}

const cardOf = (fields: object): AgentCard =>
  createAgentCard([], {
    ...{ publicUrl: URL, version: '1.2.3', hasExtendedCard: false, hasPush: true },
    extensions: declareExtensions([]),
    fields: [parseCardFields(JSON.stringify(fields))],
  });

const decoded = (text: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;

/** RFC 8785 of JSON that has no numbers, written again from the text of the standard. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  const members = names.map(
    (name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name])}`,
  );
  return `{${members.join(',')}}`;
}

async function signedJson(
  text: string,
  fields: object = FIELDS,
): Promise<{
  readonly json: Record<string, unknown>;
  readonly signatures: readonly CardSignature[];
  readonly keys: readonly JWK[];
}> {
  const signer = await signerFor(text);
  const card = cardOf(fields);
  const signatures = await signer.sign(signedPayloads(card, '1.0'));
  const { keys } = signer.jwks;
  const json = { ...cardJson(card, '1.0'), signatures };
  return { json: JSON.parse(JSON.stringify(json)) as typeof json, signatures, keys };
}

const bySdk = (keys: readonly JWK[]): ReturnType<typeof verifyAgentCardSignature> =>
  verifyAgentCardSignature((kid) => Promise.resolve(keys.find((key) => key.kid === kid)!));

beforeEach(() => {
  // The SDK tells of each signature that does not fit.
  jest.spyOn(console, 'debug').mockReturnValue();
});

describe.each([
  { key: 'a P-256 key in PEM', text: pem(KEYS.p256), alg: 'ES256' },
  { key: 'a P-384 key in PEM', text: pem(KEYS.p384), alg: 'ES384' },
  { key: 'an Ed25519 key in PEM', text: pem(KEYS.ed25519), alg: 'EdDSA' },
  { key: 'an RSA key in PEM', text: pem(KEYS.rsa), alg: 'RS256' },
  { key: 'a P-256 key as a JWK', text: jwk(KEYS.p256), alg: 'ES256' },
  { key: 'an Ed25519 key as a JWK', text: jwk(KEYS.ed25519), alg: 'EdDSA' },
  { key: 'an RSA key as a JWK for PS256', text: jwk(KEYS.rsa, { alg: 'PS256' }), alg: 'PS256' },
])('$key', ({ text, alg }) => {
  test('signs so that the SDK and jose accept it', async () => {
    const { json, signatures, keys } = await signedJson(text);
    await expect(bySdk(keys)(json as unknown as AgentCard)).resolves.toBeUndefined();
    const { signatures: _, ...said } = json;
    const payload = Buffer.from(canonical(said)).toString('base64url');
    const key = await importJWK(keys[0]!, alg);
    const jws = { ...signatures[0]!, payload };
    await expect(flattenedVerify(jws, key, { algorithms: [alg] })).resolves.toBeDefined();
  });

  test('is named by its thumbprint, by its algorithm and by where it is found', async () => {
    const { signatures, keys } = await signedJson(text);
    expect(decoded(signatures[0]!.protected)).toEqual({
      ...{ alg, typ: 'JOSE', kid: keys[0]!.kid, jku: `${URL}/.well-known/jwks.json` },
    });
    expect(keys[0]!.kid).toMatch(/^[\w-]{43}$/);
    expect(keys[0]).toMatchObject({ alg, use: 'sig' });
  });

  test('is published without its private half', async () => {
    const [key] = (await signedJson(text)).keys;
    expect(Object.keys(key!).sort()).toEqual(
      [...['alg', 'kid', 'kty', 'use'], ...PUBLIC_MEMBERS[key!.kty ?? '']!].sort(),
    );
  });
});

const PUBLIC_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  RSA: ['e', 'n'],
};

test('a kid of the JWK is kept', async () => {
  const { signatures, keys } = await signedJson(jwk(KEYS.p256, { kid: '2026-11' }));
  expect(keys[0]!.kid).toBe('2026-11');
  expect(decoded(signatures[0]!.protected)['kid']).toBe('2026-11');
});

test('node:crypto alone verifies the signature over the payload of RFC 8785', async () => {
  const { json, signatures } = await signedJson(pem(KEYS.ed25519));
  const { signatures: _, ...said } = json;
  const [one] = signatures;
  const input = `${one!.protected}.${Buffer.from(canonical(said)).toString('base64url')}`;
  const signature = Buffer.from(one!.signature, 'base64url');
  expect(verify(null, Buffer.from(input), createPublicKey(KEYS.ed25519), signature)).toBe(true);
});

const NO_SECURITY = { examples: [], inputModes: [], outputModes: [], securityRequirements: [] };

describe('what a signature covers', () => {
  test.each([
    ['its name', { name: 'Mallory' }],
    ['an address', { supportedInterfaces: [] }],
    ['a capability that is false', { capabilities: { streaming: true } }],
    ['a scheme', { securitySchemes: {} }],
  ])('%s cannot be changed', async (_what, change) => {
    const { json, keys } = await signedJson(pem(KEYS.p256));
    const changed = { ...json, ...change } as unknown as AgentCard;
    await expect(bySdk(keys)(changed)).rejects.toThrow('No valid signatures');
  });

  test('two are made where the SDKs drop what the specification keeps, else one', () => {
    const [specified, sdks, ...others] = signedPayloads(cardOf({}), '1.0');
    expect(specified).toContain('"skills":[]');
    expect(sdks).not.toContain('"skills"');
    expect(others).toEqual([]);
    const skill = { ...{ id: 'a', name: 'a', description: 'a' }, tags: ['a'], ...NO_SECURITY };
    expect(signedPayloads({ ...cardOf({}), skills: [skill] }, '1.0')).toHaveLength(1);
  });

  test('the specification keeps required fields and false options, and drops other defaults', () => {
    const [specified] = signedPayloads(cardOf(FIELDS), '1.0');
    expect(specified).toContain('"extendedAgentCard":false');
    expect(specified).toContain('{"schemes":{"bearer":{}}}');
    expect(specified).toContain('"scopes":{}');
    expect(specified).not.toMatch(/"tenant"|"required"|"signatures"/);
  });

  test('the hybrid card has the signatures of the 1.0 card', () => {
    const card = cardOf(FIELDS);
    expect(signedPayloads(card, 'hybrid')).toEqual(signedPayloads(card, '1.0'));
  });

  test('the 0.3 card is signed as its one verifier reads it', () => {
    const [payload, ...others] = signedPayloads(cardOf(FIELDS), '0.3');
    expect(others).toEqual([]);
    expect(payload).toContain('"bearer":{"bearerFormat":"JWT","scheme":"Bearer"}');
    expect(payload).toContain('\\u00fcber Nacht');
    expect(payload).not.toMatch(/"protocolVersion"|"preferredTransport"|"type"|"mtls":\{|\[\]/);
  });
});

describe('CARD_SIGNING_KEY', () => {
  test.each([
    { key: 'no key at all', text: 'hello', said: 'is not a PEM private key' },
    {
      key: 'a public key',
      text: createPublicKey(KEYS.p256).export({ type: 'spki', format: 'pem' }).toString(),
      said: 'is not a PEM private key',
    },
    {
      key: 'a public JWK',
      text: JSON.stringify(createPublicKey(KEYS.p256).export({ format: 'jwk' })),
      said: 'is not a JWK of a private key',
    },
    { key: 'half a JWK', text: '{"kty":', said: 'is neither PEM nor JSON' },
    { key: 'a shared secret', text: '{"kty":"oct","k":"c2VjcmV0"}', said: 'is not a JWK' },
    { key: 'another curve', text: pem(ec('secp256k1')), said: 'must be a key for ES256' },
    { key: 'a short RSA key', text: pem(rsa(1_024)), said: 'has fewer than 2048 bits' },
    {
      key: 'an algorithm of another key',
      text: jwk(KEYS.p256, { alg: 'RS256' }),
      said: 'alg RS256: must be ES256',
    },
    {
      key: 'a key with a passphrase',
      text: KEYS.p256
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
      said: 'is not a PEM private key without a passphrase',
    },
  ])('$key is refused with the name of the file and the reason', async ({ text, said }) => {
    const refused = signerFor(text);
    await expect(refused).rejects.toThrow(`CARD_SIGNING_KEY: ${join(folder, 'key')}: `);
    await expect(refused).rejects.toThrow(said);
  });

  test('a file that is not there is refused', async () => {
    await expect(openCardSigner(join(folder, 'none'), URL)).rejects.toThrow('ENOENT');
  });
});
