// Which charts a table gets, and what is in them.

import type { Json } from '../../../../src/activities/skill';
import { csvFile, runReport } from './run-report';

function namesOf(charts: Json): unknown {
  return (charts as unknown as { name: string }[]).map(({ name }) => name);
}

/** Ten rows: a day, three numbers, a repeated text, a text of its own each. */
const TABLE = `day,a,b,c,kind,id\n${Array.from(
  { length: 10 },
  (_, row) =>
    `2024-01-${String(row + 1).padStart(2, '0')},${row},${row * row},${-row},k${row % 2},i${row}x`,
).join('\n')}\n`;

describe('charts', () => {
  test('a line over time, a heat map, histograms of numbers, bars of repeated texts', async () => {
    const { charts } = await runReport(csvFile(TABLE));
    expect(namesOf(charts)).toEqual([
      'line-a-by-day',
      'correlations',
      'histogram-a',
      'histogram-b',
      'histogram-c',
      'bars-kind',
    ]);
  });

  test('every chart is drawn as an SVG of its name', async () => {
    const { drawings } = await runReport(csvFile(TABLE));
    expect([...drawings.keys()]).toEqual([
      'line-a-by-day.svg',
      'correlations.svg',
      'histogram-a.svg',
      'histogram-b.svg',
      'histogram-c.svg',
      'bars-kind.svg',
    ]);
    for (const svg of drawings.values()) expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
  });

  test('a histogram holds its bins, and every row is in one', async () => {
    const { charts } = await runReport(csvFile('price\n0\n1\n1\n4\n'));
    expect(charts).toMatchObject([
      {
        name: 'histogram-price',
        data: {
          values: [
            { from: 0, to: expect.closeTo(4 / 3), rows: 3 },
            { from: expect.closeTo(4 / 3), to: expect.closeTo(8 / 3), rows: 0 },
            { from: expect.closeTo(8 / 3), to: 4, rows: 1 },
          ],
        },
      },
    ]);
  });

  test('a line takes the finest step that gives at most 120 points', async () => {
    const hours = Array.from({ length: 48 * 10 }, (_, hour) => {
      const at = new Date(Date.UTC(2024, 0, 1, 0, 30 * hour)).toISOString();
      return `${at},${Math.floor(hour / 48)}`;
    });
    const { charts } = await runReport(csvFile(`at,x\n${hours.join('\n')}\n`));
    expect(charts).toMatchObject([
      {
        name: 'line-x-by-at',
        data: {
          values: Array.from({ length: 10 }, (_, day) => ({
            date: `2024-01-${String(day + 1).padStart(2, '0')}T00:00:00Z`,
            mean: day,
          })),
        },
      },
      { name: 'histogram-x' },
    ]);
  });

  test('columns whose names differ only in signs get files of their own', async () => {
    const { charts } = await runReport(csvFile('a b,a-b\n1,2\n2,3\n'));
    expect(namesOf(charts)).toEqual(['histogram-a-b', 'histogram-a-b-column-2']);
  });

  test('a table with nothing to draw has no charts and says so', async () => {
    const { charts, drawings, words } = await runReport(csvFile('id\nx\ny\n'));
    expect(charts).toEqual([]);
    expect(drawings.size).toBe(0);
    expect(words).toContain('The table has nothing to draw.');
  });

  test('names and values cannot become markup in a drawing', async () => {
    const { drawings } = await runReport(csvFile('<script>,n\n<i>,1\n<i>,1\n'));
    const [svg] = drawings.values();
    expect(svg).toContain('&lt;script&gt;');
    expect(svg).not.toMatch(/<script>|<i>/);
  });
});
