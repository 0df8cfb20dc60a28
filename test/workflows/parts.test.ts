// Contents as growing lists of parts: joined, cut and compared blind to chunk borders.

import fc from 'fast-check';
import { compareParts, cutAt, endOf, isEndOf, joinParts, START } from '../../src/workflows/parts';
import type { Part } from '../../src/workflows/task';

const text = (value: string): Part => ({ text: value });
const data = (value: number): Part => ({ data: { value } });
const joined = (...parts: Part[]): readonly Part[] => joinParts([], parts);

describe('joinParts', () => {
  test('joins text that follows text', () => {
    expect(joinParts([text('a')], [text('b'), text('c')])).toEqual([text('abc')]);
  });

  test('keeps text of another media type apart', () => {
    const markdown = { text: 'b', mediaType: 'text/markdown' };
    expect(joined(text('a'), markdown)).toEqual([text('a'), markdown]);
  });

  test('keeps text of another file name apart', () => {
    const named = { text: 'b', filename: 'b.txt' };
    expect(joined(text('a'), named)).toEqual([text('a'), named]);
  });

  test('keeps text with other metadata apart', () => {
    const noted = { text: 'b', metadata: { k: 1 } };
    expect(joined(text('a'), noted)).toEqual([text('a'), noted]);
  });

  test('joins text of the same media type, file name and metadata', () => {
    const part = (value: string): Part => ({ text: value, mediaType: 't', metadata: { k: 1 } });
    expect(joined(part('a'), part('b'))).toEqual([part('ab')]);
  });

  test('does not join text over a data part', () => {
    expect(joined(text('a'), data(1), text('b'))).toEqual([text('a'), data(1), text('b')]);
  });

  test('never joins what is stored by reference', () => {
    const stored: Part = { ref: { digest: 'd', bytes: 2, content: 'text' } };
    expect(joined(stored, stored)).toEqual([stored, stored]);
  });

  test('keeps an empty text only as the first part', () => {
    expect(joined(text(''), data(1), text(''))).toEqual([text(''), data(1)]);
  });

  test('leaves its arguments as they were', () => {
    const content = Object.freeze([Object.freeze(text('a'))]);
    joinParts(content, [text('b')]);
    expect(content).toEqual([text('a')]);
  });
});

describe('cutAt', () => {
  test('cuts inside a text', () => {
    expect(cutAt([text('abc'), data(1)], { part: 0, offset: 2 })).toEqual([text('ab')]);
  });

  test('keeps nothing before the start', () => {
    expect(cutAt([text('abc')], START)).toEqual([]);
  });

  test('keeps everything before the end', () => {
    const content = [text('abc'), data(1)];
    expect(cutAt(content, endOf(content))).toEqual(content);
  });

  test('keeps the description of a text that it cuts', () => {
    const content = [{ text: 'abc', mediaType: 'text/markdown' }];
    expect(cutAt(content, { part: 0, offset: 1 })).toEqual([
      { text: 'a', mediaType: 'text/markdown' },
    ]);
  });
});

describe('isEndOf', () => {
  test.each([
    ['the start of an empty content', [], START, true],
    ['the start of a text', [text('a')], START, false],
    ['the start of an empty text', [text('')], START, true],
    ['the end of a last text', [text('ab')], { part: 0, offset: 2 }, true],
    ['the end of a text before data', [text('ab'), data(1)], { part: 0, offset: 2 }, false],
    ['before a last data part', [data(1)], START, false],
    ['after a last data part', [data(1)], { part: 1, offset: 0 }, true],
  ])('%s', (_name, content, position, expected) => {
    expect(isEndOf(content, position)).toBe(expected);
  });
});

