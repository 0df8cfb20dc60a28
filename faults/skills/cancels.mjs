// Skills for the row about cancels: one for each phase in which a cancel may come.

import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { optionsOf, skill } from './index.mjs';

const FOR_EVER_MS = 3_600_000;

export default [
  /** Is at work until it is canceled. */
  skill('works', async (ctx) => {
    const { ledger } = optionsOf(ctx);
    if (ledger !== undefined) appendFileSync(ledger, `${ctx.taskId}\n`);
    await ctx.progress('at work');
    await delay(FOR_EVER_MS, undefined, { signal: ctx.signal });
    return { state: 'completed' };
  }),

  skill('works-in-a-step', async (ctx) => {
    await ctx.progress('at work');
    await ctx.step('work', ({ signal }) => delay(FOR_EVER_MS, null, { signal }));
    return { state: 'completed' };
  }),

  /** Does not look at its signal. */
  skill('works-on', async (ctx) => {
    await ctx.progress('at work');
    await delay(FOR_EVER_MS);
    return { state: 'completed' };
  }),

  skill('asks', async (ctx) => {
    await ctx.ask('at work?');
    return { state: 'completed' };
  }),

  /** Completes at the time `endsAt`, in epoch milliseconds. */
  skill('ends-at', async (ctx) => {
    await ctx.progress('at work');
    const leftMs = Math.max(0, optionsOf(ctx).endsAt - Date.now());
    await delay(leftMs, undefined, { signal: ctx.signal });
    return { state: 'completed' };
  }),
];
