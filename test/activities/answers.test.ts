// What a question with a schema makes of an answer, and what the caller is told when it makes nothing.

import { z } from 'zod';
import { completed, type Schema } from '../../src/activities/skill';
import { testSkill, type Said, type TestedSkill } from '../../src/testing/test-skill';
import { skillThat } from './journal/tested';

const asking = (schema: unknown, answers: readonly Said[]): Promise<TestedSkill> =>
  testSkill(
    skillThat(async (ctx) => {
      const value = await ctx.ask('how many?', schema as Schema<unknown>);
      return completed(JSON.stringify(value));
    }),
    'go',
    { answers },
  );

const person = z.object({ name: z.string(), age: z.number() });

describe('an answer is read', () => {
  test.each<[string, z.ZodType, Said, string]>([
    ['as the text that it is', z.string(), '12', '"12"'],
    ['as a number that the text says', z.number(), '12', '12'],
    ['as a truth that the text says', z.boolean(), 'true', 'true'],
    ['as a list that the text says', z.array(z.number()), '[1, 2]', '[1,2]'],
    ['as an object', person, '{"name":"Ada","age":36}', '{"name":"Ada","age":36}'],
    ['as a text of JSON where both fit', z.union([person, z.string()]), '"a"', '"\\"a\\""'],
    ['as its data part', z.number(), [{ text: '1' }, { data: 2 }], '2'],
    ['by a refinement that waits', z.string().refine(async (v) => v === 'ok'), 'ok', '"ok"'],
  ])('%s', async (_name, schema, answer, value) => {
    expect(await asking(schema, [answer])).toMatchObject({ state: 'completed', message: value });
  });

  test('by a `parse` that returns a promise', async () => {
    const schema = { parse: async (text: unknown) => Number(text) };
    expect((await asking(schema, ['7'])).message).toBe('7');
  });
});

describe('an answer that does not fit is asked for again', () => {
  const thrown = (error: unknown): Schema<never> => ({
    parse: () => {
      throw error;
    },
  });
  test.each<[string, unknown, Said, string]>([
    ['with the text of an error', thrown(new Error('not a number')), 'x', 'not a number'],
    ['with the text of any error', thrown(new TypeError('Invalid URL')), 'x', 'Invalid URL'],
    [
      'with what a promise rejects with',
      { parse: () => Promise.reject(new Error('no')) },
      'x',
      'no',
    ],
    [
      'with what is wrong in the JSON of a text',
      person,
      '{"name":"Ada"}',
      '✖ Invalid input: expected number, received undefined\n  → at age',
    ],
    [
      'with what is wrong about the number',
      z.number().min(9),
      '5',
      '✖ Too small: expected number to be >=9',
    ],
    [
      'with what is wrong about the text',
      z.string().min(3),
      '12',
      '✖ Too small: expected string to have >=3 characters',
    ],
    ['with a refinement that waits', z.string().refine(async () => false, 'taken'), 'x', '✖ taken'],
  ])('%s', async (_name, schema, answer, reason) => {
    expect(await asking(schema, [answer])).toMatchObject({
      state: 'input-required',
      message: `That does not fit: ${reason}how many?`,
    });
  });
});

describe("a mistake of the author's is not put on the caller", () => {
  test.each<[string, unknown, RegExp]>([
    [
      'a list',
      ['yes', 'no'],
      /ctx\.ask\(prompt, schema\): a schema is anything with a function "parse"/,
    ],
    ['options', { timeoutMs: 5 }, /a schema is anything with a function "parse"/],
    ['null', null, /a schema is anything with a function "parse"/],
    ['a text', 'yes', /a schema is anything with a function "parse"/],
  ])('%s for a schema ends the task before it asks', async (_name, schema, why) => {
    const told = await asking(schema, []);
    expect(told).toMatchObject({ state: 'failed', runs: 1 });
    expect(told.message).toMatch(why);
  });

  test.each([
    ['is final', Object.assign(new Error('no more'), { retryable: false })],
    ['is of the code of the schema', new ReferenceError('nmber is not defined')],
  ])('an error that %s ends the task', async (_name, error) => {
    const schema = {
      parse: () => {
        throw error;
      },
    };
    expect(await asking(schema, ['x'])).toMatchObject({ state: 'failed', message: error.message });
  });
});
