// What the types let a step return, with a schema and without: `tsc` is what tests this, in `npm run typecheck`.

import {
  completed,
  type Journalable,
  type Json,
  type SkillContext,
} from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { skillThat } from './tested';

interface Row {
  readonly id: number;
  readonly name?: string;
  readonly tags: readonly string[];
}

interface Tree {
  readonly kids: readonly Tree[];
  readonly up?: Tree;
}

/** As libraries write JSON. */
type Loose = string | number | null | undefined | Loose[] | { [key: string]: Loose };

type Part = { type: 'text'; text: string } | { type: 'file'; data: string | Uint8Array };

class Fields {
  id = 1;
}

class Methods {
  id = 1;
  next(): number {
    return this.id + 1;
  }
}

/** A function of an author's around `step`: it asks of its callers what `step` asks of it. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in `step`
async function once<T extends Allowed, Allowed = Journalable<T>>(
  ctx: SkillContext,
  make: () => Promise<T>,
): Promise<T> {
  return ctx.step<T, Allowed>('once', make);
}

async function onlyJson<T extends Json>(ctx: SkillContext, make: () => T): Promise<T> {
  return ctx.step<T, Json>('json', make);
}

/** Each is of the type that its function returns. */
async function given(ctx: SkillContext, value: { tree: Tree; loose: Loose; json: Json }) {
  await ctx.step('a', async () => undefined);
  const row = (): Row => ({ id: 1, tags: [] });
  return {
    number: (await ctx.step('a', () => 1)) satisfies number,
    row: (await ctx.step('a', async ({ key }) => ({ ...row(), name: key }))) satisfies Row,
    rows: (await ctx.step('a', (): readonly Row[] => [row()])) satisfies readonly Row[],
    pair: (await ctx.step('a', (): [Row, 1] => [row(), 1])) satisfies [Row, 1],
    maybe: (await ctx.step('a', (): Row | undefined => undefined)) satisfies Row | undefined,
    tree: (await ctx.step('a', () => value.tree)) satisfies Tree,
    loose: (await ctx.step('a', () => value.loose)) satisfies Loose,
    json: (await ctx.step('a', () => value.json)) satisfies Json,
    fields: (await ctx.step('a', () => new Fields())) satisfies { id: number },
    parts: (await ctx.step('a', (): Part[] => [])) satisfies Part[],
    bytes: (await ctx.step('a', () => new Uint8Array([1]))) satisfies Uint8Array,
    buffer: (await ctx.step('a', () => Buffer.from('a'))) satisfies Buffer,
    unknown: await ctx.step('a', (): unknown => 1),
    once: (await once(ctx, async () => row())) satisfies Row,
    onlyJson: (await onlyJson(ctx, () => ({ n: 1 }))) satisfies { n: number },
    // What a schema reads is of the schema's type, whatever the function returns.
    date: (await ctx.step('a', () => new Date(0), {
      schema: { parse: (text) => new Date(String(text)) },
    })) satisfies Date,
  };
}

/** What would come back as something else does not compile. */
async function refused(ctx: SkillContext): Promise<void> {
  // @ts-expect-error refused: a Date
  await ctx.step('a', () => new Date());
  // @ts-expect-error refused: a Date in an object
  await ctx.step('a', () => ({ at: new Date() }));
  // @ts-expect-error refused: a Date that may be missing, in a list
  await ctx.step('a', (): { at?: Date }[] => []);
  // @ts-expect-error refused: a Date or a text
  await ctx.step('a', (): Date | string => '');
  // @ts-expect-error refused: a Map
  await ctx.step('a', async () => new Map<string, number>());
  // @ts-expect-error refused: a Set
  await ctx.step('a', () => ({ ids: new Set([1]) }));
  // @ts-expect-error refused: an instance with methods
  await ctx.step('a', () => new Methods());
  // @ts-expect-error refused: a bigint
  await ctx.step('a', () => 1n);
  // @ts-expect-error refused: a function
  await ctx.step('a', () => () => 1);
  // @ts-expect-error refused: bytes in an object
  await ctx.step('a', () => ({ raw: new Uint8Array() }));
  // @ts-expect-error refused: a promise in an object
  await ctx.step('a', () => ({ body: Promise.resolve(1) }));
  // @ts-expect-error refused: what has a toJSON
  await ctx.step('a', () => new URL('http://a.test'));
  // @ts-expect-error refused: a Date, by a function of an author's
  await once(ctx, async () => new Date());
  // @ts-expect-error refused: the type of the schema is what comes
  const text: string = await ctx.step('a', () => 'a', { schema: { parse: () => 1 } });
  await ctx.progress(text);
}

test('what the types promise is what comes, in the first run and in later ones', async () => {
  const seen: unknown[] = [];
  const value = { tree: { kids: [{ kids: [] }] }, loose: [{ a: 'b' }], json: [null] };
  const told = await testSkill(
    skillThat(async (ctx) => {
      seen.push(await given(ctx, value));
      await ctx.progress('there');
      return completed();
    }),
    'go',
    { crashAt: 3 },
  );
  expect(told.state).toBe('completed');
  expect(seen).toHaveLength(2);
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]).toMatchObject({ date: new Date(0), buffer: Buffer.from('a'), fields: { id: 1 } });
});

test('what would come back as something else does not compile', () => {
  expect(refused).toBeInstanceOf(Function);
});
