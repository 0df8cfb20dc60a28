// An attempt that follows a lost one says again what that one has said and the part store holds: readers hear nothing of
// it, up to where it says something else.

import fc from 'fast-check';
import { MissingPartError, type PartStore } from '../../../src/storage/part-store';
import { restoreParts, storeBigParts } from '../../../src/temporal/stored-parts';
import { FORMAT, type Batch } from '../../../src/workflows/emission';
import { TASK_BYTES } from '../../../src/workflows/limits';
import { TaskState, type Part, type TaskEvent } from '../../../src/workflows/task';
import type { TaskFold } from '../../../src/workflows/task-fold';
import { foldTask } from '../../../src/workflows/task-state';
import { firstWord } from '../../../src/temporal/takeover';
import { workingTask } from '../../harness/working-task';
import { chunk, useWires, type Wire } from './wire';

/** Room for so little inline that nearly all of a stream is stored. */
const NARROW = { inlineBytes: TASK_BYTES.artifacts - 150_000 };

const { open, store } = useWires();

interface Told {
  readonly fold: TaskFold;
  readonly events: readonly TaskEvent[];
}

function tell(batches: readonly Batch[], from: TaskFold): Told {
  let fold = from;
  const events: TaskEvent[] = [];
  for (const batch of batches) {
    const told = foldTask(fold, { kind: 'batch', batch });
    events.push(...told.events);
    fold = told.fold;
  }
  return { fold, events };
}

/** What a first attempt leaves behind that says this and is lost. */
async function leftBy(say: (wire: Wire) => Promise<void>): Promise<TaskFold> {
  const wire = open(NARROW);
  await say(wire);
  await wire.emitter.flush();
  return tell(wire.sent, workingTask()).fold;
}

/** What a second one comes to. */
async function after(left: TaskFold, say: (wire: Wire) => Promise<void>): Promise<Told> {
  const { fold } = tell([firstWord({ turn: 1, attempt: 2 })], left);
  const wire = open({ ...NARROW, attempt: 2, firstBatch: 1, lanes: fold.lanes });
  await say(wire);
  await wire.emitter.flush();
  expect(wire.failures).toEqual([]);
  return tell(wire.sent, fold);
}

/** What becomes of it when the attempt is done. */
function ended(fold: TaskFold): TaskFold {
  const [v, state] = [FORMAT, TaskState.completed] as const;
  const decision = { v, state, turn: 1, attempt: 2, read: 0, at: 0 };
  return foldTask(fold, { kind: 'decision', decision }).fold;
}

async function contentOf({ task }: TaskFold): Promise<readonly string[]> {
  return Promise.all(
    task.artifacts.map(async ({ parts }) => {
      const restored = await restoreParts(store, parts);
      return restored.map((part) => ('text' in part ? part.text : JSON.stringify(part))).join('');
    }),
  );
}

const storedOf = ({ task }: TaskFold): readonly Part[] =>
  task.artifacts.flatMap(({ parts }) => parts.filter((part) => 'ref' in part));

/** A KiB that no other is. */
const kib = (n: number): string => `${String(n).padStart(7)} `.repeat(128);
const textOf = (count: number): string => Array.from({ length: count }, (_, n) => kib(n)).join('');

/** The text in chunks of so many characters; each in a batch of its own where `flushes`. */
async function sayText(
  { emitter }: Wire,
  text: string,
  { size, flushes = false }: { size: number; flushes?: boolean },
): Promise<void> {
  for (let from = 0; from < text.length; from += size) {
    await emitter.emit(chunk(text.slice(from, from + size), { append: from > 0 }));
    if (flushes) await emitter.flush();
  }
}

describe('text that has moved to the store, said again', () => {
  const COUNT = 600;
  let left: TaskFold;
  beforeAll(async () => {
    left = await leftBy((wire) => sayText(wire, textOf(COUNT), { size: 1_024, flushes: true }));
    expect(storedOf(left).length).toBeGreaterThan(2);
  });

  test.each([{ size: 1_000 }, { size: 50_001 }, { size: 2_000_000 }])(
    'is silent in chunks of $size',
    async ({ size }) => {
      const { fold, events } = await after(left, (wire) => sayText(wire, textOf(COUNT), { size }));
      expect(events).toEqual([]);
      expect(await contentOf(fold)).toEqual([textOf(COUNT)]);
    },
  );

  test('is silent up to its end, and what follows is told', async () => {
    const { fold, events } = await after(left, (wire) =>
      sayText(wire, textOf(COUNT + 50), { size: 3_000 }),
    );
    expect(events).not.toEqual([]);
    expect(events).not.toContainEqual(expect.objectContaining({ append: false }));
    expect(await contentOf(fold)).toEqual([textOf(COUNT + 50)]);
  });

  test('is told from where it differs, at once', async () => {
    const { fold, events } = await after(left, async ({ emitter }) => {
      await emitter.emit(chunk(textOf(COUNT / 2), { append: false }));
      await emitter.emit(chunk('something else'));
    });
    expect(events[0]).toMatchObject({ kind: 'artifact', append: false });
    expect(await contentOf(fold)).toEqual([`${textOf(COUNT / 2)}something else`]);
  });

  test('is withdrawn where the attempt ends before it', async () => {
    const { fold } = await after(left, (wire) => sayText(wire, textOf(COUNT - 100), { size: 999 }));
    expect(await contentOf(ended(fold))).toEqual([textOf(COUNT - 100)]);
  });

  test('is told anew where the store has lost it', async () => {
    const { fold: begun } = tell([firstWord({ turn: 1, attempt: 2 })], left);
    const lost: PartStore = Object.create(store, {
      get: { value: () => Promise.reject(new MissingPartError('0'.repeat(64), 'is lost')) },
    });
    const wire = open({
      ...NARROW,
      attempt: 2,
      firstBatch: 1,
      lanes: begun.lanes,
      store: lost,
    });
    await sayText(wire, textOf(COUNT), { size: 1_000 });
    await wire.emitter.flush();
    expect(await contentOf(tell(wire.sent, begun).fold)).toEqual([textOf(COUNT)]);
  });
});

