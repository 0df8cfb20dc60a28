// Pictures of a section's figures: lines or bars, each value with its lowest and highest round.

import type { TopLevelSpec } from 'vega-lite';
import type { Spread } from './statistics';

export interface Plot {
  /** Names the file: `<id>.svg`. */
  readonly id: string;
  /** What it shows; also for those who cannot see it. */
  readonly title: string;
  readonly spec: TopLevelSpec;
}

export interface Axis {
  readonly title: string;
  /** `log` for what spans several powers of ten. Default: linear, from zero. */
  readonly scale?: 'linear' | 'log';
}

export interface LinePlot {
  readonly id: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly { readonly series: string; readonly x: number; readonly y: Spread }[];
}

export interface BarPlot {
  readonly id: string;
  readonly title: string;
  readonly y: Axis;
  /** Bars of one group stand side by side, in the order given. */
  readonly bars: readonly { readonly group: string; readonly series: string; readonly y: Spread }[];
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

/** Longer names of contenders are cut; their widths are guessed, and generously. */
const LEGEND = { title: null, labelLimit: 500 } as const;

/** A figure that grows or does not: one line for each contender. */
export function linePlot({ id, title, x, y, points }: LinePlot): Plot {
  const values = points.map((point) => ({ series: point.series, x: point.x, ...point.y }));
  const names = namesOf(points.map(({ series }) => series));
  const measuredAt = [...new Set(points.map((point) => point.x))];
  return {
    id,
    title,
    spec: {
      ...{ $schema: SCHEMA, title, width: 480, height: 280, data: { values } },
      encoding: {
        x: { field: 'x', type: 'quantitative', ...axis(x), axis: { values: measuredAt } },
        color: { field: 'series', type: 'nominal', legend: LEGEND, scale: { domain: names } },
      },
      layer: [
        {
          mark: { type: 'line', point: true },
          encoding: { y: { field: 'median', type: 'quantitative', ...axis(y) } },
        },
        {
          mark: { type: 'rule' },
          encoding: { y: { field: 'min', type: 'quantitative' }, y2: { field: 'max' } },
        },
      ],
    },
  };
}

/** Contenders side by side, for each of a few cases. */
export function barPlot({ id, title, y, bars }: BarPlot): Plot {
  const values = bars.map((bar) => ({ group: bar.group, series: bar.series, ...bar.y }));
  const groups = namesOf(bars.map(({ group }) => group));
  const names = namesOf(bars.map(({ series }) => series));
  return {
    id,
    title,
    spec: {
      ...{ $schema: SCHEMA, title, width: { step: 22 }, height: 280, data: { values } },
      encoding: {
        x: {
          ...{ field: 'group', type: 'nominal', title: null, sort: groups },
          axis: { labelAngle: 0 },
        },
        xOffset: { field: 'series', type: 'nominal', sort: names },
        color: { field: 'series', type: 'nominal', legend: LEGEND, scale: { domain: names } },
      },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: { y: { field: 'median', type: 'quantitative', ...axis(y) } },
        },
        {
          mark: { type: 'rule', color: 'black' },
          encoding: {
            ...{ y: { field: 'min', type: 'quantitative' }, y2: { field: 'max' } },
            color: { value: 'black' },
          },
        },
      ],
    },
  };
}

function namesOf(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function axis({ title, scale = 'linear' }: Axis) {
  return { title, scale: { type: scale } } as const;
}
