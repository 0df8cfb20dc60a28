// Calls that no type would let through: each ends the task at once, with a text that says what the call takes.

import { z } from 'zod';
import type { SkillContext } from '../../src/activities/skill';
import { endOf } from './journal/tested';

type Untyped = Record<keyof SkillContext, (...args: unknown[]) => Promise<unknown>>;

/** The context as a skill in JavaScript sees it. */
const untyped = (ctx: SkillContext): Untyped => ctx as unknown as Untyped;

async function* yields(...items: unknown[]) {
  yield* items;
}

test.each<[string, (ctx: Untyped, real: SkillContext) => unknown, RegExp]>([
  ['a step without a function', (ctx) => ctx.step('x'), /^ctx\.step\("x"\):.*must be a function/s],
  ['a step without a name', (ctx) => ctx.step(() => 1), /^ctx\.step\(.*expected string/s],
  [
    'a step with an unknown option',
    (ctx) => ctx.step('x', () => 1, { timeout: 5 }),
    /^ctx\.step\("x"\):\n.*"timeout".*the options of a step are retry, timeoutMs, schema/s,
  ],
  ['a step with a number for options', (ctx) => ctx.step('x', () => 1, 5), /options are an object/],
  [
    'a step with a schema that is none',
    (ctx) => ctx.step('x', () => 1, { schema: { type: 'number' } }),
    /^ctx\.step\("x"\): a schema is anything with a function "parse"/,
  ],
  [
    'a sleep in words',
    (ctx) => ctx.sleep('1d'),
    /^ctx\.sleep takes milliseconds or a Date.* not 1d$/,
  ],
  ['a sleep of nothing', (ctx) => ctx.sleep(), /^ctx\.sleep takes milliseconds or a Date/],
  [
    'an artifact of nothing',
    async (ctx) => ctx.artifact(),
    /^ctx\.artifact takes .* given nothing/,
  ],
  [
    'an artifact that is a text',
    async (ctx) => ctx.artifact('a.txt'),
    /^ctx\.artifact takes .*"a\.txt"/,
  ],
  ['nothing to save', (ctx) => ctx.saveArtifact(), /^ctx\.saveArtifact takes/],
  ['nothing to send', (ctx) => ctx.sendPartialArtifact(), /^ctx\.sendPartialArtifact takes/],
  [
    'a text to pipe',
    (_, ctx) => ctx.artifact({}).pipe('hello' as never),
    /^stream\.pipe takes an async iterable/,
  ],
  [
    'a list to pipe',
    (_, ctx) => ctx.artifact({}).pipe(['a'] as never),
    /^stream\.pipe takes an async/,
  ],
  [
    'a source of numbers',
    (_, ctx) => ctx.artifact({}).pipe(yields('a', 5) as never),
    /^a chunk is a string or a part/,
  ],
])('%s', async (_name, call, why) => {
  const told = await endOf(async (ctx) => call(untyped(ctx), ctx));
  expect(told).toMatchObject({ state: 'failed', runs: 1 });
  expect(told.message).toMatch(why);
});

describe('an error of a schema library', () => {
  const parse = (): unknown => z.object({ rows: z.array(z.number()) }).parse({ rows: [1, 'a'] });
  const PRETTY = '✖ Invalid input: expected number, received string\n  → at rows[1]';

  test.each<[string, (ctx: SkillContext) => unknown]>([
    ['in the skill', parse],
    ['in a step', (ctx) => ctx.step('read', parse)],
    [
      'of another copy of the library, whose class is gone',
      () => {
        const { message } = z.number().array().safeParse(['a']).error!;
        throw Object.assign(new Error(message.replace('0', '"rows", 1')), { name: 'ZodError' });
      },
    ],
  ])('%s is told as people read it', async (_name, give) => {
    const told = await endOf(async (ctx) => give(ctx), { limits: { maximumAttempts: 1 } });
    expect(told).toMatchObject({ state: 'failed', message: PRETTY });
  });

  test('that a step throws has the same text in every run', async () => {
    const told = await endOf(async (ctx) => {
      const text = await ctx.step('read', parse).catch((err: unknown) => {
        const { name, message } = err as Error;
        return `${name} ${message}`;
      });
      await ctx.sleep(60_000);
      return text;
    });
    expect(told).toMatchObject({ message: `ZodError ${PRETTY}`, runs: 2 });
  });
});
