// Skills that stream more than one run of a workflow may hold.

import { optionsOf, skill } from './index.mjs';

const line = (n, width) => `line ${n} `.padEnd(width - 1, '.') + '\n';

export default [
  /** One artifact of `count` numbered chunks of `width` characters, as fast as they are taken. */
  skill('many-chunks', async (ctx) => {
    const { count, width } = optionsOf(ctx);
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= count; n += 1) await page.append(line(n, width));
    await page.finalize();
    return { state: 'completed' };
  }),

  /** The same with a step behind each chunk, which is recorded before the next: a batch for each. */
  skill('many-batches', async (ctx) => {
    const { count, width } = optionsOf(ctx);
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= count; n += 1) {
      await page.append(line(n, width));
      await ctx.step('recorded', () => null);
    }
    await page.finalize();
    return { state: 'completed' };
  }),
];
