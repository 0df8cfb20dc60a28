// A skill for tests: an artifact of the parts that came in.

export default {
  id: 'mirror',
  name: 'mirror',
  description: 'test skill mirror',
  tags: ['test'],
  async run(ctx) {
    await ctx.saveArtifact({ name: 'mirror', parts: ctx.message.parts });
    return { state: 'completed' };
  },
};
