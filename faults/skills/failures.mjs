// Skills for the row about skills that go wrong. Each writes its task's id into its `ledger` as an attempt begins.

import { appendFileSync } from 'node:fs';
import { optionsOf } from './index.mjs';

const skill = (id, run, limits) => ({
  id,
  name: id,
  description: `fault suite: ${id}`,
  tags: ['faults'],
  limits,
  async run(ctx) {
    appendFileSync(optionsOf(ctx).ledger, `${ctx.taskId}\n`);
    await ctx.progress('begun');
    return run(ctx);
  },
});

const never = new Promise(() => undefined);

/** What a skill can throw besides an error. */
const STRANGE = {
  nothing: () => undefined,
  'a text': () => 'only a text',
  'a symbol': () => Symbol('strange'),
  'no prototype': () => Object.create(null),
  'a toString that throws': () => ({
    toString() {
      throw new Error('not even this');
    },
  }),
  'a message that throws': () =>
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('not even this');
      },
    }),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

export default [
  skill(
    'throws',
    () => {
      throw new Error('broken');
    },
    { maximumAttempts: 3 },
  ),

  skill(
    'throws-late',
    async (ctx) => {
      await ctx.step('first', () => 1);
      if (ctx.attempt < 3) throw Object.assign(new Error('broken'), { retryable: true });
      return { state: 'completed' };
    },
    { maximumAttempts: 3 },
  ),

  skill(
    'gives-up',
    () => {
      throw Object.assign(new TypeError('broken for good'), { retryable: false });
    },
    { maximumAttempts: 3 },
  ),

  skill(
    'throws-strangely',
    (ctx) => {
      throw STRANGE[optionsOf(ctx).how]();
    },
    { maximumAttempts: 2 },
  ),

  skill(
    'throws-strangely-in-a-step',
    (ctx) =>
      ctx.step('strange', () => {
        throw STRANGE[optionsOf(ctx).how]();
      }),
    { maximumAttempts: 2 },
  ),

  skill(
    'throws-strangely-in-a-thread',
    (ctx) => {
      throw STRANGE[optionsOf(ctx).how]();
    },
    { maximumAttempts: 2, thread: true },
  ),

  /** Says nothing more, and does not look at its signal. */
  skill('hangs', () => never, { timeoutMs: 1_000, maximumAttempts: 3 }),

  skill('hangs-in-a-step', (ctx) => ctx.step('hang', () => never), {
    timeoutMs: 1_000,
    maximumAttempts: 3,
  }),

  /** Never gives its thread back. One at a time, so that it is not the machine that is tested. */
  skill(
    'loops',
    () => {
      for (;;);
    },
    { timeoutMs: 3_000, maximumAttempts: 3, thread: true, concurrency: 1 },
  ),

  skill('ignores-cancel', () => never, { maximumAttempts: 3 }),
];
