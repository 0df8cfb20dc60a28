// The figures in analysis.json, against figures worked out by hand.

import * as fc from 'fast-check';
import type { ContentPart } from '../../../../src/activities/skill';
import { csvFile, runReport } from './run-report';

const SALES = `day,price,units,city,open
2024-01-01,1.5,2,Oslo,true
2024-01-02,2.5,4,Rome,false
2024-01-03,3.5,6,Oslo,true
2024-01-04,,8,,true
2024-01-05,4.5,10,Rome,NA
`;

async function columnsOf(csv: string) {
  const { analysis } = await runReport(csvFile(csv));
  return (analysis as unknown as { columns: Record<string, unknown>[] }).columns;
}

async function typeOf(...cells: readonly string[]): Promise<unknown> {
  const [column] = await columnsOf(`name\n${cells.join('\n')}\n`);
  return column?.['type'];
}

describe('figures of a column', () => {
  test('numbers: range, mean, sample deviation and interpolated quantiles over what is there', async () => {
    const [, price] = await columnsOf(SALES);
    expect(price).toEqual({
      name: 'price',
      type: 'number',
      missing: 1,
      distinct: 4,
      distinctIsCapped: false,
      min: 1.5,
      max: 4.5,
      mean: 3,
      standardDeviation: expect.closeTo(Math.sqrt(5 / 3), 12),
      quantiles: [
        { p: 0.05, value: expect.closeTo(1.65, 12) },
        { p: 0.25, value: 2.25 },
        { p: 0.5, value: 3 },
        { p: 0.75, value: 3.75 },
        { p: 0.95, value: expect.closeTo(4.35, 12) },
      ],
    });
  });

  test('dates: first and last', async () => {
    const [day] = await columnsOf(SALES);
    expect(day).toMatchObject({ type: 'date', distinct: 5, min: '2024-01-01', max: '2024-01-05' });
  });

  test('text: the most frequent values, equal ones in the order of first sight', async () => {
    const [, , , city] = await columnsOf(SALES);
    expect(city).toMatchObject({
      type: 'string',
      missing: 1,
      topValues: [
        { value: 'Oslo', count: 2 },
        { value: 'Rome', count: 2 },
      ],
    });
  });

  test('booleans are counted', async () => {
    const [, , , , open] = await columnsOf(SALES);
    expect(open).toMatchObject({
      type: 'boolean',
      missing: 1,
      topValues: [
        { value: 'true', count: 3 },
        { value: 'false', count: 1 },
      ],
    });
  });

  test('a single value has no deviation', async () => {
    const [column] = await columnsOf('name\n7\n');
    expect(column).toMatchObject({ mean: 7, standardDeviation: null });
  });

  test('a column without any value is text with nothing in it', async () => {
    const [, b] = await columnsOf('a,b\n1,\n2,null\n');
    expect(b).toMatchObject({ type: 'string', missing: 2, distinct: 0, topValues: [] });
  });

  test('beyond 10,000 different texts the count says that it is capped', async () => {
    const cells = Array.from({ length: 10_001 }, (_, index) => `id-${index}`);
    const [column] = await columnsOf(`name\n${cells.join('\n')}\n`);
    expect(column).toMatchObject({ distinct: 10_000, distinctIsCapped: true });
  });
});

describe('the type of a column', () => {
  test.each([
    ['whole numbers', 'integer', ['1', '-2', '+30']],
    ['a decimal point among them', 'number', ['1', '2.5']],
    ['an exponent', 'number', ['1e3', '-.5']],
    ['numbers among text', 'string', ['1', 'two']],
    ['leading zeros, as in postcodes', 'string', ['00123', '01234']],
    ['more digits than a number holds', 'string', ['12345678901234567890']],
    ['decimal commas', 'string', ['"1,5"', '"2,5"']],
    ['yes and no', 'boolean', ['yes', 'No', 'TRUE']],
    ['days', 'date', ['2024-02-29', '2024/03/01']],
    ['times with and without a zone', 'date', ['2024-02-29T23:59:59.5Z', '2024-02-29 12:30']],
    ['days that do not exist', 'string', ['2023-02-29']],
    ['days in an order that is not clear', 'string', ['01/02/2024']],
    ['days among numbers', 'string', ['2024-01-01', '5']],
  ])('%s', async (_, type, cells) => {
    expect(await typeOf(...cells)).toBe(type);
  });

  test('times count in UTC', async () => {
    const [column] = await columnsOf('at\n2024-01-01T00:30+02:00\n');
    expect(column).toMatchObject({ min: '2023-12-31T22:30:00.000Z' });
  });
});

