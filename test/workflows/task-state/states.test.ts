// How a task begins, goes on and ends: the state table, and the records that move it.

import type { Recorded } from '../../../src/workflows/recorded';
import { checkpointOf, foldTask } from '../../../src/workflows/task-state';
import { NEXT, isInterrupted, isTerminal } from '../../../src/workflows/task';
import {
  INTO,
  STATES,
  T0,
  batch,
  decided,
  fold,
  followUp,
  progress,
  userMessage,
  working,
} from './records';

describe('the state table', () => {
  test('lets nothing follow a terminal state', () => {
    expect(STATES.filter(isTerminal)).toEqual(['completed', 'failed', 'canceled', 'rejected']);
  });

  test('lets every open state end in every way', () => {
    const endings = STATES.filter(isTerminal);
    for (const state of STATES.filter((s) => !isTerminal(s))) {
      expect(NEXT[state]).toEqual(expect.arrayContaining(endings));
    }
  });

  test('leaves a waiting state only for work or an end', () => {
    for (const state of STATES.filter(isInterrupted)) {
      expect(NEXT[state].filter((next) => !isTerminal(next))).toEqual(['working']);
    }
  });

  const pairs = STATES.flatMap((from) =>
    STATES.filter((to) => to !== 'submitted').map((to) => ({
      from,
      to,
      verdict: NEXT[from].includes(to) ? 'follows' : 'cannot follow',
    })),
  );

  test.each(pairs)('$to $verdict $from', ({ from, to }) => {
    const before = fold(...INTO[from]);
    const after = foldTask(before.fold, decided(to));
    const follows = NEXT[from].includes(to);
    expect(after.fold.task.status.state).toBe(follows ? to : from);
    expect(after.events).toHaveLength(follows ? 1 : 0);
  });

  test('a decision that cannot follow changes nothing at all', () => {
    const before = fold(...INTO.completed, followUp('late'));
    expect(foldTask(before.fold, decided('failed', { read: 1 })).fold).toBe(before.fold);
  });
});

describe('created', () => {
  test('makes a submitted task of the message', () => {
    expect(fold().task).toEqual({
      id: 'task-1',
      contextId: 'context-1',
      skillId: 'skill-1',
      status: { state: 'submitted', timestamp: '2026-01-01T00:00:00.000Z' },
      history: [userMessage('m1')],
      artifacts: [],
      seq: 1,
    });
  });

  test('is event 1 and carries the task', () => {
    const { events, task } = fold();
    expect(events).toEqual([{ kind: 'task', seq: 1, task }]);
  });

  test.each([working(), batch([]), followUp('m2')])(
    'is needed before anything else: $kind',
    (first) => {
      expect(() => foldTask(undefined, first)).toThrow(`cannot begin with "${first.kind}"`);
    },
  );
});

describe('continued', () => {
  test('goes on from the checkpoint without an event', () => {
    const before = fold(working(), batch([progress('p')]), decided('input-required'));
    const { fold: after, events } = foldTask(undefined, {
      kind: 'continued',
      checkpoint: checkpointOf(before.fold),
    });
    expect(events).toEqual([]);
    expect(after).toEqual(before.fold);
  });

  test('knows an update that was taken in before', () => {
    const before = fold(working(), decided('input-required'), followUp('m2', 'u1'));
    const { fold: after } = foldTask(undefined, {
      kind: 'continued',
      checkpoint: checkpointOf(before.fold),
    });
    expect(foldTask(after, followUp('m2', 'u1')).fold.task).toEqual(before.task);
  });
});

describe('ended by the server', () => {
  const ended = (state: 'failed' | 'canceled'): Recorded => ({
    kind: 'ended',
    at: T0 + 9,
    state,
    reason: 'why',
  });

  test.each(['failed', 'canceled'] as const)('makes an open task %s with the reason', (state) => {
    const { status } = fold(working(), ended(state)).task;
    expect(status).toMatchObject({ state, message: { parts: [{ text: 'why' }] } });
  });

  test.each(STATES.filter(isTerminal))('changes nothing when the task is %s', (state) => {
    const before = fold(...INTO[state]);
    expect(foldTask(before.fold, ended('failed'))).toEqual({ fold: before.fold, events: [] });
  });
});
