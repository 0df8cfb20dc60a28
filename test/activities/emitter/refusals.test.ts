// What is too much for a task or for Temporal is refused for good, not tried again.

import { SkillError } from '../../../src/activities/skill';
import { TASK_BYTES } from '../../../src/workflows/limits';
import { chunk, progress, useWires } from './wire';

const { open } = useWires();

test('an artifact for which the task has no room is refused where it is said', async () => {
  const { emitter, failures } = open({ inlineBytes: TASK_BYTES.artifacts });
  await expect(emitter.emit(chunk('x'))).rejects.toThrow(SkillError);
  expect(failures).toEqual([]);
});

test('what was said before it is recorded', async () => {
  const { emitter, sent } = open({ inlineBytes: TASK_BYTES.artifacts });
  await emitter.emit(progress('before'));
  await emitter.emit(chunk('x')).catch(() => undefined);
  await emitter.flush();
  expect(sent[0]?.emissions).toEqual([progress('before')]);
});

test('many small emissions of one moment leave in batches of 256 KiB', async () => {
  const { emitter, sent } = open();
  for (let n = 0; n < 2_000; n += 1) {
    await emitter.emit(chunk('x', { artifactId: String(n), metadata: { text: 'x'.repeat(400) } }));
  }
  await emitter.flush();
  const sizes = sent.map((batch) => Buffer.byteLength(JSON.stringify(batch)));
  expect(sent.flatMap(({ emissions }) => emissions)).toHaveLength(2_000);
  expect(Math.max(...sizes)).toBeLessThan(270_000);
});

test('a batch that is more than Temporal takes is not sent, and fails at once', async () => {
  const { emitter, sent, failures } = open();
  const huge = { ...progress('x'), metadata: { text: 'x'.repeat(3_000_000) } };
  await emitter.emit(huge).catch(() => undefined);
  await expect(emitter.flush()).rejects.toThrow(/more than Temporal takes/);
  expect(sent).toEqual([]);
  expect(failures).toHaveLength(1);
});
