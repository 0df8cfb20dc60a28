// What a gateway answers where a stored part is served (RFC 9110).

import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { rpc } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { givePart, type GivenPart } from '../harness/given-parts';
import { useStack } from '../harness/stack';

const stack = useStack({ hasWorker: false });

const CONTENT = randomBytes(500_000);

async function give(content: Buffer, mediaType = 'image/png'): Promise<GivenPart> {
  const stores = createDirectoryPartStores(join(stack.temporal.dataDir, 'parts'));
  const source = async function* (): AsyncGenerator<Buffer> {
    yield content;
  };
  return givePart(stack.temporal, stores, { content: source(), mediaType });
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Not by `fetch`, which has a cache and conditions of its own. */
async function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${stack.url}${path}`, { method, headers }, (response) => {
      const { statusCode = 0 } = response;
      buffer(response).then((body) => {
        resolve({ status: statusCode, headers: response.headers, body });
      }, reject);
    });
    asked.on('error', reject).end();
  });
}

async function pathInStore({ digest }: GivenPart): Promise<string> {
  const folder = join(stack.temporal.dataDir, 'parts');
  const names = await readdir(folder, { recursive: true });
  return join(folder, names.find((name) => name.endsWith(digest)) ?? '');
}

describe('a stored part', () => {
  let part: GivenPart;
  let etag: string;

  beforeAll(async () => {
    part = await give(CONTENT);
    etag = `"${part.digest}"`;
  });

  test('comes whole, with its type, and may be kept by who was given it', async () => {
    const { status, headers, body } = await ask(part.path);
    expect(status).toBe(200);
    expect(body.equals(CONTENT)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '500000',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
      etag,
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  test('is told of by HEAD without its bytes (RFC 9110 §9.3.2)', async () => {
    const { status, headers, body } = await ask(part.path, { Range: 'bytes=0-9' }, 'HEAD');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-length': '500000', etag, 'accept-ranges': 'bytes' });
    expect(body).toHaveLength(0);
  });

  test.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=499990-', 499_990, 499_999],
    ['bytes=-10', 499_990, 499_999],
    ['bytes=499990-600000', 499_990, 499_999],
    ['bytes=1-', 1, 499_999],
  ])('%s is 206 with those bytes', async (range, start, end) => {
    const { status, headers, body } = await ask(part.path, { Range: range });
    expect(status).toBe(206);
    expect(headers).toMatchObject({
      'content-range': `bytes ${String(start)}-${String(end)}/500000`,
      'content-length': String(end - start + 1),
      etag,
    });
    expect(body.equals(CONTENT.subarray(start, end + 1))).toBe(true);
  });

  test.each(['bytes=0-', 'bytes=0-9,20-29', 'bytes=x', 'pages=1-2'])(
    '%s is 200 with all of it',
    async (range) => {
      const { status, headers, body } = await ask(part.path, { Range: range });
      expect(status).toBe(200);
      expect(headers['content-range']).toBeUndefined();
      expect(body.equals(CONTENT)).toBe(true);
    },
  );

  test.each(['bytes=500000-', 'bytes=-0'])('%s is 416 with the size', async (range) => {
    const { status, headers } = await ask(part.path, { Range: range });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe('bytes */500000');
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['cache-control']).toBeUndefined();
  });

  test.each([
    ['with its ETag', (tag: string) => tag, 206],
    ['with a weak ETag', (tag: string) => `W/${tag}`, 200],
    ['with another ETag', () => '"x"', 200],
    ['with a date', () => 'Wed, 21 Oct 2026 07:28:00 GMT', 200],
  ])('If-Range %s (RFC 9110 §13.1.5)', async (_name, value, expected) => {
    const headers = { Range: 'bytes=0-9', 'If-Range': value(etag) };
    expect((await ask(part.path, headers)).status).toBe(expected);
  });

  test.each([
    ['its ETag', (tag: string) => tag, 304],
    ['a list with it, weak', (tag: string) => `"x", W/${tag}`, 304],
    ['*', () => '*', 304],
    ['another', () => '"x"', 200],
  ])('If-None-Match: %s', async (_name, value, expected) => {
    const { status, headers, body } = await ask(part.path, { 'If-None-Match': value(etag) });
    expect(status).toBe(expected);
    expect(headers).toMatchObject({ etag, 'cache-control': expect.stringMatching('private') });
    expect(body).toHaveLength(expected === 304 ? 0 : 500_000);
  });

  test.each([
    ['its ETag', (tag: string) => tag, 200],
    ['*', () => '*', 200],
    ['another', () => '"x"', 412],
  ])('If-Match: %s', async (_name, value, expected) => {
    expect((await ask(part.path, { 'If-Match': value(etag) })).status).toBe(expected);
  });

  test.each(['nonsense', '', 'text/html\r\nX: y'])(
    'the media type %j is none',
    async (mediaType) => {
      const { path } = await give(randomBytes(10), mediaType);
      expect((await ask(path)).headers['content-type']).toBe('application/octet-stream');
    },
  );

  test('of no bytes is served, and has no range', async () => {
    const { path } = await give(Buffer.alloc(0));
    expect(await ask(path)).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect((await ask(path, { Range: 'bytes=0-' })).status).toBe(416);
  });
});

describe('whose part it is', () => {
  test('another task does not serve it, although it is in the store', async () => {
    const [one, other] = [await give(randomBytes(10)), await give(randomBytes(10))];
    expect((await ask(`/parts/${other.taskId}/${one.digest}`)).status).toBe(404);
    expect((await ask(`/parts/no-such-task/${one.digest}`)).status).toBe(404);
  });

  test('another tenant does not find the task, not even with the ETag', async () => {
    const { path, digest } = await give(randomBytes(10));
    const known = { 'If-None-Match': `"${digest}"` };
    expect((await ask(`/acme${path}`, known)).status).toBe(404);
  });

  test('a digest that is none names no file', async () => {
    const { taskId } = await give(randomBytes(10));
    expect((await ask(`/parts/${taskId}/..%2F..%2Fsecret`)).status).toBe(404);
  });
});

describe('a part that is not what it was', () => {
  test('breaks off instead of ending well', async () => {
    // Of no other task: the files of all tasks are named by their digests.
    const damaged = randomBytes(500_000);
    const part = await give(Buffer.from(damaged));
    damaged[400_000]! ^= 1;
    await writeFile(await pathInStore(part), damaged);
    await expect(ask(part.path)).rejects.toThrow(/aborted|hang up/);
    await eventually(() => {
      expect(stack.gateways[0]?.output()).toContain('is damaged');
    });
  });

  test('of few bytes is an error, before anything is sent', async () => {
    const part = await give(randomBytes(100));
    await writeFile(await pathInStore(part), randomBytes(100));
    const { status, headers } = await ask(part.path);
    expect(status).toBe(500);
    expect(headers.etag).toBeUndefined();
  });

  test('and that is gone is 404 here, and an error that says so in GetTask', async () => {
    const part = await give(randomBytes(100));
    await rm(await pathInStore(part));
    expect((await ask(part.path)).status).toBe(404);
    const { body } = await rpc(stack.url, 'GetTask', { id: part.taskId });
    expect(body.error).toMatchObject({ message: expect.stringMatching('is not in the store') });
  });
});
