// Posting one notification: what counts as taken, and what is never dialed or followed.

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressRules, parseAllowedHost } from '../../src/webhooks/address-rules';
import { createPoster, type Posted, type Poster } from '../../src/webhooks/post';

const servers: Server[] = [];
const posters: Poster[] = [];

afterEach(async () => {
  await Promise.all(posters.splice(0).map((poster) => poster.close()));
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(
  answer: RequestListener,
): Promise<{ readonly port: number; readonly hits: number[] }> {
  const hits: number[] = [];
  const server = createServer((req, res) => {
    hits.push(Date.now());
    answer(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, hits };
}

function post(
  url: string,
  { allow = ['127.0.0.1'], signal = new AbortController().signal } = {},
): Promise<Posted> {
  const poster = createPoster(new AddressRules(allow.map((entry) => parseAllowedHost(entry)!)));
  posters.push(poster);
  return poster.post({ url, headers: { 'content-type': 'application/json' }, body: '{}' }, signal);
}

test.each([200, 201, 202, 204, 299])('%d is taken', async (status) => {
  const { port } = await serve((_req, res) => res.writeHead(status).end());
  expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({ kind: 'accepted' });
});

test.each([300, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503])(
  '%d is a refusal, and nobody is followed',
  async (status) => {
    const secret = await serve((_req, res) => res.writeHead(200).end());
    const location = `http://127.0.0.1:${String(secret.port)}/latest/meta-data`;
    const { port } = await serve((_req, res) => res.writeHead(status, { location }).end());
    expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({
      kind: 'refused',
      reason: `HTTP ${String(status)}`,
    });
    expect(secret.hits).toEqual([]);
  },
);

test('410 says that no more is wanted', async () => {
  const { port } = await serve((_req, res) => res.writeHead(410).end());
  expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({
    kind: 'gone',
    reason: 'HTTP 410',
  });
});

test.each([
  ['7', 7_000, 7_000],
  [new Date(Date.now() + 60_000).toUTCString(), 50_000, 61_000],
  [new Date(0).toUTCString(), 0, 0],
])('Retry-After: %s is told in milliseconds', async (value, least, most) => {
  const { port } = await serve((_req, res) => res.writeHead(429, { 'retry-after': value }).end());
  const posted = await post(`http://127.0.0.1:${String(port)}/`);
  const { retryAfterMs = -1 } = posted as Extract<Posted, { kind: 'refused' }>;
  expect(retryAfterMs).toBeGreaterThanOrEqual(least);
  expect(retryAfterMs).toBeLessThanOrEqual(most);
});

test('a Retry-After that is neither seconds nor a date says nothing', async () => {
  const { port } = await serve((_req, res) => res.writeHead(503, { 'retry-after': 'soon' }).end());
  expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({
    kind: 'refused',
    reason: 'HTTP 503',
  });
});

test('a receiver that is not there is a refusal that names the failure', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({
    kind: 'refused',
    reason: 'ECONNREFUSED',
  });
});

test('an endless answer is not read to its end', async () => {
  const { port } = await serve((_req, res) => {
    res.writeHead(200);
    const more = (): void => {
      while (res.write('x'.repeat(65_536)));
      res.once('drain', more);
    };
    more();
  });
  expect(await post(`http://127.0.0.1:${String(port)}/`)).toEqual({ kind: 'accepted' });
});

test('whoever aborts gets his own reason', async () => {
  const abort = new AbortController();
  const { port } = await serve(() => {
    abort.abort(new Error('enough'));
  });
  const posted = post(`http://127.0.0.1:${String(port)}/`, { signal: abort.signal });
  await expect(posted).rejects.toThrow('enough');
});

describe('at the dial', () => {
  test.each(['http://127.0.0.1', 'https://127.0.0.1', 'https://[::1]', 'https://0x7f.1'])(
    '%s is not connected to when it is not listed',
    async (origin) => {
      const { port, hits } = await serve((_req, res) => res.end());
      expect(await post(`${origin}:${String(port)}/`, { allow: [] })).toMatchObject({
        kind: 'refused',
      });
      expect(hits).toEqual([]);
    },
  );

  test('a name is looked at as it resolves then: one that leads to loopback is not connected to', async () => {
    const { port, hits } = await serve((_req, res) => res.end());
    expect(await post(`https://localhost:${String(port)}/`, { allow: [] })).toEqual({
      kind: 'refused',
      reason: 'the URL must lead to a public address',
    });
    expect(hits).toEqual([]);
  });

  test('a name that is listed may lead to loopback', async () => {
    const { port } = await serve((_req, res) => res.end());
    const url = `http://localhost:${String(port)}/`;
    expect(await post(url, { allow: ['localhost'] })).toEqual({ kind: 'accepted' });
  });
});