describe('correlations', () => {
  test('Pearson over the rows that have both values', async () => {
    const { analysis } = await runReport(csvFile(SALES));
    expect(analysis).toMatchObject({
      correlations: {
        pairs: [
          { a: 'price', b: 'units', rows: 4, pearson: expect.closeTo(13 / Math.sqrt(175), 12) },
        ],
      },
    });
  });

  test('a column that never changes has none', async () => {
    const { analysis } = await runReport(csvFile('a,b\n1,5\n2,5\n'));
    expect(analysis).toMatchObject({ correlations: { pairs: [{ pearson: null }] } });
  });

  test('only the first 20 numeric columns are paired, and the rest is said', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `c${index}`);
    const row = names.map((_, index) => index).join();
    const { analysis } = await runReport(csvFile(`${names.join()}\n${row}\n${row}\n`));
    expect(analysis).toMatchObject({ correlations: { columnsLeftOut: 2 } });
    expect(analysis).toHaveProperty('correlations.pairs.length', 190);
  });
});

describe('reading a table', () => {
  test.each([
    [',', 'comma'],
    [';', 'semicolon'],
    ['\t', 'tab'],
    ['|', 'bar'],
  ])('the delimiter %j is found', async (delimiter) => {
    const { analysis } = await runReport(csvFile(SALES.replaceAll(',', delimiter)));
    expect(analysis).toEqual((await runReport(csvFile(SALES))).analysis);
  });

  test('empty fields between tabs stay fields', async () => {
    const columns = await columnsOf('a\tb\tc\n\t\t1\n2\t\t\n');
    expect(columns.map(({ missing }) => missing)).toEqual([1, 2, 1]);
  });

  test('a byte order mark is no part of the first name', async () => {
    const [a] = await columnsOf('\uFEFFa,b\n1,2\n');
    expect(a).toMatchObject({ name: 'a' });
  });

  test('names that objects inherit are ordinary names', async () => {
    const columns = await columnsOf('__proto__,constructor\n1,toString\n');
    expect(columns.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    const data: unknown = JSON.parse('[{"__proto__":"x","a":1},{"a":2}]');
    const { analysis } = await runReport({ data: data as never });
    expect(analysis).toMatchObject({
      columns: [
        { name: '__proto__', missing: 1 },
        { name: 'a', missing: 0 },
      ],
    });
  });

  test('rows as data: a column for every key, nested values as JSON', async () => {
    const data = {
      rows: [
        { a: 1, b: { c: [2] } },
        { a: null, d: false },
      ],
    };
    const { analysis } = await runReport({ data });
    expect(analysis).toMatchObject({
      rows: 2,
      columns: [
        { name: 'a', type: 'integer', missing: 1 },
        { name: 'b', topValues: [{ value: '{"c":[2]}', count: 1 }], missing: 1 },
        { name: 'd', type: 'boolean', missing: 1 },
      ],
    });
  });

  test('a file is preferred to data, data to text', async () => {
    const text = { text: 'a,b\n1,2' };
    const data = { data: [{ c: 1 }] };
    const preferred = async (...parts: readonly ContentPart[]) =>
      (await runReport(...parts)).analysis;
    expect(await preferred(text, data)).toMatchObject({ source: 'data' });
    expect(await preferred(text, data, csvFile('d\n1\n'))).toMatchObject({ source: 'table.csv' });
    expect(await preferred(text)).toMatchObject({ source: 'text' });
  });

  test('any table gives the same figures as CSV and as data', async () => {
    const cell = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer().map(String));
    const rows = fc.array(fc.record({ one: cell, two: cell }), { minLength: 1, maxLength: 20 });
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(rows, async (data) => {
        const lines = data.map(({ one, two }) => `${quote(one)},${quote(two)}\n`);
        const asCsv = await runReport(csvFile(`one,two\n${lines.join('')}`));
        const asData = await runReport({ data, filename: 'table.csv' });
        expect(asCsv.analysis).toEqual(asData.analysis);
      }),
      { numRuns: 50 },
    );
  });
});
