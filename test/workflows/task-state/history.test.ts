// The conversation that a task keeps: follow-ups, the agent's messages, their numbers and times.

import { AGENT_MESSAGES_KEPT } from '../../../src/workflows/apply-event';
import { T0, artifact, batch, decided, fold, followUp, progress, working } from './records';

describe('a follow-up message', () => {
  test('comes after the question that it answers', () => {
    const question = { parts: [{ text: 'Which?' }] };
    const { task } = fold(
      working(),
      decided('input-required', { message: question }),
      followUp('answer'),
    );
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3', 'answer']);
  });

  test('leaves the question once in the history when work goes on', () => {
    const question = { parts: [{ text: 'Which?' }] };
    const asked = decided('input-required', { message: question });
    const { task } = fold(working(), asked, followUp('answer'), working(2, { read: 1 }));
    expect(task.history.map(({ messageId }) => messageId)).toEqual(['m1', 'task-1:3', 'answer']);
  });

  test('is no event', () => {
    expect(fold(working(), followUp('m2')).events).toHaveLength(2);
  });

  test('leaves the status as it is', () => {
    const { task } = fold(working(), batch([progress('p')]), followUp('m2'));
    expect(task.status.message?.messageId).toBe('task-1:3');
  });

  test('counts once when its update is repeated', () => {
    const { task } = fold(working(), followUp('m2', 'u'), followUp('m2', 'u'));
    expect(task.history).toHaveLength(2);
  });

  test('counts twice when another update brings the same message id', () => {
    const { task } = fold(working(), followUp('m2', 'u1'), followUp('m2', 'u2'));
    expect(task.history).toHaveLength(3);
  });

  test('is named when nobody had read it at the end', () => {
    const { task } = fold(
      working(),
      followUp('read'),
      followUp('unread-1'),
      followUp('unread-2'),
      decided('completed', { read: 1 }),
    );
    expect(task.unreadMessageIds).toEqual(['unread-1', 'unread-2']);
  });

  test('is not named when every one was read', () => {
    const { task } = fold(working(), followUp('read'), decided('completed', { read: 1 }));
    expect(task).not.toHaveProperty('unreadMessageIds');
  });

  test('is not named while the task goes on', () => {
    const { task } = fold(working(), followUp('m2'), decided('input-required'));
    expect(task).not.toHaveProperty('unreadMessageIds');
  });
});

describe('the history', () => {
  const many = Array.from({ length: AGENT_MESSAGES_KEPT + 50 }, (_, i) => progress(String(i)));

  test(`keeps the newest ${AGENT_MESSAGES_KEPT} messages of the agent`, () => {
    const { task } = fold(working(), batch(many), decided('completed'));
    const agents = task.history.filter(({ role }) => role === 'ROLE_AGENT');
    expect(agents).toHaveLength(AGENT_MESSAGES_KEPT);
    expect(agents.at(-1)?.parts).toEqual(many.at(-1)?.parts);
  });

  test('loses no message of the caller', () => {
    const said = many.flatMap((one, n) => [batch([one], { n }), followUp(`f${n}`)]);
    const { task } = fold(working(), ...said, decided('completed'));
    expect(task.history.filter(({ role }) => role === 'ROLE_USER')).toHaveLength(many.length + 1);
  });
});

describe('numbers and times', () => {
  const whole = fold(
    working(),
    batch([progress('one'), artifact('a')]),
    followUp('m2'),
    batch([artifact('b')], { attempt: 2 }),
    decided('input-required', { attempt: 2 }),
    working(2, { read: 1 }),
    batch([progress('two')], { turn: 2 }),
    decided('completed', { turn: 2 }),
  );

  test('events are numbered from 1 without a gap', () => {
    expect(whole.events.map(({ seq }) => seq)).toEqual(whole.events.map((_, index) => index + 1));
  });

  test('the task has the number of its last event', () => {
    expect(whole.task.seq).toBe(whole.events.length);
  });

  test('a status is never earlier than the one before it', () => {
    const { task } = fold(
      working(1, { at: T0 + 1_000 }),
      batch([progress('the clock of the worker is behind', T0 - 5_000)]),
    );
    expect(task.status.timestamp).toBe('2026-01-01T00:00:01.000Z');
  });

  test('the message of a status is named by task and number', () => {
    const { task } = fold(working(), decided('failed', { message: { parts: [{ text: 'why' }] } }));
    expect(task.status.message?.messageId).toBe('task-1:3');
  });
});
