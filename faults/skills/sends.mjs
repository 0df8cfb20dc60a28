// Skills for the rows about what callers send: keys and messages.

import { appendFileSync } from 'node:fs';
import { optionsOf, skill } from './index.mjs';

export default [
  /** Writes the id of its task into `ledger`, once. */
  skill('notes', async (ctx) => {
    const { ledger } = optionsOf(ctx);
    await ctx.step('note', () => appendFileSync(ledger, `${ctx.taskId}\n`));
    return { state: 'completed' };
  }),
];
