// Random skills: steps, branches, races, questions, sleeps and artifacts in any order.

import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import {
  completed,
  type ArtifactStream,
  type Skill,
  type SkillContext,
} from '../../../src/activities/skill';
import { skillThat } from './tested';

type Act =
  | { readonly act: 'progress'; readonly text: string }
  | { readonly act: 'append'; readonly text: string }
  | { readonly act: 'save'; readonly text: string }
  | { readonly act: 'step'; readonly inside: readonly Act[] }
  | { readonly act: 'fails'; readonly inside: readonly Act[] }
  | { readonly act: 'ask' | 'sleep' | 'uuid' | 'pause' }
  | { readonly act: 'race'; readonly turns: readonly number[] }
  | { readonly act: 'branches'; readonly branches: readonly (readonly Act[])[] };

export type Program = readonly Act[];

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '🚀'), minLength: 1, maxLength: 4 });

const act = <Name extends Act['act']>(name: Name): { act: fc.Arbitrary<Name> } => ({
  act: fc.constant(name),
});

const growing: fc.Arbitrary<Act> = fc.oneof(fc.record({ ...act('progress'), text: anyText }), {
  weight: 2,
  arbitrary: fc.record({ ...act('append'), text: anyText }),
});
const saying = fc.oneof(
  { weight: 3, arbitrary: growing },
  { weight: 1, arbitrary: fc.record({ ...act('save'), text: anyText }) },
);
const pausing: fc.Arbitrary<Act> = fc.record(act('pause'));

/** @param says what is said in steps. */
function doing(says: fc.Arbitrary<Act>): fc.Arbitrary<Act> {
  const inside = fc.array(says, { maxLength: 3 });
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ ...act('step'), inside }) },
    { weight: 1, arbitrary: fc.record({ ...act('fails'), inside }) },
    { weight: 1, arbitrary: fc.record(act('uuid')) },
  );
}
const racing = fc.record({
  ...act('race'),
  turns: fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }),
});
const asking: fc.Arbitrary<Act> = fc.record(act('ask'));
const sleeping: fc.Arbitrary<Act> = fc.record(act('sleep'));

const serialAct = fc.oneof(
  { weight: 12, arbitrary: saying },
  { weight: 9, arbitrary: doing(saying) },
  { weight: 2, arbitrary: racing },
  { weight: 3, arbitrary: asking },
  { weight: 1, arbitrary: sleeping },
);
export const serialProgram: fc.Arbitrary<Program> = fc.array(serialAct, { maxLength: 20 });

/** Nothing of what it says takes the place of what it said. */
export const growingProgram: fc.Arbitrary<Program> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: growing },
    { weight: 4, arbitrary: doing(growing) },
    { weight: 1, arbitrary: asking },
    { weight: 1, arbitrary: sleeping },
  ),
  { maxLength: 16 },
);

/** Branches say nothing but artifacts of their own: what order they take turns in nobody promises. */
const quiet = fc.oneof(
  { weight: 2, arbitrary: saying.map(toAppend) },
  { weight: 2, arbitrary: doing(saying.map(toAppend)) },
  { weight: 1, arbitrary: pausing },
);
const branches = fc.record({
  ...act('branches'),
  branches: fc.array(fc.array(quiet, { maxLength: 6 }), { minLength: 2, maxLength: 4 }),
});
export const branchingProgram: fc.Arbitrary<Program> = fc.array(
  fc.oneof({ weight: 3, arbitrary: serialAct }, { weight: 2, arbitrary: branches }),
  { maxLength: 8 },
);

function toAppend(said: Act): Act {
  return said.act === 'progress' ? { act: 'append', text: said.text } : said;
}

/** Every question of it has an answer among so many. */
export const ANSWERS = Array.from({ length: 20 }, (_, i) => `answer ${String(i)}`);

export interface Manner {
  /** Turns that a branch waits at a pause. Default: none. */
  pauses?(): number;
  /** What a run puts before each of its words. Default: nothing, so that each run says the same. */
  readonly accents?: readonly string[];
}

/** Ends with all that it has learnt, so that a lost or exchanged result shows. */
export function skillOf(
  program: Program,
  { pauses = () => 0, accents = [''] }: Manner = {},
): Skill {
  let runs = 0;
  const pause = async (turns = pauses()): Promise<void> => {
    for (let i = turns; i > 0; i -= 1) await setImmediate();
  };
  return skillThat(async (ctx) => {
    const accent = accents[runs % accents.length] ?? '';
    runs += 1;
    const learnt: string[] = [];
    await new Performer(ctx, { learnt, pause, accent }).perform(program, 'main');
    return completed(learnt.join(' '));
  });
}

/** The words of a text, without accents, in their order. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/<[^>]*>/g) ?? [];
}

interface Run {
  readonly learnt: string[];
  readonly accent: string;
  pause(turns?: number): Promise<void>;
}

class Performer {
  private readonly ctx: SkillContext;
  private readonly run: Run;
  private readonly pages = new Map<string, ArtifactStream>();

  constructor(ctx: SkillContext, run: Run) {
    this.ctx = ctx;
    this.run = run;
  }

  async perform(acts: readonly Act[], branch: string, at = branch): Promise<void> {
    for (const [index, act] of acts.entries())
      await this.act(act, `${at}.${String(index)}`, branch);
  }

  private async act(act: Act, place: string, branch: string): Promise<void> {
    const { ctx, run } = this;
    switch (act.act) {
      case 'progress':
        return ctx.progress(`${run.accent}<${place} ${act.text}>`);
      case 'append':
        return this.page(branch).append(`${run.accent}<${place} ${act.text}>`);
      case 'save':
        await ctx.saveArtifact({ artifactId: `saved-${branch}`, parts: [{ text: act.text }] });
        return;
      case 'pause':
        return run.pause();
      case 'ask':
        run.learnt.push(JSON.stringify((await ctx.ask(`${place}?`)).parts));
        return;
      case 'sleep':
        return ctx.sleep(3_600_000);
      case 'uuid':
        await ctx.uuid();
        return;
      case 'step':
        run.learnt.push(await this.step(act.inside, place, branch));
        return;
      case 'fails':
        await this.step(act.inside, place, branch, new Error(`failed ${place}`)).catch(
          (err: unknown) => run.learnt.push(String(err)),
        );
        return;
      case 'race': {
        const steps = act.turns.map((turns, i) =>
          ctx.step(`${place}.${String(i)}`, async () => {
            await run.pause(turns);
            return `won ${String(i)}`;
          }),
        );
        run.learnt.push(await Promise.race(steps));
        return;
      }
      case 'branches':
        await Promise.all(
          act.branches.map((acts, i) => this.perform(acts, `${place}.${String(i)}`)),
        );
    }
  }

  private step(
    acts: readonly Act[],
    place: string,
    branch: string,
    error?: Error,
  ): Promise<string> {
    return this.ctx.step(place, async () => {
      await this.perform(acts, branch, place);
      if (error !== undefined) throw error;
      return `did ${place}`;
    });
  }

  private page(branch: string): ArtifactStream {
    let page = this.pages.get(branch);
    if (page === undefined) {
      page = this.ctx.artifact({ artifactId: `page-${branch}` });
      this.pages.set(branch, page);
    }
    return page;
  }
}
