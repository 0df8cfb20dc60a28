// Which events are news, whatever is repeated, and which one is the last.

import type { StreamResponse } from '@a2a-js/sdk';
import fc from 'fast-check';
import { Progress, type ProgressOptions } from '../../src/client/progress';
import { chunk, status, taskEvent } from './sdk-values';

function progress(options: Partial<ProgressOptions> = {}): Progress {
  return new Progress({ resumes: true, endsAtQuestion: true, answers: false, ...options });
}

const text = (n: number): StreamResponse =>
  chunk({ parts: [{ text: `${n} ` }], append: n > 2, seq: n });

/** A task of this many events: itself, chunks, and the end. */
function story(length: number): readonly StreamResponse[] {
  const chunks = Array.from({ length: length - 2 }, (_, i) => text(i + 2));
  return [taskEvent('SUBMITTED', { seq: 1 }), ...chunks, status('COMPLETED', { seq: length })];
}

describe('with cursors', () => {
  test('each event is news once, however streams are cut, repeated and resumed', () => {
    const cuts = fc.array(fc.record({ length: fc.nat(12), back: fc.nat(4) }), { maxLength: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 20 }), cuts, (length, connections) => {
        const events = story(length);
        const reader = progress();
        const news: StreamResponse[] = [];
        const take = (event: StreamResponse): void => {
          if (reader.take(event) === 'news') news.push(event);
        };
        for (const { length: count, back } of [...connections, { length: 99, back: 0 }]) {
          // Each connection begins somewhere the reader has been, and ends anywhere.
          const from = Math.max(0, (reader.last ?? 0) - back);
          for (const event of events.slice(from, from + count)) take(event);
        }
        expect(news).toEqual(events);
        const parts = reader.task!.artifacts.flatMap((artifact) => artifact.parts);
        const whole = Array.from({ length: length - 2 }, (_, i) => `${i + 2} `).join('');
        expect(parts.map(({ content }) => content?.value as unknown)).toEqual([whole]);
        expect(reader.isOver).toBe(true);
      }),
    );
  });

  test('an event after a missing one is a gap, and not taken in', () => {
    const reader = progress();
    reader.take(taskEvent('WORKING', { seq: 1 }));
    expect(reader.take(text(3))).toBe('gap');
    expect(reader.take(text(2))).toBe('news');
    expect(reader.take(text(3))).toBe('news');
  });

  const unknown: StreamResponse = { payload: undefined };

  test('events of an unknown kind without a number may be what a gap leaves out', () => {
    const reader = progress();
    reader.take(taskEvent('WORKING', { seq: 1 }));
    expect(reader.take(unknown)).toBe('known');
    expect(reader.take(text(3))).toBe('news');
    expect(reader.take(text(5))).toBe('gap');
    reader.take(unknown);
    expect(reader.take(text(6))).toBe('gap');
  });

  test('an event of an unknown kind after a missing one is a gap, too', () => {
    const reader = progress();
    reader.take(taskEvent('WORKING', { seq: 1 }));
    expect(reader.take(Object.assign({}, unknown, { seq: 3 }))).toBe('gap');
    expect(reader.last).toBe(1);
  });

  test('the task as of the cursor is known, and is what later events are folded into', () => {
    const reader = progress({ after: 4 });
    const artifacts = [{ artifactId: 'a', parts: [{ text: '2 3 4 ' }] }];
    expect(reader.take(taskEvent('WORKING', { seq: 4, artifacts }))).toBe('known');
    expect(reader.take(text(5))).toBe('news');
    expect(reader.task!.artifacts[0]!.parts[0]!.content?.value).toBe('2 3 4 5 ');
  });

  test('a cursor at the end of a finished task is the end', () => {
    const reader = progress({ after: 7 });
    expect(reader.take(taskEvent('COMPLETED', { seq: 7 }))).toBe('known');
    expect(reader.isOver).toBe(true);
  });
});

describe('a question', () => {
  test('ends a reading that a message began, and not one that follows', () => {
    for (const endsAtQuestion of [true, false]) {
      const reader = progress({ endsAtQuestion });
      reader.take(taskEvent('WORKING', { seq: 1 }));
      reader.take(status('INPUT_REQUIRED', { seq: 2, text: 'who?' }));
      expect(reader.isOver).toBe(endsAtQuestion);
    }
  });

  test('that an answer finds is not the end; the next one is', () => {
    const reader = progress({ answers: true });
    const old = { state: 'TASK_STATE_INPUT_REQUIRED', timestamp: '2026-01-01T00:00:00Z' };
    reader.take(taskEvent('INPUT_REQUIRED', { seq: 3, status: old }));
    expect(reader.isOver).toBe(false);
    reader.take(status('WORKING', { seq: 4 }));
    reader.take(status('INPUT_REQUIRED', { seq: 5, text: 'and how old?' }));
    expect(reader.isOver).toBe(true);
  });

  test('for credentials goes on: somebody else may bring them', () => {
    const reader = progress();
    reader.take(taskEvent('WORKING', { seq: 1 }));
    reader.take(status('AUTH_REQUIRED', { seq: 2 }));
    expect(reader.isOver).toBe(false);
  });
});

describe('without cursors', () => {
  test('a task is news when its status or its artifacts are', () => {
    const reader = progress({ resumes: false });
    const artifacts = [{ artifactId: 'a', parts: [{ text: '2 ' }, { text: '3 ' }] }];
    expect(reader.take(taskEvent('WORKING'))).toBe('news');
    expect(reader.take(taskEvent('WORKING'))).toBe('known');
    reader.take(chunk({ parts: [{ text: '2 ' }], append: false }));
    reader.take(chunk({ parts: [{ text: '3 ' }], append: true }));
    expect(reader.take(taskEvent('WORKING', { artifacts }))).toBe('known');
    expect(reader.take(taskEvent('COMPLETED', { artifacts }))).toBe('news');
    expect(reader.isOver).toBe(true);
  });

  test('numbers that the card does not declare mean nothing', () => {
    const reader = progress({ resumes: false });
    reader.take(taskEvent('WORKING', { seq: 5 }));
    expect(reader.take(text(2))).toBe('news');
  });
});
