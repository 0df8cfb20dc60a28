// Skills that tell how far they are and send pieces of their result, written as a user's own would be.

import {
  completed,
  defineSkill,
  failed,
  jsonArtifact,
  textArtifact,
  type Json,
  type SkillContext,
} from 'longhaul';

const optionsOf = (ctx: SkillContext): Readonly<Record<string, Json>> => {
  const part = ctx.message.parts.find((one) => 'data' in one);
  return (part?.data ?? {}) as Readonly<Record<string, Json>>;
};

const base = { description: 'a test skill', tags: ['test'] };

const intermediate = defineSkill({
  ...base,
  id: 'intermediate-updates',
  name: 'Intermediate updates',
  async run(ctx) {
    await ctx.progress('Starting report generation. This may take a moment...');
    await ctx.progress('Data analysis complete. Generating charts...');
    await ctx.progress('Charts generated. Compiling final report...');
    return completed('Report complete!', [textArtifact('report.md', '# Report')]);
  },
});

const partial = defineSkill({
  ...base,
  id: 'partial-artifacts',
  name: 'Partial artifacts',
  async run(ctx) {
    const { again, ending, asks } = optionsOf(ctx);
    await ctx.progress('Analyzing data...');
    const analysis = { mean: 4, rows: 2 };
    await ctx.sendPartialArtifact(jsonArtifact('analysis.json', analysis));
    await ctx.progress('Generating visualizations...');
    const charts = [{ mark: 'bar' }];
    await ctx.sendPartialArtifact(jsonArtifact('charts.json', charts));
    if (asks === true) await ctx.ask('Go on?');
    await ctx.progress('Compiling final report...');
    if (ending === 'failed') return failed('no paper left');
    const report = jsonArtifact('final_report.json', { analysis, charts });
    const repeated =
      again === true ? [jsonArtifact('analysis.json', { ...analysis, final: 1 })] : [];
    return completed('Report complete!', [report, ...repeated]);
  },
});

/** Dies in the middle of its first attempt: what it said is said again by the next. */
const retried = defineSkill({
  ...base,
  id: 'retried-partial',
  name: 'Partial artifacts, twice',
  async run(ctx) {
    await ctx.sendPartialArtifact(jsonArtifact('analysis.json', { mean: 4 }));
    if (ctx.attempt === 1) throw new Error('once more');
    return completed('done', [jsonArtifact('analysis.json', { mean: 4 })]);
  },
});

export default [intermediate, partial, retried];
