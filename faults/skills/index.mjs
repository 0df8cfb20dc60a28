// The skills of the fault suite, loaded as a user's own would be.

import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export const skill = (id, run, more = {}) => ({
  id,
  name: id,
  description: `fault suite: ${id}`,
  tags: ['faults'],
  ...more,
  run,
});

/** Options come as the data part of the message. */
export const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

export default [
  /** `events` progress texts, one each `everyMs`, then an effect in `ledger`, made once as a step. */
  skill('steps', async (ctx) => {
    const { events, everyMs, ledger } = optionsOf(ctx);
    for (let i = 1; i <= events; i += 1) {
      await ctx.progress(`step ${i}`);
      await delay(everyMs, undefined, { signal: ctx.signal });
    }
    if (ledger !== undefined) {
      await ctx.step('effect', ({ key }) => appendFileSync(ledger, `${key}\n`));
    }
    return { state: 'completed' };
  }),

  /** The same with a step before each text: an attempt that takes over says nothing again. */
  skill('journaled', async (ctx) => {
    const { events, everyMs, ledger } = optionsOf(ctx);
    for (let i = 1; i <= events; i += 1) {
      await ctx.step('work', () => delay(everyMs, null, { signal: ctx.signal }));
      await ctx.progress(`step ${i}`);
    }
    if (ledger !== undefined) {
      await ctx.step('effect', ({ key }) => appendFileSync(ledger, `${key}\n`));
    }
    return { state: 'completed' };
  }),
];
