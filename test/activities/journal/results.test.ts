// What a step returns, and what of it a later run gets: the same.

import { z } from 'zod';
import { completed } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { JOURNAL_RESULT_BYTES } from '../../../src/workflows/limits';
import { endOf, givenTwice, skillThat } from './tested';

const big = { rows: Array.from({ length: 1_000 }, (_, row) => ({ row, name: `Zeile ${row} 🚀` })) };

describe('a result', () => {
  test.each([
    ['undefined', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a text with every kind of character', 'a\u0000\n"\\ü漢🚀\ud800'],
    ['zero', 0],
    ['a number with a fraction', 0.1],
    ['false', false],
    ['an object in an object', { a: [1, { b: null }], 'a b': '' }],
    ['an empty list', []],
    ['more than a journal holds', big],
    ['a text of more bytes than characters', '漢'.repeat(JOURNAL_RESULT_BYTES / 2)],
  ])('comes back as it was: %s', async (_name, value) => {
    expect(await givenTwice((ctx) => ctx.step('a', () => value))).toEqual([value, value]);
  });

  test.each([
    ['leaves out what is undefined', { a: undefined, b: 1 }, { b: 1 }],
    ['has null for a gap in a list', [undefined, 1], [null, 1]],
    [
      'is what an object says that it is',
      { at: new URL('http://a.test/') },
      { at: 'http://a.test/' },
    ],
    [
      'has the fields of an instance',
      new (class {
        a = 1;
      })(),
      { a: 1 },
    ],
  ])('%s, in the first run too', async (_name, value, given) => {
    expect(await givenTwice((ctx) => ctx.step('a', () => value as unknown))).toEqual([
      given,
      given,
    ]);
  });

  test.each([
    ['bytes', new Uint8Array([0, 255, 128])],
    ['bytes within others', new Uint8Array([9, 1, 2, 9]).subarray(1, 3)],
    ['no bytes', new Uint8Array()],
    ['a Buffer', Buffer.from([1, 2, 3])],
    ['many bytes', new Uint8Array(100_000).fill(7)],
  ])('comes back as a Buffer, in the first run too: %s', async (_name, value) => {
    const got = (await givenTwice((ctx) => ctx.step('a', () => value))) as Buffer[];
    expect(got.map((bytes) => Buffer.isBuffer(bytes))).toEqual([true, true]);
    expect(got.map((bytes) => [...bytes])).toEqual([[...value], [...value]]);
  });

  test("is nobody else's: what a run does to it is not in the next one", async () => {
    const made = { list: [1] };
    const got = await givenTwice(async (ctx) => {
      const given = await ctx.step('a', () => made);
      made.list.push(2);
      const seen = JSON.stringify(given);
      given.list.push(3);
      return seen;
    });
    expect(got).toEqual(['{"list":[1]}', '{"list":[1]}']);
  });
});

describe('what JSON would make something else of is refused, and says where it is', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const twice = { a: [1] };
  test.each<[string, unknown, RegExp]>([
    ['a bigint', { deep: { n: 1n } }, /there is a bigint at deep\.n$/],
    ['a Map', new Map(), /there is a Map/],
    ['a Set', { ids: new Set() }, /there is a Set at ids$/],
    ['a function', { run: () => 1 }, /there is a function at run$/],
    ['a function alone', () => 1, /there is a function/],
    ['a symbol', [Symbol('x')], /there is a symbol at \[0\]$/],
    ['NaN', { rows: [{}, { mean: Number.NaN }] }, /the number NaN at rows\[1\]\.mean$/],
    ['Infinity', Number.POSITIVE_INFINITY, /there is the number Infinity/],
    ['a Date', { at: new Date(0) }, /a Date, which comes back as a string.* at at$/],
    ['a promise', { body: Promise.resolve(1) }, /promise that was not awaited at body$/],
    ['a pattern', /x/, /there is a RegExp/],
    ['an error', [new Error('x')], /there is an Error at \[0\]$/],
    [
      'bytes in an object',
      { a: { 'b c': new Uint8Array(1) } },
      /buffer inside an object at a\["b c"\]$/,
    ],
    ['an ArrayBuffer', new ArrayBuffer(1), /buffer inside an object/],
    ['a circle', { list: [1, circle] }, /there is an object that it lies in at list\[1\]\.self$/],
    [
      'what is behind an object with a toJSON',
      { n: { toJSON: () => [{ m: 1n }] } },
      /a bigint at n\[0\]\.m$/,
    ],
    ['what is behind an object that was there before', [twice, twice, 1n], /a bigint at \[2\]$/],
  ])('%s', async (_name, value, why) => {
    const told = await endOf((ctx) => ctx.step('rows', () => value));
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(/^step "rows": what it returned cannot be journaled: /);
    expect(told.message).toMatch(why);
    // It would be the same in every attempt.
    expect(told.runs).toBe(1);
  });
});

describe('a schema', () => {
  test('reads the result in the first run and in later ones', async () => {
    const at = new Date(86_400_000);
    const schema = z.object({ at: z.coerce.date() });
    const got = await givenTwice((ctx) => ctx.step('a', () => ({ at }), { schema }));
    expect(got).toEqual([{ at }, { at }]);
    expect(got.map((given) => (given as { at: unknown }).at)).toEqual([at, at]);
  });

  test('may be anything with `parse`', async () => {
    const schema = { parse: (value: unknown) => BigInt(value as string) };
    const got = await givenTwice((ctx) => ctx.step('a', () => String(7) as never, { schema }));
    expect(got).toEqual([7n, 7n]);
  });

  test('reads the same text wherever it runs, so that no step reads what it did not record', async () => {
    const seen: unknown[] = [];
    const schema = { parse: (value: unknown) => seen.push(value) };
    await givenTwice((ctx) => ctx.step('a', () => new Date(0) as never, { schema }));
    expect(seen).toEqual(['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z']);
  });

  test('that a fresh result does not fit is an error of the step, which may be tried again', async () => {
    const told = await endOf((ctx) =>
      ctx.step('count', () => 'three', {
        schema: z.number(),
        retry: { maximumAttempts: 1 },
      }),
    );
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(
      /result of step "count" does not fit its schema: .*expected number/s,
    );
    expect(told.runs).toBe(5);
  });

  test('that a journaled result no longer fits ends the task, names the step, and runs nothing', async () => {
    let deploys = 0;
    const told = await testSkill(
      skillThat(async (ctx) => {
        deploys += 1;
        const schema = deploys === 1 ? z.number() : z.object({ count: z.number() });
        await ctx.step<unknown>('count', () => 3, { schema });
        await ctx.progress('counted');
        return completed();
      }),
      'go',
      { crashAt: 3 },
    );
    expect(told.state).toBe('failed');
    expect(told.message).toMatch(/"count" next, and the skill reads its result by another schema/);
    expect(told.stepRuns).toEqual({ count: 1 });
  });
});

test('a result that is not awaited where it is used is still recorded before the task ends', async () => {
  const told = await testSkill(
    skillThat(async (ctx) => {
      const later = ctx.step('a', () => 'done');
      await ctx.progress('meanwhile');
      return completed(await later);
    }),
    'go',
  );
  expect(told.message).toBe('done');
});
