// The promise of D4, against random skills, crashes, zombies and repeated batches: each thing is told
// once, and no text of two attempts is ever mixed. A client of its own judges the reducer.

import fc from 'fast-check';
import { FORMAT, type Batch, type Emission } from '../../src/workflows/emission';
import {
  checkpointOf,
  foldTask,
  type Recorded,
  type TaskFold,
} from '../../src/workflows/task-state';
import type { Part, Task, TaskEvent } from '../../src/workflows/task';

const RUNS = { numRuns: 400 };

// --- What a skill does, and what it says by it -------------------------------------------------

type Act =
  | { readonly act: 'progress'; readonly text: string }
  | { readonly act: 'append'; readonly id: string; readonly part: Part }
  | { readonly act: 'save'; readonly id: string; readonly part: Part; readonly name: string }
  | { readonly act: 'finalize'; readonly id: string };
type Script = readonly Act[];

const anyText = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
const anyPart: fc.Arbitrary<Part> = fc.oneof(
  { weight: 5, arbitrary: anyText.map((text) => ({ text })) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => ({ data: n })) },
  { weight: 1, arbitrary: anyText.map((text) => ({ text, mediaType: 'text/markdown' })) },
);
const anyId = fc.constantFrom('a', 'b', 'c');
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('progress' as const), text: anyText }) },
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('append' as const), id: anyId, part: anyPart }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('save' as const),
      id: anyId,
      part: anyPart,
      name: fc.constantFrom('x', 'y'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('finalize' as const), id: anyId }) },
);
const anyScript = fc.array(anyAct, { maxLength: 12 });

/** As `ctx.artifact` says it; a stream may go on after a whole artifact came between. */
function speak(script: Script, open: Set<string>): readonly Emission[] {
  return script.map((act): Emission => {
    if (act.act === 'progress') return { kind: 'progress', at: 0, parts: [{ text: act.text }] };
    const artifact = { kind: 'artifact', at: 0, artifactId: act.id } as const;
    if (act.act === 'save') {
      return { ...artifact, name: act.name, parts: [act.part], append: false, last: true };
    }
    const append = open.has(act.id);
    if (act.act === 'append') {
      open.add(act.id);
      return { ...artifact, parts: [act.part], append, last: false };
    }
    open.delete(act.id);
    return { ...artifact, parts: [{ text: '' }], append, last: true };
  });
}

/** Other chunks of the same: texts are split, and neighbours are joined as the emitter joins them. */
function rechunk(emissions: readonly Emission[], choices: readonly number[]): readonly Emission[] {
  const choice = (index: number): number => choices[index % Math.max(choices.length, 1)] ?? 0;
  const split = emissions.flatMap((emission, index): readonly Emission[] => {
    const [part] = emission.parts;
    const at = choice(index) % 4;
    if (emission.kind !== 'artifact' || part === undefined || !('text' in part)) return [emission];
    if (at === 0 || part.text.length <= at) return [emission];
    return [
      { ...emission, parts: [{ ...part, text: part.text.slice(0, at) }], last: false },
      { ...emission, parts: [{ ...part, text: part.text.slice(at) }], append: true },
    ];
  });
  return split.reduce<readonly Emission[]>((said, b, index) => {
    const a = said.at(-1);
    const joins =
      choice(index + 1) % 3 === 0 &&
      a?.kind === 'artifact' &&
      b.kind === 'artifact' &&
      a.artifactId === b.artifactId &&
      b.append &&
      !a.last;
    return joins
      ? [...said.slice(0, -1), { ...a, parts: [...a.parts, ...b.parts], last: b.last }]
      : [...said, b];
  }, []);
}

// --- What happens to it ----------------------------------------------------------------------

interface AttemptPlan {
  /** Which of the turn's scripts it follows. */
  readonly script: number;
  readonly chunks: readonly number[];
  /** Emissions per batch, in turn. */
  readonly batches: readonly number[];
  /** How many emissions it says before it dies; the last attempt says all. */
  readonly lives: number;
  /** How many of its last batches come late, and how far. */
  readonly late: number;
  readonly delay: number;
  /** A batch that is recorded a second time, and how far later. */
  readonly twice: number;
}

interface TurnPlan {
  readonly scripts: readonly Script[];
  readonly attempts: readonly AttemptPlan[];
}

