// One artifact under attempts that say it again: the same, more, less, or something else (D4).

import type { ArtifactEmission } from '../../src/workflows/emission';
import {
  hear,
  newLane,
  rewind,
  settle,
  type ArtifactChange,
  type Lane,
} from '../../src/workflows/repetition';
import type { Part } from '../../src/workflows/task';

type Said = Omit<ArtifactEmission, 'kind' | 'at' | 'artifactId'>;

const start = (text: string, more: Partial<Said> = {}): Said => ({
  parts: [{ text }],
  append: false,
  last: false,
  ...more,
});
const more = (text: string): Said => start(text, { append: true });
const end = (text = ''): Said => start(text, { append: true, last: true });
const whole = (text: string): Said => start(text, { last: true });

interface Heard {
  readonly lane: Lane;
  readonly changes: readonly ArtifactChange[];
}

function listen(lane: Lane, said: readonly Said[]): Heard {
  return said.reduce<Heard>(
    (heard, one) => {
      const next = hear(heard.lane, { kind: 'artifact', at: 0, artifactId: 'a', ...one });
      return { lane: next.lane, changes: [...heard.changes, ...next.changes] };
    },
    { lane, changes: [] },
  );
}

/** What a client is told while a second attempt speaks after a first one. */
function secondAttempt(first: readonly Said[], second: readonly Said[]): readonly ArtifactChange[] {
  return listen(rewind(listen(newLane([]), first).lane), second).changes;
}

/** What a client is told when a second attempt ends after a first one. */
function atTheEnd(first: readonly Said[], second: readonly Said[]): readonly ArtifactChange[] {
  return settle(listen(rewind(listen(newLane([]), first).lane), second).lane).changes;
}

const told = (append: boolean, text: string, last = false): ArtifactChange => ({
  append,
  parts: [{ text }],
  last,
});

describe('the first attempt', () => {
  test('is told as it speaks', () => {
    expect(listen(newLane([]), [start('a'), more('b'), end('c')]).changes).toEqual([
      told(false, 'a'),
      told(true, 'b'),
      told(true, 'c', true),
    ]);
  });

  test('never begins an artifact with an append', () => {
    expect(listen(newLane([]), [more('a'), more('b')]).changes).toEqual([
      told(false, 'a'),
      told(true, 'b'),
    ]);
  });

  test('goes on in an artifact of an earlier turn', () => {
    expect(listen(newLane([{ text: 'old ' }]), [more('new')]).changes).toEqual([told(true, 'new')]);
  });

  test('has nothing to settle', () => {
    expect(settle(listen(newLane([]), [start('a')]).lane).changes).toEqual([]);
  });
});

describe('a second attempt that says the same', () => {
  test.each<[string, readonly Said[]]>([
    ['in the same chunks', [start('hello '), more('world'), end()]],
    ['in one chunk', [whole('hello world')]],
    ['in smaller chunks', [start('h'), more('ello'), more(' wor'), more('ld'), end()]],
    ['with its end in the last chunk', [start('hello '), end('world')]],
  ])('is silent %s', (_name, second) => {
    const first = [start('hello '), more('world'), end()];
    expect(secondAttempt(first, second)).toEqual([]);
    expect(atTheEnd(first, second)).toEqual([]);
  });

  test('is silent when nobody finalized', () => {
    const said = [start('a'), more('b')];
    expect(atTheEnd(said, said)).toEqual([]);
  });

  test('is silent over data between texts', () => {
    const said = [start('a'), { ...more(''), parts: [{ data: { n: 1 } }] }, more('b')];
    expect(secondAttempt(said, said)).toEqual([]);
  });

  test('is silent over every version of an artifact that is saved twice', () => {
    const said = [whole('draft'), whole('final')];
    expect(secondAttempt(said, said)).toEqual([]);
    expect(atTheEnd(said, said)).toEqual([]);
  });
});

describe('an artifact that goes on after its last chunk', () => {
  test('is not told again by a second attempt that says the same', () => {
    const said = [whole('a'), more('b')];
    expect(secondAttempt(said, said)).toEqual([]);
  });
});

