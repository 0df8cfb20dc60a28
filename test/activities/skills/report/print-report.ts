// Prints a report on a file as JSON; a process of its own, so with its own time zone and real modules.

import { readFileSync } from 'node:fs';
import { csvFile, runReport } from './run-report';

async function main(file: string): Promise<void> {
  const { analysis, drawings } = await runReport(csvFile(readFileSync(file)));
  process.stdout.write(JSON.stringify({ analysis, drawings: [...drawings] }));
}

void main(process.argv[2] ?? '');