test.each([{ size: 700 }, { size: 4_000_000 }])(
  'inline text around what is stored is silent, too, in chunks of $size',
  async ({ size }) => {
    const wide = { inlineBytes: 0 };
    const [before, big, behind] = [textOf(100), 'big '.repeat(500_000), textOf(120)];
    const first = open(wide);
    await sayText(first, before, { size: 1_024, flushes: true });
    await first.emitter.emit(chunk(big));
    for (let n = 0; n < 120; n += 1) {
      await first.emitter.emit(chunk(kib(n)));
      await first.emitter.flush();
    }
    const { fold: left } = tell(
      [firstWord({ turn: 1, attempt: 2 })],
      tell(first.sent, workingTask()).fold,
    );
    expect(storedOf(left)).toHaveLength(1);
    const second = open({ ...wide, attempt: 2, firstBatch: 1, lanes: left.lanes });
    await sayText(second, `${before}${big}${behind}`, { size });
    await second.emitter.flush();
    const { fold, events } = tell(second.sent, left);
    expect(events).toEqual([]);
    expect(await contentOf(fold)).toEqual([`${before}${big}${behind}`]);
  },
);

test('what was inline stays so, however little room the new attempt counts for it', async () => {
  const inline = textOf(69);
  const stored = await storeBigParts(
    store,
    Array.from({ length: 40 }, (_, n) => ({ text: kib(n) })),
    0,
  );
  expect(stored.every((part) => 'ref' in part)).toBe(true);
  const parts = [{ text: inline }, ...stored];
  const said = {
    kind: 'artifact',
    at: 0,
    artifactId: 'a',
    parts,
    append: false,
    last: false,
  } as const;
  const batch: Batch = { v: FORMAT, turn: 1, attempt: 1, n: 0, emissions: [said] };
  const { fold: left } = tell([batch], workingTask());
  const { fold, events } = await after(left, (wire) =>
    sayText(wire, `${inline}${textOf(40)}`, { size: 4_000_000 }),
  );
  expect(events).toEqual([]);
  expect(fold.task.artifacts).toEqual(left.task.artifacts);
});

test('a value that was stored for want of room is known again', async () => {
  const said = [{ data: { rows: kib(1) } }, { raw: Buffer.from(kib(2)).toString('base64') }];
  const say = async ({ emitter }: Wire): Promise<void> => {
    for (const [n, part] of said.entries()) {
      await emitter.emit({ ...chunk('', { append: n > 0 }), parts: [part] });
    }
  };
  const scarce = open({ inlineBytes: TASK_BYTES.artifacts - 1_500 });
  await say(scarce);
  await scarce.emitter.flush();
  const { fold: left } = tell(scarce.sent, workingTask());
  expect(storedOf(left)).toHaveLength(2);
  const { fold, events } = await after(left, say);
  expect(events).toEqual([]);
  expect(fold.task.artifacts).toEqual(left.task.artifacts);
});

/** What two artifacts are told, in acts that the second attempt takes again up to one where it goes its own way. */
const act = fc.record({
  artifactId: fc.constantFrom('a', 'b'),
  kib: fc.integer({ min: 1, max: 40 }),
  kind: fc.constantFrom('append', 'append', 'append', 'append', 'replace', 'last', 'entry'),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

async function perform({ emitter }: Wire, acts: readonly Act[], isFlushed: boolean): Promise<void> {
  const begun = new Set<string>();
  for (const [n, { artifactId, kib: size, kind }] of acts.entries()) {
    if (kind === 'entry') {
      await emitter.record({
        kind: 'journal',
        entries: [{ kind: 'step', id: String(n), at: 0, ms: 0 }],
      });
      continue;
    }
    const append = kind !== 'replace' && begun.has(artifactId);
    begun.add(artifactId);
    const text = kib(n).repeat(size);
    await emitter.emit(chunk(text, { artifactId, append, last: kind === 'last' }));
    if (isFlushed && n % 2 === 0) await emitter.flush();
  }
}

function heldAfter(acts: readonly Act[]): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  for (const [n, { artifactId, kib: size, kind }] of acts.entries()) {
    if (kind === 'entry') continue;
    const before = kind === 'replace' ? '' : (held.get(artifactId) ?? '');
    held.set(artifactId, before + kib(n).repeat(size));
  }
  return held;
}

test('whatever was said, and wherever another attempt goes its own way, the task holds what that one says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        act.filter(({ kind }) => kind !== 'entry'),
        { minLength: 5, maxLength: 40 },
      ),
      fc.array(act, { maxLength: 6 }),
      fc.nat(40),
      async (first, other, sameUpTo) => {
        const left = await leftBy((wire) => perform(wire, first, true));
        const isSame = sameUpTo >= first.length;
        const second = [...first.slice(0, sameUpTo), ...other];
        const { fold, events } = await after(left, (wire) => perform(wire, second, false));
        const settled = ended(fold);
        const held = heldAfter(second);
        const ids = settled.task.artifacts.map(({ artifactId }) => artifactId);
        const contents = await contentOf(settled);
        for (const [artifactId, text] of held) {
          expect(contents[ids.indexOf(artifactId)] === text).toBe(true);
        }
        expect(isSame && other.length === 0 ? events : []).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
