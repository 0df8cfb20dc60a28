// What the sender of a bad table is told: the line, the column, and what to do.

import { csvFile, failureOf, runReport } from './run-report';

describe('a bad CSV file fails with its line and column', () => {
  test.each([
    ['too few values', 'a,b,c\n1,2,3\n4,5\n', 'Line 3, column 3 ("c"): the value is missing'],
    ['too many values', 'a,b\n1,2\n3,4,5\n', 'Line 3, column 3: one value too many'],
    ['empty lines before it', 'a,b\n\n\n1\n', 'Line 4, column 2 ("b")'],
    ['Windows line ends before it', 'a,b\r\n1,2\r\n3\r\n', 'Line 3, column 2 ("b")'],
    ['a quote that is not closed', 'a,b\n1,2\n3,"x\n4,5\n', 'Line 3, column 2 ("b")'],
    ['text after a closing quote', 'a,b\n1,"x"y\n', 'Line 2, column 2 ("b")'],
    ['a quote within a value', 'a,b\nx"y,2\n', 'Line 2, column 1 ("a")'],
    ['a column without a name', 'a,,c\n1,2,3\n', 'Line 1, column 2: the column has no name'],
    ['a column name twice', 'a,b,a\n1,2,3\n', 'Line 1, column 3: the name "a" is already used by'],
    ['no header', '1,2\n3,4\n', 'Line 1, column 1: "1" is a value and no column name'],
    ['no rows', 'a,b\n', 'Line 2: there are no rows under the header'],
    [
      'a name of 201 characters',
      `a,${'b'.repeat(201)}\n1,2\n`,
      'Line 1, column 2: the column name',
    ],
  ])('%s', async (_, csv, text) => {
    expect(await failureOf(csvFile(csv))).toContain(text);
  });

  test('a quote that is open for more than a megabyte is told by the line it opens in', async () => {
    const csv = `a,b\n1,2\n3,"${'x\n'.repeat(600_000)}`;
    expect(await failureOf(csvFile(csv))).toContain(
      'Line 3, column 2 ("b"): the value does not end',
    );
  });

  test('bytes that are not UTF-8', async () => {
    const latin1 = Buffer.from('city,rain\nOslo,1\nZürich,2\n', 'latin1');
    expect(await failureOf(csvFile(latin1))).toBe(
      'Line 3, character 2: the file is not UTF-8. Save it with the encoding UTF-8.',
    );
  });

  test('more than 500 columns', async () => {
    const names = Array.from({ length: 501 }, (_, index) => `c${index}`).join();
    expect(await failureOf(csvFile(`${names}\n`))).toContain('Line 1, column 501 is one too many');
  });

  test('every text says what to do and shows no stack', async () => {
    const text = await failureOf(csvFile('a,b\n1\n'));
    expect(text).toBe(
      'Line 2, column 2 ("b"): the value is missing; the line has 1 value, the header 2. ' +
        'Add what is missing, empty if it has no value.',
    );
  });
});

describe('a bad message fails with what to send', () => {
  test('an empty file', async () => {
    expect(await failureOf(csvFile(''))).toContain('The file is empty');
  });

  test('a file part that is not base64', async () => {
    const part = { raw: 'a,b\n1,2', mediaType: 'text/csv' };
    expect(await failureOf(part)).toContain('not valid base64');
  });

  test('a message without a table', async () => {
    expect(await failureOf({ text: 'Report, please.' })).toContain('There is no table');
  });

  test('a row that is no object is told by its number', async () => {
    expect(await failureOf({ data: [{ a: 1 }, 2] })).toContain('Row 2: it is no object');
  });

  test('rows without fields', async () => {
    expect(await failureOf({ data: [{}] })).toContain('Row 1: the rows have no fields');
  });

  test('a field with an empty name', async () => {
    expect(await failureOf({ data: [{ a: 1, '': 2 }] })).toContain('Field 2 of the rows');
  });

  test('a failed report has begun, but saved nothing', async () => {
    const { recorded } = await runReport(csvFile('a,b\n1\n'));
    expect(recorded.progress).toHaveLength(1);
    expect(recorded.artifacts.size).toBe(0);
  });
});
