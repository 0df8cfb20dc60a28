// What a task lets go of when it is larger than Temporal takes, and that every reader sees the same (D9).

import { applyEvent } from '../../src/workflows/apply-event';
import { fitSaid, fitTask } from '../../src/workflows/fit-task';
import { jsonBytes } from '../../src/workflows/json-bytes';
import { AGENT_MESSAGE_BYTES, TASK_BYTES, TASK_MAX_BYTES } from '../../src/workflows/limits';
import type { Artifact, Message, Task } from '../../src/workflows/task';
import { artifact, batch, decided, fold, followUp, progress, working } from './task-state/records';

const NOTE = /^\[dropped: \d+ bytes were more than a task can hold\]$/;

const textOf = ({ parts }: Pick<Message, 'parts'>): string =>
  parts.map((part) => ('text' in part ? part.text : '')).join('');

const said = (role: Message['role'], messageId: string, bytes: number): Message => ({
  messageId,
  role,
  parts: [{ text: 'x'.repeat(bytes) }],
});
const users = (id: string, bytes: number): Message => said('ROLE_USER', id, bytes);
const agents = (id: string, bytes: number): Message => said('ROLE_AGENT', id, bytes);
const made = (artifactId: string, bytes: number): Artifact => ({
  artifactId,
  name: artifactId,
  parts: [{ text: 'x'.repeat(bytes) }],
});

function taskOf(history: readonly Message[], artifacts: readonly Artifact[]): Task {
  const status = { state: 'working', timestamp: '2026-01-01T00:00:00.000Z' } as const;
  return { id: 't', contextId: 'c', skillId: 's', status, history, artifacts, seq: 7 };
}

describe('a task that is too large', () => {
  test('is left alone when it is not', () => {
    const task = taskOf([users('u', 100)], [made('a', 100)]);
    expect(fitTask(task, jsonBytes(task))).toEqual({ task, events: [] });
  });

  test('loses the oldest messages of its agent first, and no more than it has to', () => {
    const history = [users('u', 100), agents('1', 500), agents('2', 500), agents('3', 500)];
    const task = taskOf(history, [made('a', 5_000)]);
    const fitted = fitTask(task, jsonBytes(task) - 700);
    expect(fitted.task.history.map(({ messageId }) => messageId)).toEqual(['u', '3']);
    expect(fitted.task.artifacts).toEqual(task.artifacts);
    expect(fitted.events).toEqual([]);
  });

  test('has a note then where its largest artifact was', () => {
    const task = taskOf([agents('1', 500)], [made('a', 1_000), made('b', 9_000)]);
    const fitted = fitTask(task, jsonBytes(task) - 5_000);
    const [a, b] = fitted.task.artifacts;
    expect(a).toEqual(task.artifacts[0]);
    expect([b?.artifactId, textOf(b!)]).toEqual(['b', expect.stringMatching(NOTE)]);
    const told = { kind: 'artifact', seq: 8, artifact: b, append: false, lastChunk: true };
    expect(fitted.events).toEqual([told]);
    expect(fitted.task.seq).toBe(8);
  });

  test("keeps every caller's message in its place, if need be as a note", () => {
    const task = taskOf([users('1', 9_000), users('2', 100), users('3', 8_000)], []);
    const { history } = fitTask(task, 1_000).task;
    expect(history.map(({ messageId, role }) => [messageId, role])).toEqual([
      ['1', 'ROLE_USER'],
      ['2', 'ROLE_USER'],
      ['3', 'ROLE_USER'],
    ]);
    expect(textOf(history[0]!)).toMatch(NOTE);
    expect(history[1]).toEqual(task.history[1]);
  });

  test('loses its oldest artifacts when notes alone are too many', () => {
    const task = taskOf(
      [],
      Array.from({ length: 100 }, (_, n) => made(String(n), 500)),
    );
    const fitted = fitTask(task, 5_000).task;
    expect(jsonBytes(fitted)).toBeLessThanOrEqual(5_000);
    expect(fitted.artifacts.at(-1)?.artifactId).toBe('99');
  });
});

describe('a message of the agent', () => {
  test('is itself when it is not too long', () => {
    const short = { parts: [{ text: 'x' }], metadata: { a: 1 } };
    expect(fitSaid(short)).toBe(short);
  });

  test('that is too long is a note', () => {
    const long = { parts: [{ url: 'x'.repeat(AGENT_MESSAGE_BYTES) }] };
    expect(textOf(fitSaid(long))).toMatch(NOTE);
  });

  test('that is too long is a note in its event too', () => {
    const { events } = fold(working(), batch([progress('x'.repeat(AGENT_MESSAGE_BYTES))]));
    const event = events.at(-1)!;
    expect(event.kind === 'status' && textOf(event.status.message!)).toMatch(NOTE);
  });
});

/** Attempts that all say something else, as three that lost their workers. */
const attempts = [1, 2, 3].map((attempt) => ({
  progress: batch(
    Array.from({ length: 40 }, (_, n) => progress(`${attempt}.${n} `.padEnd(30_000, 'x'))),
    { attempt },
  ),
  artifact: batch([artifact('x'.repeat(900_000), { artifactId: `by-${attempt}`, last: true })], {
    attempt,
    n: 1,
  }),
}));
const all = [working(), followUp('f1'), ...attempts.flatMap((one) => Object.values(one))];

describe('several attempts that each say what a task can hold', () => {
  test('leave no more messages of the agent than a history holds', () => {
    const { task } = fold(...all);
    const held = task.history.filter(({ role }) => role === 'ROLE_AGENT');
    expect(jsonBytes(held)).toBeLessThanOrEqual(TASK_BYTES.agentHistory);
    expect(textOf(held.at(-1)!)).toContain('3.38 ');
  });

  test.each(['completed', 'failed', 'canceled', 'input-required'] as const)(
    'leave a task that can be published when it is %s',
    (state) => {
      const { task } = fold(...all, decided(state, { attempt: 3 }));
      expect(task.status.state).toBe(state);
      expect(jsonBytes(task)).toBeLessThanOrEqual(TASK_MAX_BYTES);
    },
  );

  test('tell whoever follows which artifacts became notes', () => {
    const { task, events } = fold(...all, decided('failed', { attempt: 3 }));
    const [first, ...rest] = events;
    const start = first!.kind === 'task' ? first!.task : undefined;
    expect(rest.reduce(applyEvent, start!).artifacts).toEqual(task.artifacts);
    expect(task.artifacts.map((a) => NOTE.test(textOf(a)))).toContain(true);
    expect(events.at(-1)).toMatchObject({ kind: 'status', status: { state: 'failed' } });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  test('keep what the caller said', () => {
    const { task } = fold(...all, decided('failed', { attempt: 3 }));
    expect(task.history.map(({ messageId }) => messageId)).toEqual(
      expect.arrayContaining(['m1', 'f1']),
    );
  });
});
