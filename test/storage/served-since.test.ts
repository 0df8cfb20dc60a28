// Since when a document is served, as restarts and other gateways of one folder tell it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servedSince } from '../../src/storage/served-since';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-served-'));
});
afterEach(() => rm(folder, { recursive: true }));

const LONG_AGO = new Date('2026-01-02T03:04:05.000Z');

async function servedAt(time: Date, etag: string): Promise<Date> {
  jest.useFakeTimers({ now: time, doNotFake: ['nextTick', 'setImmediate'] });
  try {
    return await servedSince(join(folder, 'deep', 'card'), etag);
  } finally {
    jest.useRealTimers();
  }
}

test('the same document keeps its time', async () => {
  expect(await servedAt(LONG_AGO, '"a"')).toEqual(LONG_AGO);
  expect(await servedAt(new Date(), '"a"')).toEqual(LONG_AGO);
});

test('another one is new, and so is one that comes back', async () => {
  await servedAt(LONG_AGO, '"a"');
  const later = new Date(LONG_AGO.getTime() + 60_000);
  expect(await servedAt(later, '"b"')).toEqual(later);
  const latest = new Date(LONG_AGO.getTime() + 120_000);
  expect(await servedAt(latest, '"a"')).toEqual(latest);
});

test('where nothing can be written it is new each time', async () => {
  const since = await servedSince(join(folder, 'card\0'), '"a"');
  expect(Date.now() - since.getTime()).toBeLessThan(5_000);
});
