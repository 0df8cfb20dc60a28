// The report in words: Markdown, section by section.

import type { Analysis, ColumnAnalysis } from './analysis';
import type { Chart } from './charts';
import type { Correlations } from './correlations';

const SIGNIFICANT_DIGITS = 6;
/** The strongest; all of them are in analysis.json. */
const MAX_PAIRS = 20;

/** Everything but the last section, which is `closing`. */
export function* sections(analysis: Analysis): Generator<string> {
  yield opening(analysis);
  yield overview(analysis);
  for (const column of analysis.columns) yield columnSection(column, analysis.rows);
  yield correlationSection(analysis.correlations);
}

/** Names the charts by their files. */
export function closing(charts: readonly Chart[]): string {
  if (charts.length === 0) return '## Charts\n\nThe table has nothing to draw.\n';
  const lines = charts.map(({ name, spec }) => `- ${escape(spec.title)}: \`${name}.svg\``);
  return `## Charts\n\n${lines.join('\n')}\n`;
}

function opening({ source, rows, columns }: Analysis): string {
  const size = `${count(rows, 'row')} and ${count(columns.length, 'column')}`;
  return `# Report on ${escape(source)}\n\nThe table has ${size}.\n\n`;
}

function overview({ columns }: Analysis): string {
  const rows = columns.map((column) => [
    escape(column.name),
    column.type,
    String(column.missing),
    distinct(column),
  ]);
  return `## Overview\n\n${grid(['Column', 'Type', 'Missing', 'Different values'], rows)}\n`;
}

function columnSection(column: ColumnAnalysis, rows: number): string {
  const missing = column.missing === 0 ? 'No value is missing' : missingShare(column.missing, rows);
  return `## ${escape(column.name)}\n\n${missing}.\n\n${figures(column)}\n`;
}

function figures(column: ColumnAnalysis): string {
  switch (column.type) {
    case 'integer':
    case 'number':
      return grid(
        ['Figure', 'Value'],
        [
          ['Minimum', number(column.min)],
          ['Mean', number(column.mean)],
          ['Standard deviation', number(column.standardDeviation)],
          ...column.quantiles.map(({ p, value }) => [
            `${number(p * 100)}% quantile`,
            number(value),
          ]),
          ['Maximum', number(column.max)],
        ],
      );
    case 'date':
      return `From ${column.min} to ${column.max}.\n`;
    case 'boolean':
    case 'string':
      if (column.topValues.length === 0) return 'The column is empty.\n';
      return grid(
        ['Most frequent value', 'Rows'],
        column.topValues.map((top) => [escape(top.value), String(top.count)]),
      );
  }
}

function correlationSection({ pairs, columnsLeftOut }: Correlations): string {
  const strongest = pairs
    .flatMap(({ a, b, pearson }) => (pearson === null ? [] : [{ a, b, pearson }]))
    .sort((one, other) => Math.abs(other.pearson) - Math.abs(one.pearson))
    .slice(0, MAX_PAIRS);
  const heading = '## Correlations\n\n';
  if (strongest.length === 0) return `${heading}No two numeric columns vary together.\n\n`;
  const leftOut =
    columnsLeftOut === 0 ? '' : `${count(columnsLeftOut, 'further numeric column')} left out.\n\n`;
  const rows = strongest.map(({ a, b, pearson }) => [escape(a), escape(b), number(pearson)]);
  return `${heading}${leftOut}${grid(['Column', 'Column', 'Pearson'], rows)}\n`;
}

function missingShare(missing: number, rows: number): string {
  const verb = missing === 1 ? 'is' : 'are';
  return `${count(missing, 'value')} of ${rows} ${verb} missing (${number((100 * missing) / rows)}%)`;
}

function distinct({ distinct: different, distinctIsCapped }: ColumnAnalysis): string {
  return distinctIsCapped ? `more than ${different}` : String(different);
}

function grid(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(header) + line(header.map(() => '---')) + rows.map(line).join('');
}

function count(amount: number, thing: string): string {
  return amount === 1 ? `1 ${thing}` : `${amount} ${thing}s`;
}

function number(value: number | null): string {
  if (value === null) return 'undefined';
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(SIGNIFICANT_DIGITS)));
}

/** Names and values come from the sender: they must not become markup or a new line. */
function escape(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, ' ').replace(/[\\`*_{}[\]<>#|~&!]/g, '\\$&');
}
