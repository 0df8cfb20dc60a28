// Which messages the report skill takes when they name no skill.

import type { ContentPart } from '../../../../src/activities/skill';
import { report } from '../../../../src/activities/skills/report';

function accepts(...parts: readonly ContentPart[]): boolean | undefined {
  return report.accepts?.({ messageId: 'message-1', role: 'ROLE_USER', parts });
}

const raw = Buffer.from('a,b\n1,2\n').toString('base64');

describe('the report skill takes', () => {
  test.each<[string, ContentPart]>([
    ['a file part with the media type of CSV', { raw, mediaType: 'text/csv' }],
    ['a media type with parameters', { raw, mediaType: 'Text/CSV; charset=utf-8' }],
    ['a file part whose name ends in .csv', { raw, filename: 'Sales.CSV' }],
    ['a CSV file sent as text', { text: 'one\n1\n', mediaType: 'text/csv' }],
    ['a data part with a list of objects', { data: [{ a: 1 }] }],
    ['a data part with the objects in "rows"', { data: { rows: [{ a: 1 }] } }],
    ['text with commas', { text: 'city,rain\nOslo,763\nRome,799' }],
    ['text with semicolons', { text: 'city;rain\nOslo;763' }],
    ['text with tabs', { text: 'city\train\nOslo\t763\n' }],
    ['text with bars', { text: 'city|rain\r\nOslo|763\r\n' }],
    ['text with quoted line breaks', { text: 'city,note\n"Oslo","wet\nand cold"\n' }],
    ['text with letters beyond ASCII', { text: 'Größe,日本\nZürich,東京' }],
  ])('%s', (_, part) => {
    expect(accepts(part)).toBe(true);
  });

  test('a message whose table is not its first part', () => {
    expect(accepts({ text: 'Report on this file, please.' }, { raw, mediaType: 'text/csv' })).toBe(
      true,
    );
  });
});

describe('the report skill does not take', () => {
  test.each<[string, ContentPart]>([
    ['a sentence', { text: 'Please write a report, a short one; with charts.' }],
    ['two lines of a letter', { text: 'Dear Bob,\nsend me the report, please.' }],
    ['lines that agree but end like sentences', { text: 'Hello, world!\nThanks, Bob!' }],
    ['a header without a row', { text: 'city,rain\n' }],
    ['lines with different numbers of fields', { text: 'a,b\n1,2\n1,2,3' }],
    ['one column of text', { text: 'city\nOslo\nRome' }],
    ['text with a column name twice', { text: 'a,a\n1,2' }],
    ['an empty text', { text: '' }],
    ['another file', { raw, mediaType: 'application/pdf', filename: 'report.pdf' }],
    ['a CSV file behind a link', { url: 'https://example.com/a.csv', mediaType: 'text/csv' }],
    ['an empty list', { data: [] }],
    ['a list of numbers', { data: [1, 2] }],
    ['a list of lists', { data: [['a'], [1]] }],
    ['an object without rows', { data: { a: 1 } }],
    ['rows that are no list', { data: { rows: { a: 1 } } }],
  ])('%s', (_, part) => {
    expect(accepts(part)).toBe(false);
  });

  test('a message without parts', () => {
    expect(accepts()).toBe(false);
  });
});
