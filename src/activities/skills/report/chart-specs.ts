// The four kinds of charts as Vega-Lite specifications with their aggregated data inside.
// Field names are fixed, so a column's name is never read as a field path or an expression.

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

/** Names come from the data: control characters are not allowed in an SVG. */
const printable = (name: string): string => name.replace(/\p{Cc}/gu, ' ');

export type ChartSpec =
  | ReturnType<typeof histogramSpec>
  | ReturnType<typeof barsSpec>
  | ReturnType<typeof lineSpec>
  | ReturnType<typeof heatMapSpec>;

export type Bin = Readonly<{ from: number; to: number; rows: number }>;

export function histogramSpec(column: string, values: Bin[]) {
  return {
    $schema: SCHEMA,
    title: `Distribution of ${printable(column)}`,
    width: 400,
    height: 240,
    data: { values },
    mark: { type: 'bar' },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        title: printable(column),
        bin: { binned: true },
        scale: { zero: false },
      },
      x2: { field: 'to' },
      y: { field: 'rows', type: 'quantitative', title: 'rows' },
    },
  } as const;
}

export type Bar = Readonly<{ value: string; rows: number }>;

export function barsSpec(column: string, bars: readonly Bar[]) {
  return {
    $schema: SCHEMA,
    title: `Most frequent values of ${printable(column)}`,
    width: 400,
    height: { step: 20 },
    data: { values: bars.map(({ value, rows }) => ({ value: printable(value), rows })) },
    mark: { type: 'bar' },
    encoding: {
      x: { field: 'rows', type: 'quantitative', title: 'rows' },
      y: { field: 'value', type: 'nominal', title: printable(column), sort: null },
    },
  } as const;
}

/** `date` is ISO 8601 in UTC. */
export type Point = Readonly<{ date: string; mean: number }>;

export function lineSpec(dates: string, column: string, values: Point[]) {
  return {
    $schema: SCHEMA,
    title: `Mean of ${printable(column)} by ${printable(dates)}`,
    width: 400,
    height: 240,
    data: { values },
    mark: { type: 'line' },
    encoding: {
      // Otherwise the labels depend on the time zone of the machine.
      x: { field: 'date', type: 'temporal', title: printable(dates), scale: { type: 'utc' } },
      y: {
        field: 'mean',
        type: 'quantitative',
        title: `mean of ${printable(column)}`,
        scale: { zero: false },
      },
    },
  } as const;
}

export type Cell = Readonly<{ a: string; b: string; pearson: number }>;

export function heatMapSpec(columns: readonly string[], cells: readonly Cell[]) {
  const names = columns.map(printable);
  return {
    $schema: SCHEMA,
    title: 'Correlations (Pearson)',
    width: { step: 40 },
    height: { step: 40 },
    data: {
      values: cells.map(({ a, b, pearson }) => ({ a: printable(a), b: printable(b), pearson })),
    },
    mark: { type: 'rect' },
    encoding: {
      x: { field: 'a', type: 'nominal', title: null, sort: names },
      y: { field: 'b', type: 'nominal', title: null, sort: names },
      color: {
        field: 'pearson',
        type: 'quantitative',
        title: 'r',
        scale: { domain: [-1, 1], scheme: 'blueorange' },
      },
    },
  } as const;
}
