// A stream of stored text that goes on and on: what the task holds of it stays small, and says the same.

import fc from 'fast-check';
import type { Emitter } from '../../../src/activities/emitter';
import { restoreParts } from '../../../src/temporal/stored-parts';
import type { Batch, JournalEmission } from '../../../src/workflows/emission';
import { jsonBytes } from '../../../src/workflows/json-bytes';
import { TASK_BYTES } from '../../../src/workflows/limits';
import type { Part } from '../../../src/workflows/task';
import type { TaskFold } from '../../../src/workflows/task-fold';
import { foldTask } from '../../../src/workflows/task-state';
import { eventually } from '../../harness/eventually';
import { foldAll } from '../../harness/working-task';
import { chunk, partsOf as partsOfBatches, useWires } from './wire';

/** References of one size that a task may hold; see `text-packing.ts`. */
const PIECES = 32;

const { open, store } = useWires();

const partsOf = ({ task }: TaskFold): readonly Part[] => task.artifacts[0]?.parts ?? [];

/** The stream does not wait for its packing. */
function whenPacked(sent: readonly Batch[], from?: TaskFold): Promise<readonly Part[]> {
  return eventually(() => {
    const parts = partsOf(foldAll(sent, from));
    expect(parts.filter((part) => 'ref' in part).length).toBeLessThan(3 * PIECES);
    return parts;
  });
}

async function contentOf(parts: readonly Part[]): Promise<string> {
  const restored = await restoreParts(store, parts);
  return restored.map((part) => ('text' in part ? part.text : JSON.stringify(part))).join('');
}

function entry(n: number): JournalEmission {
  return { kind: 'journal', entries: [{ kind: 'step', id: String(n), at: 0, ms: 0 }] };
}

const textOf = (n: number): string => `${n}${' chunk'.repeat(n % 40)}\n`;

/** Each chunk in a batch of its own, without a pause. */
async function stream(emitter: Emitter, { from, to }: { from: number; to: number }): Promise<void> {
  for (let n = from; n < to; n += 1) {
    await emitter.emit(chunk(textOf(n), { append: n > 0 }));
    await emitter.flush();
  }
}

function textsOf(count: number): string {
  return Array.from({ length: count }, (_, n) => textOf(n)).join('');
}

/** The task has no room for content. */
const full = { inlineBytes: TASK_BYTES.artifacts - 100_000 };

/** Chunks of a KiB each, in batches of their own. */
const kib = (n: number): string => `${String(n).padStart(7)} `.repeat(128);

test('text that was inline moves in large pieces, and hardly any of it batch by batch', async () => {
  const { emitter, sent, failures } = open();
  const count = 2_000;
  for (let n = 0; n < count; n += 1) {
    await emitter.emit(chunk(kib(n), { append: n > 0 }));
    await emitter.flush();
  }
  // Where nothing takes time, some are said before the store has what came before them.
  const stored = partsOfBatches(sent).filter((part) => 'ref' in part);
  expect(stored.length).toBeLessThan(count / 10);
  const parts = partsOf(foldAll(sent));
  expect(parts.length).toBeLessThan(PIECES);
  expect(jsonBytes(parts)).toBeLessThan(TASK_BYTES.artifacts / 2);
  expect(await contentOf(parts)).toBe(Array.from({ length: count }, (_, n) => kib(n)).join(''));
  expect(failures).toEqual([]);
});

test('text that was inline moves across checkpoints, too', async () => {
  const { emitter, sent } = open();
  const count = 1_500;
  for (let n = 0; n < count; n += 1) {
    await emitter.emit(chunk(kib(n), { append: n > 0 }));
    if (n % 3 === 0) await emitter.record(entry(n));
  }
  await emitter.flush();
  const parts = partsOf(foldAll(sent));
  expect(jsonBytes(parts)).toBeLessThan(TASK_BYTES.artifacts / 2);
  expect(parts.length).toBeLessThan(PIECES);
  expect(await contentOf(parts)).toBe(Array.from({ length: count }, (_, n) => kib(n)).join(''));
});

test('whatever is said of two artifacts, and however they are replaced, they hold what was said', async () => {
  const act = fc.record({
    artifact: fc.constantFrom('a', 'b'),
    kib: fc.nat(12),
    kind: fc.constantFrom('append', 'append', 'append', 'append', 'append', 'replace', 'entry'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 40, maxLength: 120 }), async (acts) => {
      const { emitter, sent, failures } = open({ inlineBytes: TASK_BYTES.artifacts - 150_000 });
      const held = new Map<string, string>();
      for (const [n, { artifact, kib: size, kind }] of acts.entries()) {
        if (kind === 'entry') await emitter.record(entry(n));
        else {
          const append = kind === 'append' && held.has(artifact);
          const text = kib(n).repeat(size);
          held.set(artifact, `${append ? held.get(artifact)! : ''}${text}`);
          await emitter.emit(chunk(text, { append, artifactId: artifact }));
          if (size % 2 === 0) await emitter.flush();
        }
      }
      await emitter.flush();
      for (const { artifactId, parts } of foldAll(sent).task.artifacts) {
        expect(await contentOf(parts)).toBe(held.get(artifactId));
      }
      expect(failures).toEqual([]);
    }),
    { numRuns: 30 },
  );
}, 60_000);

test('the references of a long stream are no more than the stream has digits, and hold all of it', async () => {
  const { emitter, sent, failures } = open(full);
  const count = 3_000;
  await stream(emitter, { from: 0, to: count });
  expect(await contentOf(await whenPacked(sent))).toBe(textsOf(count));
  expect(failures).toEqual([]);
}, 60_000);

test('it goes on at its pace: what was packed gives its room back', async () => {
  const { emitter, sent } = open({ inlineBytes: TASK_BYTES.artifacts - 40_000 });
  await stream(emitter, { from: 0, to: 500 });
  expect(await contentOf(partsOf(foldAll(sent)))).toBe(textsOf(500));
});

test('a checkpoint now and then does not keep its text apart for ever', async () => {
  const { emitter, sent } = open(full);
  const count = 1_000;
  for (let n = 0; n < count; n += 5) {
    await stream(emitter, { from: n, to: n + 5 });
    await emitter.record(entry(n));
  }
  expect(await contentOf(await whenPacked(sent))).toBe(textsOf(count));
}, 60_000);

test('what an artifact is replaced with is not mixed with what it held', async () => {
  const { emitter, sent } = open(full);
  await stream(emitter, { from: 0, to: 100 });
  await stream(emitter, { from: 0, to: 70 });
  const { artifacts } = foldAll(sent).task;
  expect(await contentOf(artifacts[0]?.parts ?? [])).toBe(textsOf(70));
});

test('an attempt that follows packs what it repeats together with what it adds', async () => {
  const first = open(full);
  await stream(first.emitter, { from: 0, to: 500 });
  const before = foldAll(first.sent);
  const said = partsOf(before);
  const second = open({ ...full, attempt: 2 });
  for (const [n, part] of said.entries()) {
    await second.emitter.emit({ ...chunk('', { append: n > 0 }), parts: [part] });
    await second.emitter.flush();
  }
  await stream(second.emitter, { from: 500, to: 700 });
  expect(await contentOf(await whenPacked(second.sent, before))).toBe(textsOf(700));
  // Nothing was withdrawn: what was said again was silent.
  let fold = before;
  for (const batch of second.sent) {
    const folded = foldTask(fold, { kind: 'batch', batch });
    expect(folded.events).not.toContainEqual(expect.objectContaining({ append: false }));
    fold = folded.fold;
  }
});