describe('a second attempt that says more', () => {
  test('is told from where the first one died', () => {
    expect(secondAttempt([start('ab')], [start('a'), more('bc'), more('d')])).toEqual([
      told(true, 'c'),
      told(true, 'd'),
    ]);
  });

  test('is told its end when only that was missing', () => {
    expect(secondAttempt([start('ab')], [start('ab'), end()])).toEqual([told(true, '', true)]);
  });

  test('is told a further version', () => {
    expect(secondAttempt([whole('draft')], [whole('draft'), whole('final')])).toEqual([
      told(false, 'final', true),
    ]);
  });
});

describe('a second attempt that says less', () => {
  test('withdraws the rest with one event when it finalizes', () => {
    const changes = secondAttempt([start('abc'), more('def')], [start('abc'), end()]);
    expect(changes).toEqual([told(false, 'abc'), told(true, '', true)]);
  });

  test('withdraws the rest with one event when it ends', () => {
    expect(atTheEnd([start('abc'), more('def')], [start('abc')])).toEqual([
      told(false, 'abc', true),
    ]);
  });

  test('withdraws all of it when it never says it again', () => {
    expect(atTheEnd([start('abc'), end()], [])).toEqual([told(false, '', true)]);
  });

  test('withdraws a later version that it does not save', () => {
    expect(atTheEnd([whole('draft'), whole('final')], [whole('draft')])).toEqual([
      told(false, 'draft', true),
    ]);
  });

  test('leaves what an earlier turn wrote', () => {
    const lane = listen(newLane([{ text: 'old ' }]), [more('new')]).lane;
    expect(settle(rewind(lane)).changes).toEqual([told(false, 'old ', true)]);
  });
});

describe('a second attempt that says something else', () => {
  test('withdraws to what is common with exactly one replacement', () => {
    const second = [start('title\n'), more('two'), more(' three')];
    expect(secondAttempt([start('title\n'), more('one')], second)).toEqual([
      told(false, 'title\n'),
      told(true, 'two'),
      told(true, ' three'),
    ]);
  });

  test('replaces the text when nothing is common', () => {
    expect(secondAttempt([start('one')], [start('two'), more('!')])).toEqual([
      told(false, 'two'),
      told(true, '!'),
    ]);
  });

  test('replaces the artifact when its name is another', () => {
    const named = start('same', { name: 'b' });
    expect(secondAttempt([start('same', { name: 'a' })], [named])).toEqual([told(false, 'same')]);
  });

  test('replaces the artifact when its metadata are others', () => {
    const noted = (k: number): Said => start('same', { metadata: { k } });
    expect(secondAttempt([noted(1)], [noted(2)])).toEqual([told(false, 'same')]);
  });

  test('goes back to the version at which it goes another way', () => {
    expect(secondAttempt([whole('draft'), whole('final')], [start('draft'), more('!')])).toEqual([
      told(false, 'draft'),
      told(true, '!'),
    ]);
  });

  test('starts over where the first one went on', () => {
    expect(secondAttempt([start('ab'), more('cd')], [start('ab'), start('xy')])).toEqual([
      told(false, 'xy'),
    ]);
  });

  test('keeps the text of an earlier turn before its own', () => {
    const lane = rewind(listen(newLane([{ text: 'old ' }]), [more('one')]).lane);
    expect(listen(lane, [more('two')]).changes).toEqual([told(false, 'old '), told(true, 'two')]);
  });

  test('has nothing left to settle', () => {
    expect(atTheEnd([start('a'), more('bc')], [start('a'), more('x')])).toEqual([]);
  });
});

describe('a third attempt', () => {
  const afterTwo = (first: readonly Said[], second: readonly Said[]): Lane =>
    rewind(listen(rewind(listen(newLane([]), first).lane), second).lane);

  test('is read against all that the first one said, not only against what the second repeated', () => {
    const lane = afterTwo([start('abc'), more('def')], [start('ab')]);
    expect(listen(lane, [start('abcdefg')]).changes).toEqual([told(true, 'g')]);
  });

  test('is read against the second one where that went another way', () => {
    const lane = afterTwo([start('abc'), more('def')], [start('abc'), more('xyz')]);
    expect(listen(lane, [start('abcxyz!')]).changes).toEqual([told(true, '!')]);
  });
});

describe('the parts of a change', () => {
  test('are those that were said, not the whole artifact', () => {
    const data: Part = { data: [1] };
    const { changes } = listen(newLane([]), [start('a'), { ...more(''), parts: [data] }]);
    expect(changes[1]).toEqual({ append: true, parts: [data], last: false });
  });
});
