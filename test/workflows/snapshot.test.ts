// A fold in the middle of a turn, on its way through the log of a long stream: what goes when it is too big.

import type { ArtifactEmission } from '../../src/workflows/emission';
import { FORMAT } from '../../src/workflows/emission';
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
