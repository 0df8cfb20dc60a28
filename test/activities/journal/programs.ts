// Random skills: steps, branches, questions, sleeps and artifacts in any order, and places for a worker to die.

import fc from 'fast-check';
import {
  completed,
  type ArtifactStream,
  type Skill,
  type SkillContext,
} from '../../../src/activities/skill';

type Act =
  | { readonly act: 'progress'; readonly text: string }
  | { readonly act: 'append'; readonly text: string }
  | { readonly act: 'save'; readonly text: string }
  | { readonly act: 'step'; readonly inside: readonly Act[] }
  | { readonly act: 'fails'; readonly inside: readonly Act[] }
  | { readonly act: 'ask' | 'sleep' | 'uuid' | 'pause' }
  | { readonly act: 'branches'; readonly branches: readonly (readonly Act[])[] };

export type Program = readonly Act[];

const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '🚀'), minLength: 1, maxLength: 4 });

const saying: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant('progress' as const), text: anyText }),
  fc.record({ act: fc.constant('append' as const), text: anyText }),
  fc.record({ act: fc.constant('append' as const), text: anyText }),
  fc.record({ act: fc.constant('save' as const), text: anyText }),
);
const inside = fc.array(saying, { maxLength: 3 });
const pausing: fc.Arbitrary<Act> = fc.constant({ act: 'pause' });
const doing: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('step' as const), inside }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('fails' as const), inside }) },
  { weight: 1, arbitrary: fc.constant<Act>({ act: 'uuid' }) },
);
const waiting: fc.Arbitrary<Act> = fc.constant({ act: 'ask' });

const serialAct = fc.oneof(
  { weight: 4, arbitrary: saying },
  { weight: 3, arbitrary: doing },
  { weight: 1, arbitrary: waiting },
);
export const serialProgram: fc.Arbitrary<Program> = fc.array(serialAct, { maxLength: 12 });

/** Branches say nothing but artifacts of their own: what order they take turns in nobody promises. */
const quiet = fc.oneof(
  saying.filter(({ act }) => act !== 'progress'),
  fc.record({ act: fc.constant('step' as const), inside: inside.map(withoutProgress) }),
  fc.record({ act: fc.constant('fails' as const), inside: inside.map(withoutProgress) }),
  pausing,
);
const branches = fc.record({
  act: fc.constant('branches' as const),
  branches: fc.array(fc.array(quiet, { maxLength: 5 }), { minLength: 2, maxLength: 3 }),
});
export const branchingProgram: fc.Arbitrary<Program> = fc.array(
  fc.oneof({ weight: 3, arbitrary: serialAct }, { weight: 2, arbitrary: branches }),
  { maxLength: 6 },
);

function withoutProgress(acts: readonly Act[]): readonly Act[] {
  return acts.filter(({ act }) => act !== 'progress');
}

/** Every question of it has an answer among so many. */
export const ANSWERS = Array.from({ length: 12 }, (_, i) => `answer ${String(i)}`);

/** Ends with all that it has learnt, so that a lost or exchanged result shows. */
export function skillOf(program: Program, pause: () => Promise<void>): Skill {
  return {
    id: 'random',
    name: 'random',
    description: 'a random skill',
    tags: ['test'],
    async run(ctx) {
      const learnt: string[] = [];
      await new Performer(ctx, learnt, pause).perform(program, 'main');
      return completed(learnt.join(' '));
    },
  };
}

class Performer {
  private readonly ctx: SkillContext;
  private readonly learnt: string[];
  private readonly pause: () => Promise<void>;
  private readonly pages = new Map<string, ArtifactStream>();

  constructor(ctx: SkillContext, learnt: string[], pause: () => Promise<void>) {
    this.ctx = ctx;
    this.learnt = learnt;
    this.pause = pause;
  }

  async perform(acts: readonly Act[], branch: string): Promise<void> {
    for (const [index, act] of acts.entries())
      await this.act(act, `${branch}.${String(index)}`, branch);
  }

  private async act(act: Act, place: string, branch: string): Promise<void> {
    const { ctx } = this;
    switch (act.act) {
      case 'progress':
        return ctx.progress(`${place} ${act.text}`);
      case 'append':
        return this.page(branch).append(act.text);
      case 'save':
        await ctx.saveArtifact({ artifactId: `saved-${branch}`, parts: [{ text: act.text }] });
        return;
      case 'pause':
        return this.pause();
      case 'ask': {
        const { parts } = await ctx.ask(`${place}?`);
        this.learnt.push(JSON.stringify(parts));
        return;
      }
      case 'sleep':
        return ctx.sleep(3_600_000);
      case 'uuid':
        await ctx.uuid();
        return;
      case 'step':
        this.learnt.push(
          await ctx.step(place, async () => {
            await this.perform(act.inside, branch);
            return `did ${place}`;
          }),
        );
        return;
      case 'fails':
        await ctx
          .step(place, async () => {
            await this.perform(act.inside, branch);
            throw new Error(`failed ${place}`);
          })
          .catch((err: unknown) => this.learnt.push(String(err)));
        return;
      case 'branches':
        await Promise.all(
          act.branches.map((acts, i) => this.perform(acts, `${place}.${String(i)}`)),
        );
    }
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
