// Chooses the charts of a report and gathers their data: small aggregates, never the rows.

import { equalIntervalBreaks } from 'simple-statistics';
import type { Analysis, ColumnAnalysis, NumericAnalysis, TextAnalysis } from './analysis';
import {
  barsSpec,
  heatMapSpec,
  histogramSpec,
  lineSpec,
  type Bin,
  type Cell,
  type ChartSpec,
} from './chart-specs';
import type { Column } from './column';
import { meansOverTime } from './time-series';
import { pause, type Table } from './table';

const MAX_CHARTS = 6;
/** Leaves room for the values of text columns. */
const MAX_HISTOGRAMS = 3;
const MAX_BINS = 20;
const FILE_NAME_CHARACTERS = 40;

export interface Chart {
  /** Unique in its report; a file name without its ending. */
  readonly name: string;
  readonly spec: ChartSpec;
}

/** Yields between charts. Throws the reason of `signal` when it is aborted. */
export async function chooseCharts(
  table: Table,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<readonly Chart[]> {
  const line = await lineChart(table, signal);
  const charts: Chart[] = [line, heatMap(analysis)].filter((chart) => chart !== null);
  let histograms = 0;
  const taken = new Set(charts.map(({ name }) => name));
  for (const [index, column] of table.columns.entries()) {
    if (charts.length >= MAX_CHARTS) break;
    await pause(signal);
    const figures = analysis.columns[index];
    const chart = figures === undefined ? null : columnChart(column, figures);
    if (chart === null || (column.isNumeric && histograms >= MAX_HISTOGRAMS)) continue;
    if (column.isNumeric) histograms += 1;
    // Two names may differ only in characters that file names lack.
    const name = taken.has(chart.name) ? `${chart.name}-column-${index + 1}` : chart.name;
    taken.add(name);
    charts.push({ ...chart, name });
  }
  return charts;
}

function columnChart(column: Column, figures: ColumnAnalysis): Chart | null {
  switch (figures.type) {
    case 'integer':
    case 'number':
      return histogram(column, figures);
    case 'boolean':
    case 'string':
      return bars(figures);
    case 'date':
      return null;
  }
}

function histogram(column: Column, { name, min, max, distinct }: NumericAnalysis): Chart | null {
  const width = (max - min) / Math.min(MAX_BINS, distinct);
  // A column that never changes has no distribution; a range beyond a double has no bins.
  if (width === 0 || !Number.isFinite(width)) return null;
  const breaks = equalIntervalBreaks([min, max], Math.min(MAX_BINS, distinct));
  const rows = new Array<number>(breaks.length - 1).fill(0);
  for (const value of column.values) {
    if (Number.isNaN(value)) continue;
    // The greatest value belongs to the last bin.
    const bin = Math.min(rows.length - 1, Math.floor((value - min) / width));
    rows[bin] = (rows[bin] ?? 0) + 1;
  }
  const bins: Bin[] = rows.map((count, bin) => ({
    from: breaks[bin] ?? min,
    to: breaks[bin + 1] ?? max,
    rows: count,
  }));
  return { name: `histogram-${fileName(name)}`, spec: histogramSpec(name, bins) };
}

/** Values that never repeat, such as identifiers, tell nothing. */
function bars({ name, topValues }: TextAnalysis): Chart | null {
  if ((topValues[0]?.count ?? 0) < 2) return null;
  const values = topValues.map(({ value, count }) => ({ value, rows: count }));
  return { name: `bars-${fileName(name)}`, spec: barsSpec(name, values) };
}

/** The first numeric column over the first dates. */
async function lineChart({ columns }: Table, signal: AbortSignal): Promise<Chart | null> {
  const dates = columns.find(({ type }) => type === 'date');
  const numbers = columns.find(({ isNumeric }) => isNumeric);
  if (dates === undefined || numbers === undefined) return null;
  const points = await meansOverTime({ dates: dates.values, values: numbers.values }, signal);
  if (points.length < 2) return null;
  const name = `line-${fileName(numbers.name)}-by-${fileName(dates.name)}`;
  return { name, spec: lineSpec(dates.name, numbers.name, points) };
}

/** Of two columns the one figure is in the text. */
function heatMap({ correlations }: Analysis): Chart | null {
  const { pairs, columns } = correlations;
  if (columns.length < 3) return null;
  const cells: Cell[] = pairs.flatMap(({ a, b, pearson }) =>
    pearson === null ? [] : [cell(a, b, pearson), cell(b, a, pearson)],
  );
  if (cells.length === 0) return null;
  const diagonal = columns.map((name) => cell(name, name, 1));
  return { name: 'correlations', spec: heatMapSpec(columns, [...diagonal, ...cells]) };
}

function cell(a: string, b: string, pearson: number): Cell {
  return { a, b, pearson };
}

function fileName(column: string): string {
  const words = column.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['column'];
  return words.join('-').slice(0, FILE_NAME_CHARACTERS);
}
