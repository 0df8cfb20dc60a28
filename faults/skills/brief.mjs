// Skills whose workers count as lost after two seconds of silence instead of five.

import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import skills, { optionsOf, skill } from './index.mjs';

const limits = { heartbeatTimeoutMs: 2_000 };

const brief = (id) => ({ ...skills.find((one) => one.id === id), id: `brief-${id}`, limits });

export default [
  brief('steps'),
  brief('journaled'),

  /** A streamed artifact of which each line but the first names the attempt, then an effect as in `steps`. */
  skill(
    'brief-unlike',
    async (ctx) => {
      const { events, everyMs, ledger } = optionsOf(ctx);
      const page = ctx.artifact({ name: 'page' });
      await page.append('title\n');
      for (let i = 1; i <= events; i += 1) {
        // First, so that the title goes on its own: attempts agree on it, and part behind it.
        await delay(everyMs, undefined, { signal: ctx.signal });
        await page.append(`attempt ${ctx.attempt} line ${i}\n`);
      }
      await page.finalize();
      if (ledger !== undefined) {
        await ctx.step('effect', ({ key }) => appendFileSync(ledger, `${key}\n`));
      }
      return { state: 'completed' };
    },
    { limits },
  ),
];
