// The page of docs: every table in Markdown, and beside it a folder with the plots.

import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { renderSvg } from '../src/activities/skills/report/render';
import type { Section } from './figures';
import { sectionText, table, type Circumstances } from './report';

/** Writes `FILE.md` and its plots as `FILE/<id>.svg`. */
export async function writePage(
  file: string,
  sections: readonly Section[],
  at: Circumstances,
): Promise<void> {
  const folder = file.replace(/\.md$/, '');
  if (folder === file) throw new Error(`--markdown ${file}: the name has to end in .md`);
  const plots = sections.flatMap((section) => section.plots ?? []);
  if (plots.length > 0) await mkdir(folder, { recursive: true });
  for (const { id, spec } of plots) {
    await writeFile(join(folder, `${id}.svg`), `${await renderSvg(spec)}\n`);
  }
  await writeFile(file, pageText(sections, at, basename(folder)));
}

const MORE = [
  '## To look closer\n',
  '`npm run bench -- --only a,e` measures some sections alone. `--full` adds what takes minutes more:',
  'in (e) 2,000 chunks of each of the many streams, and 10,000 chunks of one artifact of the SDK.',
  '`--against CHECKOUT` adds another checkout of Longhaul to (a) and (b). `--cpu-prof FOLDER` leaves a',
  'CPU profile of each thread of each Node process under test; `npx speedscope FILE.cpuprofile` shows',
  'one as a flame graph, as does the performance panel of Chrome. What is profiled is slower.\n',
].join('\n');

function pageText(sections: readonly Section[], at: Circumstances, folder: string): string {
  return [
    '# Performance\n',
    'Written by `npm run bench -- --markdown docs/performance.md`; do not edit. Every figure is the',
    'median of the rounds with the lowest and the highest in brackets. The contenders of a table take',
    'turns in each round of one run on one embedded Temporal server, so their ratios hold where the',
    'absolute figures change with the machine and with what else it does.\n',
    table([
      ['date', 'machine', 'commit', 'Node', 'Temporal'],
      [at.date, at.machine, at.commit, at.node, at.temporal],
    ]),
    '',
    sections.map((section) => withPlots(section, folder)).join('\n'),
    MORE,
  ].join('\n');
}

function withPlots(section: Section, folder: string): string {
  const pictures = (section.plots ?? []).map(({ id, title }) => `![${title}](${folder}/${id}.svg)`);
  return [sectionText(section), ...pictures.map((picture) => `${picture}\n`)].join('\n');
}
