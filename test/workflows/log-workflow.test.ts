// The log of a long stream as a workflow: in which order it takes what it is sent.

import { FORMAT, type Batch } from '../../src/workflows/emission';
import { LOG_WORKFLOW, closeSignal, type LogStart } from '../../src/workflows/log-contract';
import { progressSignal } from '../../src/workflows/contract';
import type { logWorkflow } from '../../src/workflows/log-workflow';
import { toSnapshot } from '../../src/workflows/task-fold';
import { textOf } from '../harness/task-events';
import { useTaskStage } from '../harness/task-worker';
import { workingTask } from '../harness/working-task';

const stage = useTaskStage({ skills: [] });

function batch(n: number, text: string): Batch {
  const heading = { kind: 'artifact', at: 0, artifactId: 'page', last: false } as const;
  const emission = { ...heading, parts: [{ text }], append: n > 0 };
  return { v: FORMAT, turn: 1, attempt: 1, n, emissions: [emission] };
}

test('what comes behind the close does not count, also where no worker had looked before', async () => {
  const start: LogStart = { v: FORMAT, snapshot: toSnapshot(workingTask()) };
  const log = await stage.client.workflow.start<typeof logWorkflow>(LOG_WORKFLOW, {
    workflowId: 'a log',
    taskQueue: 'late',
    args: [start],
  });
  await log.signal(progressSignal, batch(0, 'before'));
  await log.signal(closeSignal);
  await log.signal(progressSignal, batch(1, ', after'));
  await stage.startWorker('late');
  const { task, staleBatches } = await log.result();
  expect(task.artifacts.map(textOf)).toEqual(['before']);
  expect(staleBatches).toBe(0);
});
