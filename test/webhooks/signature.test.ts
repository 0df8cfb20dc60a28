// Signatures as receivers check them, with the package that they use (Standard Webhooks 1.0.0).

import { Webhook } from 'standardwebhooks';
import { secretBytes, signatureOf, toSecret } from '../../src/webhooks/signature';

const OLD = toSecret(Buffer.alloc(32, 1));
const NEW = toSecret(Buffer.alloc(24, 2));
const BODY = '{"text":"Grüße 🚀"}';

function headersOf(...secrets: readonly string[]): Record<string, string> {
  const timestampS = Math.floor(Date.now() / 1_000);
  const signed = { id: 'task.1', timestampS, body: BODY };
  return {
    'webhook-id': 'task.1',
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatureOf(secrets.map(secretBytes), signed),
  };
}

test.each([OLD, NEW])('is good for %s', (secret) => {
  expect(new Webhook(secret).verify(BODY, headersOf(secret))).toEqual({ text: 'Grüße 🚀' });
});

test('while secrets are exchanged a receiver may know either', () => {
  for (const secret of [OLD, NEW]) {
    expect(() => new Webhook(secret).verify(BODY, headersOf(NEW, OLD))).not.toThrow();
  }
});

test('is not good for another secret, another body or another id', () => {
  const headers = headersOf(OLD);
  const webhook = new Webhook(OLD);
  expect(() => new Webhook(NEW).verify(BODY, headers)).toThrow();
  expect(() => webhook.verify(BODY.replace('G', 'g'), headers)).toThrow();
  expect(() => webhook.verify(BODY, { ...headers, 'webhook-id': 'task.2' })).toThrow();
});
