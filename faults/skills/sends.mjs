// Skills for the rows about what callers send: keys and messages.

import { appendFileSync } from 'node:fs';

const skill = (id, run, more = {}) => ({
  id,
  name: id,
  description: `fault suite: ${id}`,
  tags: ['faults'],
  ...more,
  run,
});

/** Options come as the data part of the message. */
const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

export default [
  /** Writes the id of its task into `ledger`, once. */
  skill('notes', async (ctx) => {
    const { ledger } = optionsOf(ctx);
    await ctx.step('note', () => appendFileSync(ledger, `${ctx.taskId}\n`));
    return { state: 'completed' };
  }),
];
