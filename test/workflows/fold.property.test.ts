// The promise of D4, against random skills, crashes, zombies and repeated batches: each thing is told
// once, and no text of two attempts is ever mixed. A client of its own judges the reducer.

import fc from 'fast-check';
import type { SpokenEmission } from '../../src/workflows/emission';
import type { Recorded } from '../../src/workflows/recorded';
import { checkpointOf, foldTask } from '../../src/workflows/task-state';
import type { TaskFold } from '../../src/workflows/task-fold';
import type { Part, Task, TaskEvent } from '../../src/workflows/task';
import { created, divergingTurns, tell, turnsOf } from './fold-story';

const RUNS = { numRuns: 400 };

// --- The reducer and its judge ---------------------------------------------------------------

interface Told {
  readonly fold: TaskFold;
  readonly events: readonly TaskEvent[];
}

interface FoldOptions {
  /** Turns after which the task goes on in a new run. */
  readonly continueAfter?: readonly boolean[];
  /** What a record goes through on its way into the fold. */
  readonly store?: (recorded: Recorded) => Recorded;
}

function fold(turns: readonly (readonly Recorded[])[], options: FoldOptions = {}): Told {
  const { continueAfter = [], store = asItIs } = options;
  let { fold: current, events } = foldTask(undefined, store(created));
  for (const [index, records] of turns.entries()) {
    for (const recorded of records) {
      const folded = foldTask(current, store(recorded));
      current = folded.fold;
      events = [...events, ...folded.events];
    }
    if (continueAfter[index] === true && index < turns.length - 1) {
      const checkpoint = roundTrip(checkpointOf(current));
      const continued = foldTask(undefined, { kind: 'continued', checkpoint });
      expect(continued.events).toEqual([]);
      current = continued.fold;
    }
  }
  return { fold: current, events };
}

function asItIs(recorded: Recorded): Recorded {
  return recorded;
}

function roundTrip<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Parts without the borders of chunks: neighbours of one kind joined, empty texts dropped. */
function plain(parts: readonly Part[]): readonly string[] {
  const list: { kind: string; text: string }[] = [];
  for (const part of parts) {
    const isText = 'text' in part;
    if (isText && part.text === '') continue;
    const kind = isText ? (part.mediaType ?? 'plain') : 'data';
    const text = isText ? part.text : JSON.stringify(part);
    const last = list.at(-1);
    if (isText && last?.kind === kind) last.text += text;
    else list.push({ kind, text });
  }
  return list.map((one) => `${one.kind}:${one.text}`);
}

type Contents = Readonly<Record<string, readonly string[]>>;

/** The naivest client there can be: append joins, anything else replaces. */
function naiveClient(events: readonly TaskEvent[]): Contents {
  const held = new Map<string, readonly Part[]>();
  for (const event of events) {
    if (event.kind !== 'artifact') continue;
    const { artifactId, parts } = event.artifact;
    const before = held.get(artifactId);
    if (event.append && before === undefined) throw new Error(`append to unknown ${artifactId}`);
    held.set(artifactId, event.append ? [...(before ?? []), ...parts] : parts);
  }
  return Object.fromEntries([...held].map(([id, parts]) => [id, plain(parts)]));
}

function contentsOf(task: Task): Contents {
  return Object.fromEntries(task.artifacts.map((a) => [a.artifactId, plain(a.parts)]));
}

/** What a script comes to when nothing ever fails. */
function intended(said: readonly SpokenEmission[]): Contents {
  const held = new Map<string, readonly Part[]>();
  for (const one of said) {
    if (one.kind !== 'artifact') continue;
    held.set(one.artifactId, one.append ? [...held.get(one.artifactId)!, ...one.parts] : one.parts);
  }
  return Object.fromEntries([...held].map(([id, parts]) => [id, plain(parts)]));
}

interface Telling {
  readonly progress: readonly string[];
  /** Each version of each artifact, as it was told from one replacement to the next. */
  readonly versions: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly finished: readonly string[];
}

/** All that a client was told, without the borders of chunks. */
function telling(
  said: readonly {
    readonly progress?: readonly Part[];
    readonly artifact?: { id: string; parts: readonly Part[]; append: boolean; last: boolean };
  }[],
): Telling {
  const progress: string[] = [];
  const versions = new Map<string, Part[][]>();
  const finished = new Map<string, boolean>();
  for (const one of said) {
    if (one.progress !== undefined) progress.push(JSON.stringify(one.progress));
    if (one.artifact === undefined) continue;
    const { id, parts, append, last } = one.artifact;
    const list = versions.get(id) ?? [];
    versions.set(id, list);
    if (append) list.at(-1)?.push(...parts);
    else list.push([...parts]);
    finished.set(id, last);
  }
  return {
    progress,
    versions: Object.fromEntries([...versions].map(([id, list]) => [id, list.map(plain)])),
    finished: [...finished].filter(([, last]) => last).map(([id]) => id),
  };
}