const anyAttempt = (scripts: number): fc.Arbitrary<AttemptPlan> =>
  fc.record({
    script: fc.nat(scripts - 1),
    chunks: fc.array(fc.nat(11), { maxLength: 5 }),
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    lives: fc.nat(14),
    late: fc.nat(3),
    delay: fc.nat(6),
    twice: fc.nat(8),
  });

const anyTurn = (scripts: number): fc.Arbitrary<TurnPlan> =>
  fc.record({
    scripts: fc.array(anyScript, { minLength: scripts, maxLength: scripts }),
    attempts: fc.array(anyAttempt(scripts), { minLength: 1, maxLength: 4 }),
  });

const turnsOf = (scripts: number): fc.Arbitrary<readonly TurnPlan[]> =>
  fc.array(anyTurn(scripts), { minLength: 1, maxLength: 3 });

/** Scripts that differ only behind a common beginning, as those of a language model do. */
const divergingTurns = fc
  .tuple(anyScript, turnsOf(3))
  .map(([common, turns]) =>
    turns.map((turn) => ({ ...turn, scripts: turn.scripts.map((s) => [...common, ...s]) })),
  );

interface Story {
  /** One list of records for each turn, its decisions included. */
  readonly turns: readonly (readonly Recorded[])[];
  /** What was said by the attempts that counted, in the order in which they said it. */
  readonly counted: readonly Emission[];
}

const created: Recorded = {
  kind: 'created',
  at: 0,
  taskId: 't',
  contextId: 'c',
  skillId: 's',
  message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'go' }] },
};

function tell(plans: readonly TurnPlan[]): Story {
  let open = new Set<string>();
  const counted: Emission[] = [];
  const turns = plans.map((plan, index) => {
    const turn = index + 1;
    let openAfter = open;
    let batches: readonly Batch[] = [];
    for (const [at, attempt] of plan.attempts.entries()) {
      const isLast = at === plan.attempts.length - 1;
      const opened = new Set(open);
      const said = speak(plan.scripts[attempt.script] ?? [], opened);
      const chunks = rechunk(said, attempt.chunks);
      const own = pack(isLast ? chunks : chunks.slice(0, attempt.lives), attempt.batches, {
        turn,
        attempt: at + 1,
      });
      batches = deliver(batches, own, attempt);
      if (!isLast) continue;
      counted.push(...said);
      openAfter = opened;
    }
    open = openAfter;
    return [
      decision('working', turn, 0),
      ...batches.map((batch): Recorded => ({ kind: 'batch', batch })),
      decision(turn === plans.length ? 'completed' : 'input-required', turn, plan.attempts.length),
    ];
  });
  return { turns, counted };
}

function decision(
  state: 'working' | 'input-required' | 'completed',
  turn: number,
  attempt: number,
): Recorded {
  return { kind: 'decision', decision: { v: FORMAT, state, at: 0, turn, attempt, read: 0 } };
}

function pack(
  emissions: readonly Emission[],
  sizes: readonly number[],
  from: Pick<Batch, 'turn' | 'attempt'>,
): readonly Batch[] {
  const batches: Batch[] = [];
  for (let at = 0, n = 0; at < emissions.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    batches.push({ v: FORMAT, ...from, n, emissions: emissions.slice(at, at + size) });
    at += size;
  }
  return batches;
}

/**
 * Records an attempt's batches before the last ones of older attempts (`delay`), its own last ones
 * between them (`late`), and one of them twice. A real history knows no order but this: each
 * attempt's batches are in theirs.
 */
function deliver(before: readonly Batch[], own: readonly Batch[], plan: AttemptPlan): Batch[] {
  const all = [...before];
  let at = Math.max(all.length - plan.delay, 0);
  for (const batch of own) {
    all.splice(at, 0, batch);
    const steps = batch.n >= own.length - plan.late ? 2 : 1;
    at = Math.min(at + steps, all.length);
  }
  return repeated(all, own, plan);
}

function repeated(all: readonly Batch[], own: readonly Batch[], plan: AttemptPlan): Batch[] {
  const again = own[plan.twice];
  if (again === undefined) return [...all];
  const at = all.indexOf(again) + 1 + plan.delay;
  return [...all.slice(0, at), again, ...all.slice(at)];
}

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
function intended(said: readonly Emission[]): Contents {
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

function tellingOfScript(said: readonly Emission[]): Telling {
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