describe('compareParts', () => {
  const content = joined(text('hello world'), data(1), text('end'));

  test('recognises the beginning of a recorded text', () => {
    expect(compareParts(content, START, [text('hello')])).toEqual({
      kind: 'same',
      position: { part: 0, offset: 5 },
    });
  });

  test('recognises text that goes on inside a part', () => {
    expect(compareParts(content, { part: 0, offset: 5 }, [text(' world')])).toEqual({
      kind: 'same',
      position: { part: 0, offset: 11 },
    });
  });

  test('steps over the end of a text to the part behind it', () => {
    expect(compareParts(content, { part: 0, offset: 11 }, [data(1)])).toEqual({
      kind: 'same',
      position: { part: 2, offset: 0 },
    });
  });

  test('says what is new when the recorded content ends inside a chunk', () => {
    expect(compareParts(content, { part: 2, offset: 1 }, [text('nd and'), data(2)])).toEqual({
      kind: 'longer',
      rest: [text(' and'), data(2)],
    });
  });

  test('finds another text', () => {
    expect(compareParts(content, START, [text('help')]).kind).toBe('different');
  });

  test('finds a text that runs into a data part', () => {
    expect(compareParts(content, START, [text('hello world!')]).kind).toBe('different');
  });

  test('finds data in the middle of a text', () => {
    expect(compareParts(content, { part: 0, offset: 5 }, [data(1)]).kind).toBe('different');
  });

  test('finds data of another value', () => {
    expect(compareParts(content, { part: 1, offset: 0 }, [data(2)]).kind).toBe('different');
  });

  test('finds the same text of another media type', () => {
    const markdown = { text: 'hello', mediaType: 'text/markdown' };
    expect(compareParts(content, START, [markdown]).kind).toBe('different');
  });

  test('hears nothing in an empty text', () => {
    const at = { part: 0, offset: 11 };
    expect(compareParts(content, at, [text('')])).toEqual({ kind: 'same', position: at });
  });
});

const anyPart = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 }).map(text),
  fc.integer({ min: 0, max: 2 }).map(data),
);
const anyParts = fc.array(anyPart, { maxLength: 6 });

/** An empty text says nothing, wherever it stands. */
function withoutEmpty(parts: readonly Part[]): readonly Part[] {
  return parts.filter((part) => !('text' in part) || part.text !== '');
}

/** The same content in other chunks: every text is split where the numbers say. */
function rechunk(parts: readonly Part[], cuts: readonly number[]): Part[] {
  return parts.flatMap((part, index) => {
    if (!('text' in part)) return [part];
    const at = Math.min(cuts[index % Math.max(cuts.length, 1)] ?? 0, part.text.length);
    return [text(part.text.slice(0, at)), text(part.text.slice(at))];
  });
}

describe('properties', () => {
  test('how a content is chunked does not show in it', () => {
    fc.assert(
      fc.property(anyParts, fc.array(fc.nat(6)), (parts, cuts) => {
        expect(withoutEmpty(joined(...rechunk(parts, cuts)))).toEqual(
          withoutEmpty(joined(...parts)),
        );
      }),
    );
  });

  test('a content repeats itself whatever the chunks', () => {
    fc.assert(
      fc.property(anyParts, fc.array(fc.nat(6)), (parts, cuts) => {
        const content = joined(...parts);
        const result = compareParts(content, START, rechunk(parts, cuts));
        expect(result.kind).toBe('same');
        expect(result.kind === 'same' && isEndOf(content, result.position)).toBe(true);
      }),
    );
  });

  test('what is longer is the recorded content and its rest', () => {
    fc.assert(
      fc.property(anyParts, anyParts, (parts, more) => {
        const content = joined(...parts);
        const result = compareParts(content, START, [...parts, ...more]);
        const whole = result.kind === 'longer' ? joinParts(content, result.rest) : content;
        expect(withoutEmpty(whole)).toEqual(withoutEmpty(joinParts(content, more)));
      }),
    );
  });

  test('what is cut off and said again gives the whole', () => {
    fc.assert(
      fc.property(anyParts, fc.nat(6), fc.nat(6), (parts, part, offset) => {
        const content = joined(...parts).filter((p) => !('text' in p) || p.text !== '');
        const at = content[part];
        const position = {
          part,
          offset: at && 'text' in at ? Math.min(offset, at.text.length) : 0,
        };
        const head = cutAt(content, position);
        const [cut, ...after] = content.slice(part);
        const tail =
          cut === undefined
            ? []
            : 'text' in cut
              ? [text(cut.text.slice(position.offset)), ...after]
              : [cut, ...after];
        expect(joinParts(head, tail)).toEqual(content);
      }),
    );
  });
});
