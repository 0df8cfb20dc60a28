// Makers of artifacts: texts, JSON values and files in the shape that a skill may save.

import fc from 'fast-check';
import { fileArtifact, jsonArtifact, textArtifact } from '../../../src/activities/artifact-makers';

describe('textArtifact', () => {
  test.each([
    ['report.md', 'text/markdown'],
    ['page.html', 'text/html'],
    ['notes', 'text/plain'],
    ['a.b.unknown-extension', 'text/plain'],
  ])('of %s is %s', (name, mediaType) => {
    expect(textArtifact(name, 'x')).toEqual({ name, parts: [{ text: 'x', mediaType }] });
  });

  test('takes what an artifact has besides', () => {
    const more = { artifactId: 'a', description: 'd', metadata: { n: 1 }, mediaType: 'text/x-log' };
    expect(textArtifact('log', 'x', more)).toEqual({
      ...{ artifactId: 'a', description: 'd', metadata: { n: 1 }, name: 'log' },
      parts: [{ text: 'x', mediaType: 'text/x-log' }],
    });
  });
});

describe('jsonArtifact', () => {
  const dataOf = (value: unknown): unknown => jsonArtifact('a.json', value).parts[0];

  test('holds any JSON value as it is', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as unknown;
      expect(JSON.stringify(dataOf(value))).toBe(
        JSON.stringify({ data: json, mediaType: 'application/json' }),
      );
    });
    fc.assert(property);
  });

  test('holds what JSON makes of dates and of properties that are undefined', () => {
    expect(dataOf({ at: new Date(0), gone: undefined, own: { toJSON: () => [1] } })).toEqual({
      data: { at: '1970-01-01T00:00:00.000Z', own: [1] },
      mediaType: 'application/json',
    });
  });

  test('holds what the value was when it was made', () => {
    const value = { n: 1 };
    const made = jsonArtifact('a.json', value);
    value.n = 2;
    expect(made.parts[0]).toMatchObject({ data: { n: 1 } });
  });

  const circle: Record<string, unknown> = {};
  circle['deep'] = [circle];

  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'the value is undefined'],
    ['a number that is none', { rows: [{ mean: 1 }, { mean: NaN }] }, 'rows[1].mean is NaN'],
    ['infinity', [Infinity], '[0] is Infinity'],
    ['a hole in a list', { a: [1, undefined] }, 'a[1] is undefined'],
    ['a BigInt', { n: 1n }, 'n is a bigint'],
    ['a function', { f: () => 1 }, 'f is a function'],
    ['a symbol', { s: Symbol('s') }, 's is a symbol'],
    ['a Map', { m: new Map() }, 'm is a Map'],
    ['bytes', { b: new Uint8Array(1) }, 'b is a Uint8Array'],
    ['a circle', circle, 'deep[0] is an object that it lies in'],
  ])('refuses %s for good, and says where it is', (_what, value, where) => {
    const make = (): unknown => jsonArtifact('stats.json', value);
    expect(errorOf(make)).toMatchObject({ name: 'SkillError', retryable: false });
    expect(make).toThrow(`artifact "stats.json" is no JSON: ${where}`);
  });

  test('takes one object in two places', () => {
    const one = { n: 1 };
    expect(dataOf([one, one])).toMatchObject({ data: [{ n: 1 }, { n: 1 }] });
  });
});

describe('fileArtifact', () => {
  const stream = (async function* () {
    yield Buffer.from('x');
  })();

  test.each([
    ['text', { text: 'a,b' }, { text: 'a,b' }],
    ['bytes', { bytes: Uint8Array.of(1, 2, 3) }, { raw: 'AQID' }],
    ['no bytes', { bytes: new Uint8Array() }, { raw: '' }],
    ['a path', { path: '/tmp/a.csv' }, { path: '/tmp/a.csv' }],
    ['a stream', { stream }, { stream }],
  ])('of %s is one part with its name and media type', (_what, content, part) => {
    expect(fileArtifact({ name: 'a.csv', ...content })).toEqual({
      name: 'a.csv',
      parts: [{ filename: 'a.csv', mediaType: 'text/csv', ...part }],
    });
  });

  test.each([
    ['chart.svg', { text: '<svg/>' }, 'image/svg+xml'],
    ['notes', { text: 'x' }, 'text/plain'],
    ['dump', { bytes: new Uint8Array() }, 'application/octet-stream'],
  ])('%s has a media type in any case', (name, content, mediaType) => {
    expect(fileArtifact({ name, ...content }).parts[0]).toMatchObject({ mediaType });
  });

  test('without content is refused by its name', () => {
    const make = (): unknown => fileArtifact({ name: 'a.csv' } as never);
    expect(make).toThrow('artifact "a.csv" needs one of text, bytes, path, stream');
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (err) {
    return err;
  }
}
