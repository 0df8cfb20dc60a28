// Remembers the running server beside its database, so that the start after a kill -9 can end it.

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandLineOf,
  endProcess,
  identify,
  isRunning,
  type ProcessIdentity,
} from './process-identity';

/** As for a server of our own: a stop takes a second. */
const STOP_DEADLINE_MS = 10_000;

const RECORD_FILE = 'temporal.pid';

/**
 * Ends the server of a Longhaul process that was killed before it could. Call with the directory claimed.
 * Nothing else is touched: it must have the recorded start and our database on its command line.
 */
export async function endOrphan(options: {
  readonly dataDir: string;
  readonly database: string;
  readonly report: (line: string) => void;
}): Promise<void> {
  const record = await readRecord(options.dataDir);
  if (record === undefined) return;
  const commandLine = await commandLineOf(record.pid);
  if ((await isRunning(record)) && commandLine.includes(options.database)) {
    options.report(`Temporal server: ending process ${record.pid}, left by a killed Longhaul`);
    await endProcess(record, STOP_DEADLINE_MS);
  }
  await rm(join(options.dataDir, RECORD_FILE), { force: true });
}

/** Call right after the spawn: a kill in between leaves an orphan that nobody knows. */
export async function recordServer(dataDir: string, pid: number): Promise<void> {
  const record = await identify(pid);
  if (record === undefined) return;
  // Renamed into place, so that a kill leaves the whole record or none.
  const partial = join(dataDir, `${RECORD_FILE}.partial`);
  await writeFile(partial, JSON.stringify(record));
  await rename(partial, join(dataDir, RECORD_FILE));
}

/** Leaves the record of any other process than `pid`. */
export async function forgetServer(dataDir: string, pid: number | undefined): Promise<void> {
  const record = await readRecord(dataDir);
  if (record?.pid === pid) await rm(join(dataDir, RECORD_FILE), { force: true });
}

async function readRecord(dataDir: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(join(dataDir, RECORD_FILE), 'utf8').catch(() => 'null');
  const { pid, started } = (parsed(text) ?? {}) as Partial<ProcessIdentity>;
  if (typeof pid !== 'number' || typeof started !== 'string') return undefined;
  return { pid, started };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
