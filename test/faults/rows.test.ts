// The rows of `npm run faults` as a list: that suite takes too long to find out there that a guard has moved.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LEFT_OUT, ROWS } from '../../faults/rows';

const SRC = join(__dirname, '../../src');

const edits = ROWS.flatMap(({ row, mutation }) =>
  mutation.edits.map((edit) => ({ ...edit, name: `row ${String(row)}: ${edit.file}` })),
);

describe('the fault suite', () => {
  test('drives each row, or says why not', () => {
    const rows = new Set([...ROWS, ...LEFT_OUT].map(({ row }) => row));
    expect([...rows].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 26 }, (_, i) => i + 1),
    );
  });

  test.each(edits)('finds the guard that it breaks in $name', ({ file, from, to }) => {
    const source = readFileSync(join(SRC, file), 'utf8');
    expect(source.split(from).length - 1).toBe(1);
    expect(to).not.toBe(from);
  });

  test('breaks something for each row, and says by what it is seen', () => {
    for (const { mutation } of ROWS) {
      expect(mutation.edits.length).toBeGreaterThan(0);
      expect(mutation.seenAs.length).toBeGreaterThan(0);
    }
  });
});
