// The events of `ArtifactStreamer`, as JSON of both generations of A2A.

import { ArtifactStreamer } from '../../../src/activities/artifact-streamer';

const address = { taskId: 'task', contextId: 'context' };

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const kept: T[] = [];
  for await (const item of items) kept.push(item);
  return kept;
}

test('one id for all events, whichever it is', () => {
  const streamer = new ArtifactStreamer({ ...address, name: 'response' });
  const ids = [streamer.append('a'), streamer.append('b'), streamer.finalize()].map(
    ({ artifact }) => artifact.artifactId,
  );
  expect(new Set(ids)).toEqual(new Set([streamer.artifactId]));
  expect(new ArtifactStreamer(address).artifactId).not.toBe(streamer.artifactId);
});

test('the first event begins the artifact, because there is none before it to add to', () => {
  const streamer = new ArtifactStreamer({ ...address, artifactId: 'a', name: 'response' });
  const heading = { artifactId: 'a', name: 'response' };
  expect([streamer.append('Hello'), streamer.append(' world'), streamer.finalize('!')]).toEqual([
    {
      ...address,
      artifact: { ...heading, parts: [{ text: 'Hello' }] },
      append: false,
      lastChunk: false,
    },
    {
      ...address,
      artifact: { ...heading, parts: [{ text: ' world' }] },
      append: true,
      lastChunk: false,
    },
    {
      ...address,
      artifact: { ...heading, parts: [{ text: '!' }] },
      append: true,
      lastChunk: true,
    },
  ]);
});

test('an event tells what the artifact is, and the media type of its texts', () => {
  const more = { name: 'n', description: 'd', metadata: { n: 1 }, mediaType: 'text/markdown' };
  const { artifact } = new ArtifactStreamer({ ...address, artifactId: 'a', ...more }).append('#');
  expect(artifact).toEqual({
    ...{ artifactId: 'a', name: 'n', description: 'd', metadata: { n: 1 } },
    parts: [{ text: '#', mediaType: 'text/markdown' }],
  });
});

test.each([
  ['append', (streamer: ArtifactStreamer) => streamer.append('more')],
  ['finalize', (streamer: ArtifactStreamer) => streamer.finalize()],
])('%s after finalize throws with the name of the artifact', (_what, act) => {
  const streamer = new ArtifactStreamer({ ...address, name: 'response' });
  streamer.finalize();
  expect(() => act(streamer)).toThrow('artifact "response" is finalized');
});

describe('pipe', () => {
  test('is the events of all that comes, and the last one', async () => {
    const streamer = new ArtifactStreamer(address);
    const bytes = new TextEncoder().encode('ü');
    const items = ['one', bytes.slice(0, 1), bytes.slice(1), { data: 1 }];
    const events = await all(streamer.pipe(from<string | Uint8Array | { data: number }>(items)));
    expect(events.map(({ artifact }) => artifact.parts[0])).toEqual([
      { text: 'one' },
      { text: 'ü' },
      { data: 1 },
      { text: '' },
    ]);
    expect(events.map(({ lastChunk }) => lastChunk)).toEqual([false, false, false, true]);
  });

  test('leaves the artifact open when it is told to', async () => {
    const streamer = new ArtifactStreamer(address);
    const events = await all(streamer.pipe(from(['one']), { finalize: false }));
    expect([...events, streamer.finalize()].map(({ lastChunk }) => lastChunk)).toEqual([
      false,
      true,
    ]);
  });

  test('throws the reason of its signal', async () => {
    const silent = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    const stop = new AbortController();
    const piped = all(new ArtifactStreamer(address).pipe(silent, { signal: stop.signal }));
    stop.abort(new Error('enough'));
    await expect(piped).rejects.toThrow('enough');
  });
});

describe('in the shape of 0.3', () => {
  const streamer = (): ArtifactStreamer<'0.3'> =>
    new ArtifactStreamer({ ...address, artifactId: 'a', name: 'r', protocolVersion: '0.3' });

  test('an event says its kind', () => {
    expect(streamer().append('Hello')).toEqual({
      ...{ kind: 'artifact-update', ...address, append: false, lastChunk: false },
      artifact: { artifactId: 'a', name: 'r', parts: [{ kind: 'text', text: 'Hello' }] },
    });
  });

  test.each([
    [
      'bytes',
      { raw: 'AQID', filename: 'a.bin', mediaType: 'a/b', metadata: { n: 1 } },
      {
        kind: 'file',
        file: { bytes: 'AQID', name: 'a.bin', mimeType: 'a/b' },
        metadata: { n: 1 },
      },
    ],
    ['a url', { url: 'https://x.test' }, { kind: 'file', file: { uri: 'https://x.test' } }],
    ['an object', { data: { n: 1 } }, { kind: 'data', data: { n: 1 } }],
    [
      'a list, which 0.3 has no data for',
      { data: [1] },
      { kind: 'data', data: { value: [1] }, metadata: { data_part_compat: true } },
    ],
  ])('a part of %s', (_what, part, legacy) => {
    expect(streamer().append(part).artifact.parts).toEqual([legacy]);
  });
});
