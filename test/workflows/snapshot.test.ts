// A fold in the middle of a turn, on its way through the log of a long stream: what goes when it is too big.

import {
  FORMAT,
  type ArtifactEmission,
  type Batch,
  type Emission,
} from '../../src/workflows/emission';
import { PAYLOAD_MAX_BYTES } from '../../src/workflows/limits';
import { fromSnapshot, toSnapshot, type TaskFold } from '../../src/workflows/task-fold';
import { foldTask } from '../../src/workflows/task-state';
import { TaskState } from '../../src/workflows/task';

const ids = { taskId: 'task', contextId: 'context', skillId: 'skill' };

function begun(): TaskFold {
  const message = { messageId: 'm', role: 'ROLE_USER' as const, parts: [{ text: 'go' }] };
  const { fold } = foldTask(undefined, { kind: 'created', at: 0, ...ids, message });
  const turn = { turn: 1, attempt: 0, read: 0, at: 0 };
  const decision = { v: FORMAT, state: TaskState.working, ...turn } as const;
  return foldTask(fold, { kind: 'decision', decision }).fold;
}

const told = (
  artifactId: string,
  text: string,
  how: Partial<ArtifactEmission>,
): ArtifactEmission => ({
  ...{ kind: 'artifact', at: 0, artifactId, parts: [{ text }], append: false, last: false },
  ...how,
});

test('an attempt that follows adds no word twice, though another artifact was replaced over and over', () => {
  const hear = (fold: TaskFold, by: { attempt: number; n: number }, said: ArtifactEmission) =>
    foldTask(fold, {
      kind: 'batch',
      batch: { v: FORMAT, turn: 1, ...by, emissions: [said] },
    }).fold;
  let fold = hear(begun(), { attempt: 1, n: 0 }, told('page', 'before, ', {}));
  const entry = { kind: 'mark', said: {}, returned: 0 } as const;
  const emissions = [{ kind: 'journal', entries: [entry] }] as const;
  fold = foldTask(fold, {
    kind: 'batch',
    batch: { v: FORMAT, turn: 1, attempt: 1, n: 1, emissions },
  }).fold;
  fold = hear(fold, { attempt: 1, n: 2 }, told('page', 'after', { append: true }));
  for (let n = 3; n < 60; n += 1) {
    fold = hear(fold, { attempt: 1, n }, told('table', String(n).repeat(30_000), { last: true }));
  }
  fold = fromSnapshot(toSnapshot(fold));
  expect([...fold.lanes.keys()]).toEqual(['page']);
  fold = hear(fold, { attempt: 2, n: 0 }, told('page', 'after', { append: true }));
  expect(fold.task.artifacts[0]?.parts).toEqual([{ text: 'before, after' }]);
});

describe('megabytes of progress since the checkpoint', () => {
  const text = (n: number): string => `${String(n)}: ${'as far as this '.repeat(20)}`;
  const progress = (n: number): Emission => ({
    kind: 'progress',
    at: 0,
    parts: [{ text: text(n) }],
  });
  const batches = 20;
  const each = 500;
  const saying = (attempt: number, n: number): Batch => {
    const emissions = Array.from({ length: each }, (_, i) => progress(n * each + i));
    return { v: FORMAT, turn: 1, attempt, n, emissions };
  };
  const said = Array.from({ length: batches }, (_, n) => saying(1, n));
  const whole = said.reduce(
    (fold, batch) => foldTask(fold, { kind: 'batch', batch }).fold,
    begun(),
  );

  test('are left out of what Temporal would not take', () => {
    expect(Buffer.byteLength(JSON.stringify(whole.said))).toBeGreaterThan(PAYLOAD_MAX_BYTES);
    const snapshot = JSON.stringify(toSnapshot(whole));
    expect(Buffer.byteLength(snapshot)).toBeLessThan(PAYLOAD_MAX_BYTES);
  });

  test('leave the attempt that speaks to go on', () => {
    const batch = saying(1, batches);
    const { events } = foldTask(fromSnapshot(toSnapshot(whole)), { kind: 'batch', batch });
    expect(events).toHaveLength(each);
  });
});

test('the hundred thousandth progress text of a turn costs no more than the first', () => {
  const emissions = Array.from({ length: 100_000 }, (_, n): Emission => ({
    kind: 'progress',
    at: 0,
    parts: [{ text: String(n) }],
  }));
  const batch: Batch = { v: FORMAT, turn: 1, attempt: 1, n: 0, emissions };
  const from = Date.now();
  expect(foldTask(begun(), { kind: 'batch', batch }).events).toHaveLength(100_000);
  // Two seconds; with a copy of the texts for each of them, minutes.
  expect(Date.now() - from).toBeLessThan(20_000);
});
