// Writes docs/conformance.md: what each test of this folder found, in tables that never change their order.

import { ERRORS } from './errors';
import { GUARANTEES } from './guarantees';
import { OPERATIONS } from './operations';
import { WAYS, nameOf, type Generation, type Via } from './via';

export type Finding = 'passes' | 'fails' | '-';

/** Of an operation or an error, by its name, on one way. */
export type Findings = (name: string, via: Via) => Finding;

type Row = readonly string[];

const INTRODUCTION = `# Conformance

Written by \`npm run conformance\`: each cell is a test against real processes, with requests as raw as the binding has
them, and answers that are checked field by field. The test run fails when this document says something else than it found.

\`-\`: the generation, or the binding, does not have it.
`;

export function documentOf(findings: Findings): string {
  return [
    INTRODUCTION,
    '## Operations\n',
    table(
      ['operation', '1.0 §', '0.3 §', ...WAYS.map(nameOf)],
      OPERATIONS.map(({ operation, sections }) => [
        operation,
        ...sectionsOf(sections),
        ...WAYS.map((via) => findings(operation, via)),
      ]),
    ),
    'What is checked besides the fields of every answer:\n',
    OPERATIONS.map(({ operation, holds }) => `- ${operation}: ${holds}.`).join('\n') + '\n',
    '## Errors\n',
    table(
      ['error', 'reason', 'JSON-RPC', 'HTTP', 'gRPC'],
      ERRORS.map(({ error, reason, code, http, grpc }) => [
        ...[error, `\`${reason}\``, String(code), String(http), `\`${grpc}\``],
      ]),
    ),
    table(
      ['error', '1.0 §', '0.3 §', ...WAYS.map(nameOf)],
      ERRORS.map(({ error, sections }) => [
        error,
        ...sectionsOf(sections),
        ...WAYS.map((via) => findings(error, via)),
      ]),
    ),
    '## What clients may rely on besides\n',
    'Each was found by running a real client or server. The test named beside it fails without it.\n',
    table(
      ['guarantee', 'test'],
      GUARANTEES.map(({ says, file, title }) => [says, `\`${file}\`: ${title}`]),
    ),
  ].join('\n');
}

function sectionsOf(sections: Readonly<Partial<Record<Generation, string>>>): Row {
  return [sections['1.0'] ?? '-', sections['0.3'] ?? '-'];
}

/** As prettier aligns it; only ASCII, so that a character is a column. */
function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, at) => Math.max(3, ...[head, ...rows].map((row) => row[at]!.length)));
  const line = (row: Row): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n') + '\n';
}
