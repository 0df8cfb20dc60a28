// The skill for the row about too many messages.

export default {
  id: 'asks-on',
  name: 'asks-on',
  description: 'fault suite: asks, and is never satisfied',
  tags: ['faults'],
  async run(ctx) {
    for (;;) await ctx.ask('and now?');
  },
};
