// The skill for the row about a new build: waits in one of several ways, and ends when it is let.

import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { optionsOf } from './index.mjs';

export default {
  id: 'in-flight',
  name: 'in-flight',
  description: 'fault suite: in flight while its worker is replaced',
  tags: ['faults'],
  async run(ctx) {
    const { way, ledger, gate, events, everyMs } = optionsOf(ctx);
    appendFileSync(ledger, `${ctx.taskId}\n`);
    await ctx.progress('begun');
    if (way === 'asks') await ctx.ask('go on?');
    if (way === 'sleeps') await ctx.sleep(events * everyMs);
    if (way === 'throws' && ctx.attempt < 3) {
      await delay((events * everyMs) / 2, undefined, { signal: ctx.signal });
      throw new Error('once more');
    }
    await ctx.step('gate', async ({ signal }) => {
      while (!existsSync(gate)) await delay(everyMs, undefined, { signal });
    });
    for (let i = 1; i <= events; i += 1) {
      await ctx.step('work', () => delay(everyMs, null, { signal: ctx.signal }));
      await ctx.progress(`step ${i}`);
    }
    return { state: 'completed' };
  },
};
