// What a skill says, in the task and to its followers: progress, artifacts, and what is dropped.

import type { SpokenEmission } from '../../../src/workflows/emission';
import type { Recorded } from '../../../src/workflows/recorded';
import { foldTask } from '../../../src/workflows/task-state';
import {
  INTO,
  STATES,
  T0,
  artifact,
  artifactEvents,
  batch,
  decided,
  fold,
  progress,
  progressTexts,
  working,
} from './records';

describe('progress', () => {
  test('is a status in state working with the text as its message', () => {
    const { events } = fold(working(), batch([progress('one')]));
    expect(events.at(-1)).toEqual({
      kind: 'status',
      seq: 3,
      status: {
        state: 'working',
        timestamp: '2026-01-01T00:00:00.002Z',
        message: {
          messageId: 'task-1:3',
          role: 'ROLE_AGENT',
          parts: [{ text: 'one' }],
          contextId: 'context-1',
          taskId: 'task-1',
        },
      },
    });
  });

  test('moves the message of the status before it into the history', () => {
    const { task } = fold(working(), batch([progress('one'), progress('two')]));
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3']);
  });

  test('keeps its metadata', () => {
    const noted: SpokenEmission = { ...progress('one'), metadata: { step: 1 } };
    expect(fold(working(), batch([noted])).task.status.message?.metadata).toEqual({ step: 1 });
  });

  test('may say the same twice in one attempt', () => {
    const folded = fold(working(), batch([progress('x'), progress('x')]), batch([progress('x')]));
    expect(progressTexts(folded)).toEqual(['x', 'x']);
  });

  describe('of a second attempt', () => {
    const first = [working(), batch([progress('one'), progress('two'), progress('three')])];

    test('is not told again when it is the same', () => {
      const again = batch([progress('one', T0 + 50), progress('two', T0 + 51)], { attempt: 2 });
      expect(fold(...first, again).events).toHaveLength(5);
    });

    test('is told from where the first one died', () => {
      const again = [progress('one'), progress('two'), progress('three'), progress('four')];
      expect(progressTexts(fold(...first, batch(again, { attempt: 2 })))).toEqual([
        'one',
        'two',
        'three',
        'four',
      ]);
    });

    test('is told from its first difference on', () => {
      const again = [progress('one'), progress('other'), progress('three')];
      expect(progressTexts(fold(...first, batch(again, { attempt: 2 })))).toEqual([
        'one',
        'two',
        'three',
        'other',
        'three',
      ]);
    });

    test('differs by its metadata alone', () => {
      const noted: SpokenEmission = { ...progress('one'), metadata: { attempt: 2 } };
      expect(fold(...first, batch([noted], { attempt: 2 })).events).toHaveLength(6);
    });

    test('is read against the second one by a third', () => {
      const second = batch([progress('one'), progress('other')], { attempt: 2 });
      const third = batch([progress('one'), progress('other'), progress('new')], { attempt: 3 });
      expect(progressTexts(fold(...first, second, third)).slice(3)).toEqual(['other', 'new']);
    });
  });

  test('of an earlier turn is no repetition', () => {
    const folded = fold(
      working(),
      batch([progress('same')]),
      decided('input-required'),
      working(2),
      batch([progress('same')], { turn: 2 }),
    );
    expect(progressTexts(folded)).toEqual(['same', 'same']);
  });
});

