// Draws a chart as SVG with Vega. The same chart gives the same bytes.

import type { TopLevelSpec } from 'vega-lite';

let queue: Promise<unknown> = Promise.resolve();

/** One at a time: the ids in an SVG count up in the whole process and start anew with every chart. */
export function renderSvg(spec: TopLevelSpec): Promise<string> {
  const svg = queue.then(() => draw(spec));
  queue = svg.catch(() => undefined);
  return svg;
}

async function draw(spec: TopLevelSpec): Promise<string> {
  // Both are big, and a worker that never draws should not hold them.
  const { View, parse, resetSVGDefIds, Warn } = await import('vega');
  const { compile } = await import('vega-lite');
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: Warn });
  try {
    resetSVGDefIds();
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
