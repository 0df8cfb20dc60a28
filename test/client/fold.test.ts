// What a client makes of events: artifacts and tasks, equal to what the service itself makes of them.

import { Artifact, type StreamResponse, type Task } from '@a2a-js/sdk';
import fc from 'fast-check';
import { assembleArtifacts, foldEvent } from '../../src/client';
import { applyEvent } from '../../src/workflows/apply-event';
import { TaskState, type Part, type Task as DomainTask } from '../../src/workflows/task';
import { chunk, status, task, taskEvent } from './sdk-values';

const text = (value: string): object => ({ text: value });

async function assembled(events: readonly StreamResponse[]) {
  const artifacts = await assembleArtifacts(events);
  return artifacts.map(({ artifact, isComplete }) => ({
    id: artifact.artifactId,
    parts: artifact.parts.map(({ content }) => content?.value as unknown),
    isComplete,
  }));
}

describe('assembleArtifacts', () => {
  test('TaskArtifactUpdate Events: joins text that is appended, and lastChunk completes it', async () => {
    const events = [
      chunk({ parts: [text('one ')], append: false }),
      chunk({ parts: [text('two ')], append: true }),
      chunk({ parts: [text('three')], append: true, lastChunk: true }),
    ];
    expect(await assembled(events)).toEqual([
      { id: 'a', parts: ['one two three'], isComplete: true },
    ]);
    expect(await assembled(events.slice(0, 2))).toEqual([
      { id: 'a', parts: ['one two '], isComplete: false },
    ]);
  });

  test('append false replaces what was there', async () => {
    const events = [
      chunk({ parts: [text('one')], append: false, lastChunk: true }),
      chunk({ parts: [text('two')], append: false }),
    ];
    expect(await assembled(events)).toEqual([{ id: 'a', parts: ['two'], isComplete: false }]);
  });

  test('keeps parts apart that are not text of one kind', async () => {
    const events = [
      chunk({ parts: [text('a'), { text: 'b', mediaType: 'text/html' }], append: false }),
      chunk({ parts: [{ data: { n: 1 } }, text('c')], append: true }),
      chunk({ parts: [text('d')], append: true }),
    ];
    const [artifact] = await assembled(events);
    expect(artifact!.parts).toEqual(['a', 'b', { n: 1 }, 'cd']);
  });

  test('a Task replaces all of them; a completed one is complete', async () => {
    const artifacts = [{ artifactId: 'b', parts: [text('from the task')] }];
    const before = chunk({ parts: [text('x')], append: false });
    expect(await assembled([before, taskEvent('WORKING', { artifacts })])).toEqual([
      { id: 'b', parts: ['from the task'], isComplete: false },
    ]);
    expect(await assembled([before, taskEvent('COMPLETED', { artifacts })])).toEqual([
      { id: 'b', parts: ['from the task'], isComplete: true },
    ]);
  });

  test('keeps the order in which artifacts appeared, and reads streams, too', async () => {
    async function* stream() {
      yield chunk({ artifactId: 'b', parts: [text('1')], append: false });
      yield chunk({ artifactId: 'a', parts: [text('2')], append: false });
      yield chunk({ artifactId: 'b', parts: [text('3')], append: true });
    }
    const artifacts = await assembleArtifacts(stream());
    expect(artifacts.map(({ artifact }) => artifact.artifactId)).toEqual(['b', 'a']);
  });
});

describe('foldEvent', () => {
  test('TaskStatusUpdate Events: the message of a status moves into the history at the next one', () => {
    const events = [status('WORKING', { text: 'one' }), status('WORKING', { text: 'two' })];
    const folded = events.reduce<Task | undefined>(foldEvent, task('SUBMITTED'));
    expect(folded!.history.map(({ messageId }) => messageId)).toEqual(['m-one']);
    expect(folded!.status?.message?.messageId).toBe('m-two');
  });

  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ text: fc.string({ maxLength: 4 }) }),
    fc.record({ text: fc.string({ maxLength: 4 }), mediaType: fc.constant('text/html') }),
    fc.record({ text: fc.string({ maxLength: 4 }), metadata: fc.record({ n: fc.nat(1) }) }),
    fc.record({ data: fc.nat() }),
  );
  const update = fc.record({
    artifactId: fc.constantFrom('a', 'b'),
    parts: fc.array(part, { minLength: 1, maxLength: 3 }),
    append: fc.boolean(),
    lastChunk: fc.boolean(),
  });

  test('makes of artifact updates what the reducer of the service makes of them', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 12 }), (updates) => {
        const begun: DomainTask = {
          ...{ id: 't', contextId: 'c', skillId: 's', history: [], artifacts: [], seq: 1 },
          status: { state: TaskState.working, timestamp: '' },
        };
        const ofService = updates.reduce<DomainTask>(
          (held, { artifactId, parts, append, lastChunk }, index) =>
            applyEvent(held, {
              ...{ kind: 'artifact', seq: index + 2, artifact: { artifactId, parts } },
              ...{ append, lastChunk },
            }),
          begun,
        );
        const ofClient = updates.map(chunk).reduce<Task | undefined>(foldEvent, task('WORKING'));
        const expected = ofService.artifacts.map((artifact) => Artifact.fromJSON(artifact));
        expect(ofClient!.artifacts).toEqual(expected);
      }),
    );
  });
});