describe('an artifact', () => {
  test('grows by what is appended', () => {
    const said = [artifact('one '), artifact('two', { append: true, last: true })];
    expect(fold(working(), batch(said)).task.artifacts).toEqual([
      { artifactId: 'a', parts: [{ text: 'one two' }] },
    ]);
  });

  test('is told chunk by chunk, with its last chunk marked', () => {
    const said = [artifact('one '), artifact('two', { append: true, last: true })];
    const { events } = fold(working(), batch(said));
    expect(events.slice(2)).toEqual([
      {
        kind: 'artifact',
        seq: 3,
        artifact: { artifactId: 'a', parts: [{ text: 'one ' }] },
        append: false,
        lastChunk: false,
      },
      {
        kind: 'artifact',
        seq: 4,
        artifact: { artifactId: 'a', parts: [{ text: 'two' }] },
        append: true,
        lastChunk: true,
      },
    ]);
  });

  test('keeps its place and takes the new heading when it is saved again', () => {
    const other = artifact('o', { artifactId: 'b' });
    const said = [artifact('one', { name: 'n' }), other, artifact('two', { metadata: { k: 1 } })];
    expect(fold(working(), batch(said)).task.artifacts).toEqual([
      { artifactId: 'a', metadata: { k: 1 }, parts: [{ text: 'two' }] },
      { artifactId: 'b', parts: [{ text: 'o' }] },
    ]);
  });

  describe('of a second attempt', () => {
    const first = [
      working(),
      batch([artifact('hello '), artifact('world', { append: true, last: true })]),
    ];
    const told = [
      [false, 'hello '],
      [true, 'world'],
    ];
    const second = (...said: readonly SpokenEmission[]): Recorded => batch(said, { attempt: 2 });

    test('is silent where it says the same at other chunk borders', () => {
      const again = second(
        artifact('hel'),
        artifact('lo wor', { append: true }),
        artifact('ld', { append: true, last: true }),
      );
      const folded = fold(...first, again, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded)).toEqual(told);
    });

    test('is withdrawn with one replacement at the first difference', () => {
      const again = second(artifact('hello '), artifact('moon', { append: true, last: true }));
      const folded = fold(...first, again, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded).slice(2)).toEqual([
        [false, 'hello '],
        [true, 'moon'],
      ]);
      expect(folded.task.artifacts[0]?.parts).toEqual([{ text: 'hello moon' }]);
    });

    test('is withdrawn at the end of the turn when it is not said again', () => {
      const folded = fold(
        ...first,
        second(progress('other')),
        decided('completed', { attempt: 2 }),
      );
      expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
    });

    test('is withdrawn when the attempt that completed said nothing at all', () => {
      const folded = fold(...first, decided('completed', { attempt: 2 }));
      expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
    });

    test('is withdrawn before the last status', () => {
      const { events } = fold(...first, decided('completed', { attempt: 2 }));
      expect(events.slice(-2).map(({ kind }) => kind)).toEqual(['artifact', 'status']);
    });

    test.each(['input-required', 'auth-required'] as const)(
      'is withdrawn when it ends in %s without saying it again',
      (state) => {
        const folded = fold(...first, decided(state, { attempt: 2 }));
        expect(artifactEvents(folded).slice(2)).toEqual([[false, '']]);
      },
    );

    test.each(['failed', 'rejected', 'canceled'] as const)(
      'stays as it is when it ends in %s',
      (state) => {
        expect(artifactEvents(fold(...first, decided(state, { attempt: 2 })))).toEqual(told);
      },
    );

    test('repeats both versions of an artifact that was saved twice', () => {
      const twice = [artifact('draft', { last: true }), artifact('final', { last: true })];
      const folded = fold(
        working(),
        batch(twice),
        second(...twice),
        decided('completed', { attempt: 2 }),
      );
      expect(artifactEvents(folded)).toEqual([
        [false, 'draft'],
        [false, 'final'],
      ]);
    });

    test('replaces the artifact when its name changes', () => {
      const named = artifact('hello world', { name: 'new', last: true });
      const { task } = fold(...first, second(named));
      expect(task.artifacts).toEqual([
        { artifactId: 'a', name: 'new', parts: [{ text: 'hello world' }] },
      ]);
    });

    test('replaces the artifact when its metadata change', () => {
      const noted = artifact('hello world', { metadata: { k: 2 }, last: true });
      expect(artifactEvents(fold(...first, second(noted))).slice(2)).toEqual([
        [false, 'hello world'],
      ]);
    });
  });

  test('of an earlier turn is kept when a later turn starts again', () => {
    const folded = fold(
      working(),
      batch([artifact('one ')]),
      decided('input-required'),
      working(2),
      batch([artifact('two', { append: true })], { turn: 2 }),
      batch([artifact('three', { append: true })], { turn: 2, attempt: 2 }),
    );
    expect(artifactEvents(folded)).toEqual([
      [false, 'one '],
      [true, 'two'],
      [false, 'one '],
      [true, 'three'],
    ]);
  });
});

describe('a batch is dropped', () => {
  const heard = [working(), batch([progress('one')], { attempt: 2, n: 0 })];
  const dropped: readonly (readonly [string, readonly Recorded[], Recorded])[] = [
    ['when its attempt is older than the newest', heard, batch([progress('x')], { n: 7 })],
    ['when it is of an earlier turn', INTO.working, batch([progress('x')], { turn: 0 })],
    ['when it is of a later turn', INTO.working, batch([progress('x')], { turn: 2 })],
    ['when it was heard before', heard, batch([progress('x')], { attempt: 2, n: 0 })],
    ...STATES.filter((state) => state !== 'working').map(
      (state) =>
        [`when the task is ${state}`, INTO[state], batch([progress('x')], { attempt: 9 })] as const,
    ),
  ];

  test.each(dropped)('%s', (_name, before, late) => {
    const { fold: current, task } = fold(...before);
    const folded = foldTask(current, late);
    expect(folded.events).toEqual([]);
    expect(folded.fold.task).toBe(task);
    expect(folded.fold.staleBatches).toBe(1);
  });

  test('and does not move the count of the attempt', () => {
    const { fold: current } = fold(...heard, batch([], { attempt: 1, n: 9 }));
    expect(current).toMatchObject({ attempt: 2, n: 1 });
  });

  test('by an attempt that was lost without a word', () => {
    const third = batch([progress('three')], { attempt: 3 });
    const second = batch([progress('two')], { attempt: 2 });
    expect(progressTexts(fold(working(), third, second))).toEqual(['three']);
  });
});
