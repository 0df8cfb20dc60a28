// A worker is killed in the middle of another try: what either task has done is done once.

import { getTask } from '../../harness/calls';
import {
  artifactTexts,
  expectEveryId,
  foldArtifacts,
  lastState,
  lines,
} from '../../harness/frames';
import { failedPipeline, retryOf } from '../../harness/pipeline';
import { useStack } from '../../harness/stack';
import { streamMessage } from '../../harness/stream';

const stack = useStack();

test('a retry that loses its worker goes on at the step that was cut', async () => {
  const options = { everyMs: 300, steps: 6 };
  const pipeline = await failedPipeline(stack.url, stack.temporal.dataDir, options);
  const failed = await getTask(stack.url, pipeline.task.id);
  expect(failed.status.state).toBe('TASK_STATE_FAILED');
  pipeline.mend();

  const stream = await streamMessage(stack.url, retryOf(failed.id));
  await stream.until('the fifth step', ({ raw }) => raw.includes('at 5'));
  await stack.worker.kill();
  await stack.startWorker();

  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expectEveryId(frames);
  expect(Object.values(foldArtifacts(frames))).toEqual([lines(6)]);
  expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual(foldArtifacts(frames));
  // The first task ran the first three, the second the third again; the kill has cut the fifth.
  const steps = pipeline.steps();
  expect(steps.filter((step) => step < 3)).toEqual([1, 2]);
  expect(steps.filter((step) => step === 3)).toHaveLength(2);
  expect(steps.filter((step) => step === 4)).toHaveLength(1);
  expect(steps.filter((step) => step === 5).length).toBeLessThanOrEqual(2);
  expect(new Set(pipeline.keys().map((key) => key.split(':')[0]))).toEqual(new Set([failed.id]));
  expect(await getTask(stack.url, failed.id)).toEqual(failed);
});
