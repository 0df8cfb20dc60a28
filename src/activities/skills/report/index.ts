// The shipped skill `report`: a table comes in, its figures, charts and a report in words go out.

import { completed, defineSkill, failed } from '../../skill';
import type { ContentPart, SkillContext, SkillResult } from '../../skill';
import { analyze, type Analysis } from './analysis';
import { chooseCharts, type Chart } from './charts';
import { closing, sections } from './prose';
import { renderSvg } from './render';
import { findTable } from './source';
import { pause, TableError, type Table } from './table';

/** What operating systems and libraries call a CSV file. */
const CSV_TYPES = [
  'text/csv',
  'application/csv',
  'application/vnd.ms-excel',
  'application/octet-stream',
  'text/comma-separated-values',
  'text/tab-separated-values',
  'text/x-csv',
];

export const report = defineSkill({
  id: 'report',
  name: 'Report',
  description:
    'Reports on a table (CSV file, rows as data, or CSV text): figures of every column, ' +
    'correlations, charts as Vega-Lite and SVG, and a report in Markdown.',
  tags: ['report', 'csv', 'statistics', 'charts', 'streaming'],
  examples: ['Report on the attached CSV file', 'city,rain\nOslo,763\nBergen,2250\nRome,799'],
  inputModes: [...CSV_TYPES, 'application/json', 'text/plain'],
  outputModes: ['application/json', 'image/svg+xml', 'text/markdown'],
  limits: { timeoutMs: 3_600_000 },
  accepts: (message) => findTable(message) !== undefined,
  async run(ctx) {
    await ctx.progress('Starting report generation. This may take a moment...');
    try {
      return await write(ctx);
    } catch (err) {
      if (err instanceof TableError) return failed(err.message);
      throw err;
    }
  },
});

/** The same message gives the same bytes, so that a retry repeats what was already sent. */
async function write(ctx: SkillContext): Promise<SkillResult> {
  const { name, table } = await readTable(ctx);
  const analysis = await analyze(table, name, ctx.signal);
  await ctx.saveArtifact({
    name: 'analysis.json',
    parts: [{ data: analysis, mediaType: 'application/json' }],
  });
  await ctx.progress('Data analysis complete. Generating charts...');
  const charts = await chooseCharts(table, analysis, ctx.signal);
  await saveCharts(ctx, charts);
  await ctx.progress('Charts generated. Compiling final report...');
  await streamReport(ctx, analysis, charts);
  return completed('Report complete!');
}

async function readTable(ctx: SkillContext): Promise<{ name: string; table: Table }> {
  const source = findTable(ctx.message);
  if (source === undefined) {
    throw new TableError(
      'There is no table in the message. Send a CSV file part ("raw" with mediaType text/csv), ' +
        'a data part with a list of objects, or CSV text with a header line.',
    );
  }
  return { name: source.name, table: await source.read(ctx.signal) };
}

/** The specifications in one data part, then each drawn as SVG. */
async function saveCharts(ctx: SkillContext, charts: readonly Chart[]): Promise<void> {
  const specs = charts.map(({ name, spec }) => ({ name, ...spec }));
  const parts: ContentPart[] = [{ data: specs, mediaType: 'application/json' }];
  for (const { name, spec } of charts) {
    await pause(ctx.signal);
    const raw = Buffer.from(await renderSvg(spec)).toString('base64');
    parts.push({ raw, mediaType: 'image/svg+xml', filename: `${name}.svg` });
  }
  await ctx.saveArtifact({ name: 'charts.json', parts });
}

async function streamReport(
  ctx: SkillContext,
  analysis: Analysis,
  charts: readonly Chart[],
): Promise<void> {
  const stream = ctx.artifact({ name: 'report.md', mediaType: 'text/markdown' });
  for (const section of sections(analysis)) {
    ctx.signal.throwIfAborted();
    await stream.append(section);
  }
  await stream.finalize(closing(charts));
}