function tellingOf(events: readonly TaskEvent[]): Telling {
  return telling(
    events.map((event) => {
      if (event.kind === 'artifact') {
        const { artifact, append, lastChunk: last } = event;
        return { artifact: { id: artifact.artifactId, parts: artifact.parts, append, last } };
      }
      const isProgress = event.kind === 'status' && event.status.state === 'working';
      const parts = isProgress ? event.status.message?.parts : undefined;
      return parts === undefined ? {} : { progress: parts };
    }),
  );
}

function tellingOfScript(said: readonly SpokenEmission[]): Telling {
  return telling(
    said.map((one) =>
      one.kind === 'progress'
        ? { progress: one.parts }
        : { artifact: { ...one, id: one.artifactId } },
    ),
  );
}

// --- The properties --------------------------------------------------------------------------

describe('a skill that says the same in every attempt', () => {
  test('is told exactly once, however it dies and whatever comes late or twice', () => {
    fc.assert(
      fc.property(turnsOf(1), (plans) => {
        const { turns, counted } = tell(plans);
        expect(tellingOf(fold(turns).events)).toEqual(tellingOfScript(counted));
      }),
      RUNS,
    );
  });

  test('is told in no more replacements than it makes itself', () => {
    fc.assert(
      fc.property(turnsOf(1), (plans) => {
        const { turns, counted } = tell(plans);
        const replacements = fold(turns).events.filter((e) => e.kind === 'artifact' && !e.append);
        const made = counted.filter((one) => one.kind === 'artifact' && !one.append);
        expect(replacements).toHaveLength(made.length);
      }),
      RUNS,
    );
  });
});

describe.each([
  ['skills that say anything in each attempt', turnsOf(3)],
  ['skills that differ behind a common beginning', divergingTurns],
])('%s', (_name, anyTurns) => {
  test('leave exactly what the last attempt said in every artifact', () => {
    fc.assert(
      fc.property(anyTurns, (plans) => {
        const { turns, counted } = tell(plans);
        const held = contentsOf(fold(turns).fold.task);
        const wanted = intended(counted);
        const withdrawn = Object.keys(held).filter((id) => !(id in wanted));
        expect(held).toEqual({
          ...wanted,
          ...Object.fromEntries(withdrawn.map((id) => [id, []])),
        });
      }),
      RUNS,
    );
  });

  test('leave the same in the task and with a client that folds the events', () => {
    fc.assert(
      fc.property(anyTurns, (plans) => {
        const { fold: last, events } = fold(tell(plans).turns);
        expect(naiveClient(events)).toEqual(contentsOf(last.task));
      }),
      RUNS,
    );
  });

  test('never begin an artifact with an append', () => {
    fc.assert(
      fc.property(anyTurns, (plans) => {
        const first = new Map<string, boolean>();
        for (const event of fold(tell(plans).turns).events.toReversed()) {
          if (event.kind === 'artifact') first.set(event.artifact.artifactId, event.append);
        }
        expect([...first.values()]).not.toContain(true);
      }),
      RUNS,
    );
  });

  test('make events that are numbered from 1 without a gap', () => {
    fc.assert(
      fc.property(anyTurns, (plans) => {
        const { events, fold: last } = fold(tell(plans).turns);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        expect(last.task.seq).toBe(events.length);
      }),
      RUNS,
    );
  });

  test('make the same events of records that were stored and read again', () => {
    fc.assert(
      fc.property(anyTurns, (plans) => {
        const { turns } = tell(plans);
        expect(fold(turns, { store: roundTrip })).toEqual(fold(turns));
      }),
      RUNS,
    );
  });

  test('make the same events when the task goes on in a new run between turns', () => {
    fc.assert(
      fc.property(anyTurns, fc.array(fc.boolean(), { maxLength: 3 }), (plans, continueAfter) => {
        const { turns } = tell(plans);
        const through = fold(turns, { continueAfter });
        const within = fold(turns);
        expect(through.events).toEqual(within.events);
        expect(through.fold.task).toEqual(within.fold.task);
      }),
      RUNS,
    );
  });
});
