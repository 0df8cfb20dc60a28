// How long a card may be kept, and how a client asks whether it still holds (A2A §8.6, RFC 9110 §13).

import { setTimeout as delay } from 'node:timers/promises';
import { useStack } from '../../harness/stack';

const CARD = '/.well-known/agent-card.json';

/** With one address their cards are equal. */
const SAME = { PUBLIC_URL: 'https://agents.example.com' };
const SHAPES = ['hybrid', '1.0', '0.3'] as const;

const stack = useStack({
  gateways: [SAME, SAME, ...SHAPES.map((AGENT_CARD) => ({ AGENT_CARD }))],
  hasWorker: false,
});

interface Asking {
  readonly url?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** With a validator of its own, fetch would add `Cache-Control: no-cache`, which forbids a 304. */
const KEPT = { 'Cache-Control': 'max-age=0' };

const ask = ({ url = stack.url, path = CARD, ...init }: Asking = {}): Promise<Response> =>
  fetch(url + path, init);

interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}

async function validators(asking: Asking = {}): Promise<Validators> {
  const { headers } = await ask(asking);
  return { etag: headers.get('ETag') ?? '', lastModified: headers.get('Last-Modified') ?? '' };
}

describe.each([CARD, '/v1/card'])('%s', (path) => {
  test('says how long it may be kept, and by what to ask again', async () => {
    const { headers } = await ask({ path });
    expect(headers.get('Content-Type')).toMatch(/^application\/json\b/);
    expect(headers.get('Cache-Control')).toMatch(/\bmax-age=\d+/);
    expect(headers.get('ETag')).toMatch(/^"[^"]+"$/);
    expect(Date.parse(headers.get('Last-Modified') ?? '')).toBeLessThanOrEqual(Date.now());
  });

  test('answers 304 without a body to the same ETag, one of several included', async () => {
    const { etag } = await validators({ path });
    for (const tags of [etag, `"other", ${etag}`, `W/${etag}`]) {
      const response = await ask({ path, headers: { 'If-None-Match': tags, ...KEPT } });
      expect(response.status).toBe(304);
      expect(await response.text()).toBe('');
      expect(response.headers.get('ETag')).toBe(etag);
      expect(response.headers.get('Cache-Control')).toMatch(/\bmax-age=\d+/);
    }
  });

  test('answers 304 to the same Last-Modified', async () => {
    const { lastModified } = await validators({ path });
    const response = await ask({ path, headers: { 'If-Modified-Since': lastModified, ...KEPT } });
    expect(response.status).toBe(304);
  });

  test('answers in full to an older Last-Modified, and to another ETag whatever the date', async () => {
    const { lastModified } = await validators({ path });
    const older = new Date(Date.parse(lastModified) - 1_000).toUTCString();
    for (const headers of [
      { 'If-Modified-Since': older, ...KEPT },
      { 'If-None-Match': '"other"', 'If-Modified-Since': lastModified, ...KEPT },
    ]) {
      const response = await ask({ path, headers });
      expect(response.status).toBe(200);
      expect(await response.json()).toHaveProperty('name');
    }
  });

  test('answers HEAD as GET, without the body', async () => {
    const [get, head] = [await ask({ path }), await ask({ path, method: 'HEAD' })];
    const { etag } = await validators({ path, method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    expect(etag).toBe(get.headers.get('ETag'));
    expect(head.headers.get('Content-Length')).toBe(get.headers.get('Content-Length'));
  });
});

test('two gateways with one card have one ETag and one Last-Modified, also after a restart', async () => {
  const first = await validators();
  // Longer than the second that a date of HTTP can tell.
  await delay(1_100);
  const restarted = await stack.startGateway(SAME);
  expect(await validators({ url: restarted.url })).toEqual(first);
  const { etag } = await validators({ url: stack.otherUrl });
  expect(etag).toBe(first.etag);
});

test('cards that differ have different ETags', async () => {
  const urls = stack.gateways.slice(0, 5).map(({ url }) => url);
  const tags = await Promise.all(urls.map(async (url) => (await validators({ url })).etag));
  expect(new Set(tags).size).toBe(4);
});
