// Skills that say what time it is while they stream, so that whoever reads can tell how late it is.

import { setTimeout as delay } from 'node:timers/promises';
import { optionsOf, skill } from './index.mjs';

/** By the clock and not by pauses, which add up; never past the time in which it should be over. */
const untilDue = (dueAt, signal) => delay(Math.max(0, dueAt - Date.now()), undefined, { signal });

export default [
  /** One artifact of `count` chunks of `bytes`, one each `everyMs`; each tells when it was said. */
  skill('clocked-text', async (ctx) => {
    const { count, bytes, everyMs } = optionsOf(ctx);
    const from = Date.now();
    const page = ctx.artifact({ name: 'page' });
    for (let n = 0; n < count; n += 1) {
      await untilDue(from + n * everyMs, ctx.signal);
      await page.append(`said ${Date.now()} `.padEnd(bytes - 1, 'x') + '\n');
    }
    await page.finalize();
    return { state: 'completed' };
  }),

  /** `count` progress texts, one each `everyMs` from the epoch milliseconds `startAt` on. */
  skill('clocked-progress', async (ctx) => {
    const { count, everyMs, startAt } = optionsOf(ctx);
    for (let n = 0; n < count; n += 1) {
      await untilDue(startAt + n * everyMs, ctx.signal);
      await ctx.progress(`said ${Date.now()}`);
    }
    return { state: 'completed' };
  }),
];
