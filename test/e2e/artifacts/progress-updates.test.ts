// Progress of a long task: intermediate updates, and pieces of the result before there is one. The skills import
// `longhaul`, as a user's do.

import { join } from 'node:path';
import { answerTo, getTask, messageFor, send } from '../../harness/calls';
import { expectEveryId, lastState, progressTexts } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { readWhole, streamMessage, type Frame } from '../../harness/stream';
import { textOf, type WireArtifact, type WireTask } from '../../harness/wire';

const MARK = { 'urn:longhaul:a2a:partial-artifact:1': { partial: true } };

const stack = useStack({ env: { SKILLS: join(__dirname, 'skills') } });

interface Marked extends WireArtifact {
  readonly metadata?: object;
}

const artifactsOf = ({ artifacts = [] }: WireTask): readonly Marked[] => artifacts;

const updatesOf = (frames: readonly Frame[]) =>
  frames.flatMap(({ event }) => event.artifactUpdate ?? []);

const dataPart = (data: unknown): object => ({ data, mediaType: 'application/json' });

async function streamed(skill: string, options = {}): Promise<readonly Frame[]> {
  const stream = await streamMessage(stack.url, messageFor(skill, options));
  return stream.toEnd();
}

describe('Sending Intermediate Updates', () => {
  test('Sending Intermediate Updates: each is a status update in state working', async () => {
    const frames = await streamed('intermediate-updates');
    expectEveryId(frames);
    expect(progressTexts(frames)).toEqual([
      'Starting report generation. This may take a moment...',
      'Data analysis complete. Generating charts...',
      'Charts generated. Compiling final report...',
      'Report complete!',
    ]);
    const working = frames.flatMap(({ event }) => event.statusUpdate ?? []).slice(0, -1);
    expect(new Set(working.map(({ status }) => status.state))).toEqual(
      new Set(['TASK_STATE_WORKING']),
    );
  });

  test('Sending Intermediate Updates: the task completes with its message and artifact', async () => {
    const task = await send(stack.url, messageFor('intermediate-updates'));
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(textOf(task.status.message?.parts)).toBe('Report complete!');
    expect(artifactsOf(task)).toEqual([
      {
        artifactId: 'name:report.md',
        name: 'report.md',
        parts: [{ text: '# Report', mediaType: 'text/markdown' }],
      },
    ]);
  });
});

describe('Sending Partial Artifacts', () => {
  let frames: readonly Frame[];

  beforeAll(async () => {
    frames = await streamed('partial-artifacts');
  });

  test('Sending Partial Artifacts: each is one complete artifact update, marked', () => {
    const [analysis, charts] = updatesOf(frames);
    expect([analysis, charts]).toMatchObject([
      {
        artifact: {
          name: 'analysis.json',
          parts: [dataPart({ mean: 4, rows: 2 })],
          metadata: MARK,
        },
        lastChunk: true,
      },
      {
        artifact: { name: 'charts.json', parts: [dataPart([{ mark: 'bar' }])], metadata: MARK },
        lastChunk: true,
      },
    ]);
    expect([analysis?.append ?? false, charts?.append ?? false]).toEqual([false, false]);
  });

  test('Sending Partial Artifacts: they come while the task works, in their places', () => {
    const story = frames.slice(2).map(({ event }) => {
      const { artifactUpdate, statusUpdate } = event;
      return artifactUpdate?.artifact.name ?? textOf(statusUpdate?.status.message?.parts);
    });
    expect(story).toEqual([
      'Analyzing data...',
      'analysis.json',
      'Generating visualizations...',
      'charts.json',
      'Compiling final report...',
      'final_report.json',
      'Report complete!',
    ]);
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  });

  test('Sending Partial Artifacts: what the result does not repeat stays, marked', async () => {
    const task = await getTask(stack.url, frames[0]!.event.task!.id);
    expect(artifactsOf(task).map(({ name, metadata }) => [name, metadata])).toEqual([
      ['analysis.json', MARK],
      ['charts.json', MARK],
      ['final_report.json', undefined],
    ]);
  });

  test('Sending Partial Artifacts: what the result repeats is replaced, and final', async () => {
    const task = await send(stack.url, messageFor('partial-artifacts', { again: true }));
    const [analysis, ...others] = artifactsOf(task).filter(({ name }) => name === 'analysis.json');
    expect(others).toEqual([]);
    expect(analysis).not.toHaveProperty('metadata');
    expect(analysis?.parts).toEqual([dataPart({ mean: 4, rows: 2, final: 1 })]);
  });

  test('Sending Partial Artifacts: a task that fails keeps them, marked', async () => {
    const task = await send(stack.url, messageFor('partial-artifacts', { ending: 'failed' }));
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(artifactsOf(task).map(({ metadata }) => metadata)).toEqual([MARK, MARK]);
  });

  test('Sending Partial Artifacts: one from before a question is replaced after it', async () => {
    const message = messageFor('partial-artifacts', { asks: true, again: true });
    const asked = await send(stack.url, message);
    expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    const task = await send(stack.url, answerTo(asked, 'yes'));
    expect(artifactsOf(task).map(({ name, metadata }) => [name, metadata])).toEqual([
      ['analysis.json', undefined],
      ['charts.json', MARK],
      ['final_report.json', undefined],
    ]);
  });

  test('Sending Partial Artifacts: an attempt that says it again tells nobody twice', async () => {
    const task = await send(stack.url, messageFor('retried-partial'));
    const updates = updatesOf(await readWhole(stack.url, task.id));
    expect(updates.map(({ artifact }) => (artifact as Marked).metadata)).toEqual([MARK, undefined]);
  });
});
