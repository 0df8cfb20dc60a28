// Random stories of a task: skills that say anything, attempts that die, batches that come late or twice.

import fc from 'fast-check';
import { FORMAT, type Batch, type SpokenEmission } from '../../src/workflows/emission';
import type { Recorded } from '../../src/workflows/recorded';
import type { Part } from '../../src/workflows/task';

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
function speak(script: Script, open: Set<string>): readonly SpokenEmission[] {
  return script.map((act): SpokenEmission => {
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
function rechunk(
  emissions: readonly SpokenEmission[],
  choices: readonly number[],
): readonly SpokenEmission[] {
  const choice = (index: number): number => choices[index % Math.max(choices.length, 1)] ?? 0;
  const split = emissions.flatMap((emission, index): readonly SpokenEmission[] => {
    const [part] = emission.parts;
    const at = choice(index) % 4;
    if (emission.kind !== 'artifact' || part === undefined || !('text' in part)) return [emission];
    if (at === 0 || part.text.length <= at) return [emission];
    return [
      { ...emission, parts: [{ ...part, text: part.text.slice(0, at) }], last: false },
      { ...emission, parts: [{ ...part, text: part.text.slice(at) }], append: true },
    ];
  });
  return split.reduce<readonly SpokenEmission[]>((said, b, index) => {
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

export interface TurnPlan {
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

export const turnsOf = (scripts: number): fc.Arbitrary<readonly TurnPlan[]> =>
  fc.array(anyTurn(scripts), { minLength: 1, maxLength: 3 });

/** Scripts that differ only behind a common beginning, as those of a language model do. */
export const divergingTurns = fc
  .tuple(anyScript, turnsOf(3))
  .map(([common, turns]) =>
    turns.map((turn) => ({ ...turn, scripts: turn.scripts.map((s) => [...common, ...s]) })),
  );

export interface Story {
  /** One list of records for each turn, its decisions included. */
  readonly turns: readonly (readonly Recorded[])[];
  /** What was said by the attempts that counted, in the order in which they said it. */
  readonly counted: readonly SpokenEmission[];
}

export const created: Recorded = {
  kind: 'created',
  at: 0,
  taskId: 't',
  contextId: 'c',
  skillId: 's',
  message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'go' }] },
};

export function tell(plans: readonly TurnPlan[]): Story {
  let open = new Set<string>();
  const counted: SpokenEmission[] = [];
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
  emissions: readonly SpokenEmission[],
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
