// Skills for the row about what cannot be converted: each says or returns something of `what`.

import { optionsOf, skill } from './index.mjs';

const circle = () => {
  const within = {};
  within.self = within;
  return within;
};

/** Deeper than `JSON.stringify` goes. */
const deep = () => {
  let value = 1;
  for (let i = 0; i < 100_000; i += 1) value = [value];
  return value;
};

const VALUES = {
  'a BigInt': () => 10n,
  'a function': () => () => 1,
  'a symbol': () => Symbol('x'),
  'a circle': circle,
  'a hundred thousand levels': deep,
  'not a number': () => ({ value: Number.NaN, more: -Infinity }),
  'a getter that throws': () => ({
    get value() {
      throw new Error('never to be read');
    },
  }),
  'a toJSON that throws': () => ({
    toJSON() {
      throw new Error('no JSON of me');
    },
  }),
  'a Map': () => new Map([[{}, 1]]),
  'half a character': () => '\ud800 and \udc00',
  __proto__: () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1}}'),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

const WAYS = {
  progress: (ctx, value) => ctx.progress(value),
  artifact: (ctx, data) => ctx.saveArtifact({ name: 'x', parts: [{ data }] }),
  metadata: (ctx, value) =>
    ctx.saveArtifact({ name: 'x', parts: [{ text: 'x' }], metadata: { value } }),
  chunk: async (ctx, value) => {
    const page = ctx.artifact({ name: 'x' });
    await page.append(value);
    await page.finalize();
  },
  step: (ctx, value) => ctx.step('value', () => value),
  question: (ctx, data) => ctx.ask({ parts: [{ data }] }),
  message: (_ctx, data) => ({ state: 'completed', message: { parts: [{ data }] } }),
  result: (_ctx, value) => value,
  state: (_ctx, state) => ({ state }),
};

export default [
  skill('says', async (ctx) => {
    const { how, what } = optionsOf(ctx);
    const result = await WAYS[how](ctx, VALUES[what]());
    return how === 'message' || how === 'result' || how === 'state'
      ? result
      : { state: 'completed' };
  }),

  /** Says all that it was told: text, data and metadata come back. */
  skill('mirrors', async (ctx) => {
    const parts = ctx.message.parts;
    await ctx.progress({ parts });
    await ctx.step('mirror', () => JSON.parse(JSON.stringify(ctx.message)));
    await ctx.saveArtifact({ name: 'mirror', parts });
    return { state: 'completed', message: { parts } };
  }),
];
