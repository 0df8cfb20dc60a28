// The figures as text: tables in Markdown, for the terminal and for the page of docs.

import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { isMet, type Goal, type Section } from './figures';
import { ROOT } from './processes';
import type { Spread } from './statistics';

/** Where and on what the figures were measured. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly commit: string;
  readonly node: string;
  readonly temporal: string;
}

export function circumstances(temporal: string): Circumstances {
  const [cpu] = cpus();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? 'CPU'}, ${gib} GiB`,
    commit: commitOf(ROOT),
    node: process.version,
    temporal: `CLI ${temporal}`,
  };
}

/** Every table and goal in Markdown, readable in a terminal too. */
export function sectionText(section: Section): string {
  const { id, title, method, columns, rows, goals } = section;
  const figures = table([
    ['', ...columns],
    ...rows.map(({ name, cells }) => [name, ...cells.map(spreadText)]),
  ]);
  const explained = rows.filter(({ meaning }) => meaning !== '');
  const meanings = explained.map(({ name, meaning }) => `- **${name}**: ${meaning}`).join('\n');
  const held = table([
    ['ratio or bound', 'measured', 'goal', ''],
    ...goals.map((goal) => [goal.name, spreadText(goal.value), boundText(goal), verdict(goal)]),
  ]);
  return `## (${id}) ${title}\n\n${method}\n\n${figures}\n\n${meanings}\n\n${held}\n`;
}

function commitOf(cwd: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd }).toString().trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'src') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes in src' : '');
  } catch {
    return 'unknown';
  }
}

function verdict(goal: Goal): string {
  if (boundText(goal) === '') return '';
  return isMet(goal) ? 'met' : 'missed';
}

function boundText({ atLeast, atMost }: Goal): string {
  if (atLeast !== undefined) return `≥ ${atLeast}`;
  return atMost === undefined ? '' : `≤ ${atMost}`;
}

function spreadText({ median, min, max }: Spread): string {
  if (Number.isNaN(median)) return '–';
  return min === max ? round(median) : `${round(median)} (${round(min)}–${round(max)})`;
}

function round(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** In Markdown, padded as prettier pads it. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(head), line(rule), ...body.map(line)].join('\n');
}
