// Which names and origins a gateway goes by.

import type { Request, Response } from 'express';
import { addressGuard } from '../../src/api/address-guard';

const PORT = '4000';

interface Gateway {
  readonly publicUrl?: string;
  readonly allowedHosts?: readonly string[];
  readonly takesAnyOrigin?: boolean;
}

/** Whether a request with these headers passes; by default to a gateway as `npm start` runs it. */
function passes(
  headers: { readonly host?: string; readonly origin?: string },
  {
    publicUrl = `http://127.0.0.1:${PORT}`,
    allowedHosts = ['127.0.0.1'],
    takesAnyOrigin = false,
  }: Gateway = {},
): boolean {
  const guard = addressGuard({ publicUrl, allowedHosts, takesAnyOrigin });
  const next = jest.fn();
  try {
    void guard({ headers } as unknown as Request, {} as unknown as Response, next);
  } catch (err) {
    expect(err).toMatchObject({ fault: { httpStatus: 403, status: 'PERMISSION_DENIED' } });
  }
  return next.mock.calls.length === 1;
}

const AT_HOME = 'agents.example.com';
const PUBLIC: Gateway = { publicUrl: `https://${AT_HOME}`, allowedHosts: ['10.0.0.7', 'Gateway'] };
const EVERYWHERE: Gateway = { ...PUBLIC, allowedHosts: ['0.0.0.0', 'gateway'] };

describe('the Host of a request', () => {
  test.each([
    '127.0.0.1:4000',
    '127.0.0.1',
    '127.8.9.10:4000',
    'localhost:4000',
    'LOCALHOST:8080',
    'longhaul.localhost:4000',
    '[::1]:4000',
  ])('%s is loopback and passes', (host) => {
    expect(passes({ host })).toBe(true);
    expect(passes({ host }, EVERYWHERE)).toBe(true);
  });

  test.each([
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    'localhost@evil.example',
    'localhost:x',
    'localhost:4000:1',
    'localhost.',
    'notlocalhost',
    'evil.example, localhost',
    'localhost/x',
    '',
  ])('%j is no name of any gateway', (host) => {
    expect(passes({ host })).toBe(false);
    expect(passes({ host }, PUBLIC)).toBe(false);
    expect(passes({ host }, EVERYWHERE)).toBe(false);
  });

  test.each(['192.168.1.5:4000', '0.0.0.0:4000', '[fe80::1]:4000', AT_HOME, 'gateway'])(
    '%s does not name a gateway of this machine only',
    (host) => {
      expect(passes({ host })).toBe(false);
    },
  );

  test.each(['10.0.0.7:4000', 'gateway:4000', AT_HOME, `${AT_HOME}:4000`])(
    '%s names a gateway that was given the name',
    (host) => {
      expect(passes({ host }, PUBLIC)).toBe(true);
    },
  );

  test.each(['192.168.1.5:4000', '0.0.0.0:4000', '10.0.0.7', '[fe80::1]:4000'])(
    '%s names a gateway that listens on all addresses, and not one that listens on another',
    (host) => {
      expect(passes({ host }, EVERYWHERE)).toBe(true);
      expect(passes({ host }, { ...EVERYWHERE, allowedHosts: ['::'] })).toBe(true);
      expect(passes({ host }, { ...EVERYWHERE, allowedHosts: ['10.0.0.8'] })).toBe(false);
    },
  );

  test('that is not there passes: no browser leaves it out', () => {
    expect(passes({})).toBe(true);
  });
});

describe('the Origin of a request', () => {
  test.each([
    { origin: 'http://127.0.0.1:4000', host: '127.0.0.1:4000' },
    { origin: 'http://localhost:4000', host: '127.0.0.1:4000' },
    { origin: 'http://127.0.0.1:4000', host: '[::1]:4000' },
    { origin: 'http://[::1]:4000', host: 'localhost:4000' },
    { origin: 'https://localhost:4000', host: 'localhost:4000' },
  ])('$origin is that of a gateway called by $host', (headers) => {
    expect(passes(headers)).toBe(true);
  });

  test.each([
    'https://evil.example',
    'http://evil.example:4000',
    'http://localhost:8080',
    'http://localhost',
    'http://192.168.1.5:4000',
    'null',
    '',
    'file://',
    'chrome-extension://abcdef',
    'localhost:4000',
    'http://localhost:4000/x',
    'http://localhost:4000@evil.example',
    'http://localhost:4000, https://evil.example',
  ])('%j is foreign', (origin) => {
    expect(passes({ origin, host: '127.0.0.1:4000' })).toBe(false);
    expect(passes({ origin, host: '127.0.0.1:4000' }, EVERYWHERE)).toBe(false);
    expect(passes({ origin })).toBe(false);
  });

  test('of the public address passes by whatever name a proxy calls', () => {
    const origin = `https://${AT_HOME}`;
    expect(passes({ origin, host: AT_HOME }, PUBLIC)).toBe(true);
    expect(passes({ origin, host: '127.0.0.1:4000' }, PUBLIC)).toBe(true);
    expect(passes({ origin: `${origin}:8443`, host: '127.0.0.1:4000' }, PUBLIC)).toBe(false);
  });

  test('of a page that the gateway itself would have served passes', () => {
    const origin = 'http://192.168.1.5:4000';
    expect(passes({ origin, host: '192.168.1.5:4000' }, EVERYWHERE)).toBe(true);
    expect(passes({ origin, host: '192.168.1.6:4000' }, EVERYWHERE)).toBe(false);
  });
});

test('where any origin may call, the host is still looked at', () => {
  const open = { takesAnyOrigin: true };
  for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${PORT}`]) {
    expect(passes({ host: '127.0.0.1:4000', origin }, open)).toBe(true);
    expect(passes({ host: 'evil.example', origin }, open)).toBe(false);
  }
});
