// One report from its first progress text to its last section, told as a client sees it.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { report } from '../../../../src/activities/skills/report';
import { fakeContext } from '../../fake-context';
import { csvFile, runReport } from './run-report';

const ROOT = join(__dirname, '../../../..');
const WEATHER = csvFile(readFileSync(join(ROOT, 'examples/seattle-weather.csv')));
/** A few hundred kilobytes: several slices to read. */
const LONG = csvFile(`a,b\n${'12345.5,abcdefgh\n'.repeat(20_000)}`);

const PROGRESS = [
  'Starting report generation. This may take a moment...',
  'Data analysis complete. Generating charts...',
  'Charts generated. Compiling final report...',
];

describe('a report', () => {
  test('says what it does, saves analysis, charts and words in this order, and completes', async () => {
    const { result, recorded } = await runReport(WEATHER);
    expect(recorded.progress).toEqual(PROGRESS);
    const artifacts = [...recorded.artifacts.values()];
    expect(artifacts.map(({ name }) => name)).toEqual([
      'analysis.json',
      'charts.json',
      'report.md',
    ]);
    expect(result).toEqual({ state: 'completed', message: 'Report complete!' });
  });

  test('streams its words section by section and finishes every artifact', async () => {
    const { recorded } = await runReport(WEATHER);
    // Heading, overview, six columns, correlations, charts.
    expect([...recorded.chunks.values()]).toEqual([1, 1, 10]);
    expect([...recorded.finished]).toEqual([...recorded.artifacts.keys()]);
  });

  test('has a section for every column, for correlations and for charts', async () => {
    const { words } = await runReport(WEATHER);
    expect(words.match(/^#+ .*$/gm)).toEqual([
      '# Report on table.csv',
      '## Overview',
      '## date',
      '## precipitation',
      '## temp\\_max',
      '## temp\\_min',
      '## wind',
      '## weather',
      '## Correlations',
      '## Charts',
    ]);
    expect(words).toContain('The table has 1461 rows and 6 columns.');
    expect(words).toContain('| rain | 641 |');
    expect(words).toContain('| temp\\_max | temp\\_min | 0.875687 |');
    expect(words).toContain('- Distribution of temp\\_max: `histogram-temp-max.svg`');
  });

  test('markup in names and values stays text', async () => {
    const { words } = await runReport(csvFile('a|b,c\n"<b>x\ny</b>",1\n"<b>x\ny</b>",2\n'));
    expect(words).toContain('## a\\|b\n');
    expect(words).toContain('| \\<b\\>x y\\</b\\> | 2 |');
  });

  test('the same message gives the same bytes', async () => {
    const [first, second] = [await runReport(WEATHER), await runReport(WEATHER)];
    expect(JSON.stringify([...second.recorded.artifacts])).toBe(
      JSON.stringify([...first.recorded.artifacts]),
    );
  });

  test('two reports at once give the same bytes as one', async () => {
    const alone = await runReport(WEATHER);
    const both = await Promise.all([runReport(WEATHER), runReport(WEATHER)]);
    for (const { drawings } of both) expect([...drawings]).toEqual([...alone.drawings]);
  });

  test('a process in another time zone gives the same bytes', async () => {
    const { drawings, analysis } = await runReport(WEATHER);
    const script = join(__dirname, 'print-report.ts');
    const env = { ...process.env, TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, join(ROOT, 'examples/seattle-weather.csv')],
      { env, cwd: ROOT, maxBuffer: 10_000_000 },
    );
    expect(JSON.parse(stdout)).toEqual({ analysis, drawings: [...drawings] });
  });
});

describe('a report that is stopped', () => {
  test.each(PROGRESS)('after %j throws the reason and says nothing more', async (text) => {
    const stop = new AbortController();
    const { ctx, recorded } = fakeContext({
      parts: [WEATHER],
      signal: stop.signal,
      onProgress: (said) => {
        if (said === text) stop.abort(new Error('stopped here'));
      },
    });
    await expect(report.run(ctx)).rejects.toThrow('stopped here');
    expect(recorded.progress.at(-1)).toBe(text);
    expect(recorded.artifacts.size).toBe(PROGRESS.indexOf(text));
  });

  test('in the middle of reading stops there', async () => {
    const stop = new AbortController();
    const { ctx, recorded } = fakeContext({ parts: [LONG], signal: stop.signal });
    const running = report.run(ctx);
    await setImmediate();
    await setImmediate();
    stop.abort(new Error('stopped here'));
    await expect(running).rejects.toThrow('stopped here');
    expect(recorded.artifacts.size).toBe(0);
  });
});

test('heartbeats can run while a long table is read', async () => {
  let turns = 0;
  const running = runReport(LONG).then(() => 'done');
  for (;;) {
    turns += 1;
    if ((await Promise.race([running, setImmediate('turn')])) === 'done') break;
  }
  expect(turns).toBeGreaterThan(5);
});
