// What a skill may say: nothing but the known fields, and nothing that Temporal could not take.

import { Readable } from 'node:stream';
import {
  checkPart,
  toArtifactEmission,
  toSkillMessage,
  toStreamOptions,
} from '../../src/activities/say';
import {
  SkillError,
  type FilePart,
  type Say,
  type SkillArtifact,
} from '../../src/activities/skill';
import type { ContentPart, JsonObject } from '../../src/workflows/task';

const KIB = 1_024;
const long = (bytes: number): string => 'x'.repeat(bytes);
const heavy: JsonObject = { text: long(33 * KIB) };
const circle: Record<string, unknown> = {};
circle['self'] = circle;

function refusalOf(act: () => unknown): SkillError {
  try {
    act();
  } catch (err) {
    if (err instanceof SkillError) return err;
    throw err;
  }
  throw new Error('it was not refused');
}

const message = (say: unknown) => (): unknown => toSkillMessage(say as Say);
const artifact = (said: unknown) => (): unknown => toArtifactEmission(said as SkillArtifact, 'a');
const chunk = (said: unknown) => (): unknown => checkPart(said as ContentPart);
const parts = [{ text: 'x' }];

test.each<[string, () => unknown, RegExp]>([
  ['metadata of a message', message({ parts, metadata: heavy }), /metadata/],
  ['metadata of a part', message({ parts: [{ text: 'x', metadata: heavy }] }), /parts\[0\]\.met/],
  ['metadata of an artifact', artifact({ parts, metadata: heavy }), /metadata/],
  ['the name of an artifact', artifact({ parts, name: long(2_000) }), /name/],
  ['the description of an artifact', artifact({ parts, description: long(9_000) }), /description/],
  ['a filename', chunk({ text: 'x', filename: long(2_000) }), /filename/],
  ['a media type', chunk({ text: 'x', mediaType: long(300) }), /mediaType/],
  ['a url in a message', message({ parts: [{ url: long(60 * KIB) }] }), /urls.*57344/],
  ['a url in a chunk', chunk({ url: long(60 * KIB) }), /urls/],
  ['urls of an artifact', artifact({ parts: Array(9).fill({ url: long(30 * KIB) }) }), /262144/],
  ['the number of parts', message({ parts: Array(9_000).fill({ text: 'x' }) }), /number of parts/],
  ['the id of a stream', () => toStreamOptions({ artifactId: long(300) }), /artifactId/],
  ['metadata of a stream', () => toStreamOptions({ artifactId: 'a', metadata: heavy }), /metadata/],
  ['two contents', chunk({ text: 'x', path: '/tmp/x' }), /exactly one of text, .*path, stream/],
  ['no path', chunk({ path: '' }), /path/],
  ['a stream that is none', chunk({ stream: 'x' }), /async iterable\s+→ at stream/],
  ['a BigInt', message({ parts: [{ data: { n: 1n } }] }), /BigInt/],
  ['a circle', message({ parts, metadata: circle }), /circular/],
])('%s that cannot be recorded is refused for good, by its name', (_what, act, named) => {
  const refusal = refusalOf(act);
  expect(refusal.message).toMatch(named);
  expect(refusal.retryable).toBe(false);
});

test('the id of an artifact is refused when it is too long', () => {
  const refusal = refusalOf(() => toArtifactEmission({ parts }, long(300)));
  expect(refusal.message).toMatch(/artifactId/);
});

test.each<[string, () => unknown]>([
  ['a string', message(long(5_000_000))],
  ['a text part', message({ parts: [{ text: long(5_000_000) }] })],
  ['raw bytes', artifact({ parts: [{ raw: long(5_000_000) }] })],
  ['data', chunk({ data: { text: long(5_000_000) } })],
])('%s may be as long as it is, because it can be stored', (_what, act) => {
  expect(act).not.toThrow();
});

test('files count as the references that they become', () => {
  const files = (count: number) => artifact({ parts: Array(count).fill({ path: '/tmp/x' }) });
  expect(files(1_500)).not.toThrow();
  expect(refusalOf(files(3_000)).message).toMatch(/number of parts/);
});

describe('only the known fields go on', () => {
  test('of an artifact: kind, time and place in the stream are not for the author to say', () => {
    const said = { parts, name: 'n', at: 'never', kind: 'progress', append: true, last: false };
    expect(toArtifactEmission(said as SkillArtifact, 'a')).toEqual({
      ...{ kind: 'artifact', artifactId: 'a', name: 'n', parts, append: false, last: true },
      at: expect.any(Number),
    });
  });

  test('of a message', () => {
    expect(toSkillMessage({ parts, at: 'never', kind: 'artifact' } as Say)).toEqual({ parts });
  });

  test('of a part: none can pass as a stored one', () => {
    const ref = { digest: 'd', bytes: 1, content: 'text' };
    expect(checkPart({ text: 'x', ref } as ContentPart)).toEqual({ text: 'x' });
  });

  test('of a file and of a stream', () => {
    const stream = Readable.from([]);
    const ref = { digest: 'd', bytes: 1, content: 'raw' };
    expect(checkPart({ path: '/tmp/x', ref, filename: 'x' } as FilePart)).toEqual({
      filename: 'x',
      path: '/tmp/x',
    });
    expect(checkPart({ stream })).toEqual({ stream });
    expect(checkPart({ stream })).toHaveProperty('stream', stream);
  });

  test('and none that is undefined', () => {
    const part = { text: 'x', url: undefined, filename: undefined } as unknown as ContentPart;
    expect(Object.keys(checkPart(part))).toEqual(['text']);
  });
});
