// The child process of the embedded server: its log, its record for the next start, and its end.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commandLineOf,
  endProcess,
  identify,
  isRunning,
  type ProcessIdentity,
} from './process-identity';

/** A stop takes a second; after this the server hangs, and SQLite survives a kill. */
const STOP_DEADLINE_MS = 10_000;

/** Weeks of errors; what is needed of it after a crash is at its end. */
const LOG_KEPT_BYTES = 16 * 1024 * 1024;

const PRINTED_BYTES = 64 * 1024;

const LOG_FILE = 'temporal.log';
const RECORD_FILE = 'temporal.pid';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves once, when the process is gone for whatever reason. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The first 64 KiB that it has printed: all of it, until long after the start. */
  readonly printed: () => Promise<string>;
  /** Stops it and resolves when it is gone. Idempotent. */
  readonly close: () => Promise<void>;
}

interface Log {
  readonly handle: FileHandle;
  readonly path: string;
  /** Where this run begins, in bytes. */
  readonly start: number;
}

/**
 * Runs the server in a process group of its own, so that a terminal's Ctrl-C reaches only its owner.
 * @throws Error when the program cannot be run.
 */
export async function launchServer(options: {
  readonly cli: string;
  readonly args: readonly string[];
  readonly dataDir: string;
}): Promise<ServerProcess> {
  const { cli, args, dataDir } = options;
  const log = await openLog(join(dataDir, LOG_FILE));
  const child = spawn(cli, args, {
    detached: true,
    stdio: ['ignore', log.handle.fd, log.handle.fd],
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  try {
    await once(child, 'spawn');
  } catch (err) {
    throw new Error(
      `the Temporal CLI ${cli} cannot be run; set TEMPORAL_CLI_PATH to one that can`,
      {
        cause: err,
      },
    );
  } finally {
    await log.handle.close();
  }
  const pid = child.pid ?? 0;
  // The last net: a process that ends without closing its server does not leave it behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  void exited.then(() => process.off('exit', kill));
  await writeRecord(dataDir, pid);
  return {
    pid,
    exited,
    printed: () => readFrom(log),
    close: () => stop(child, exited, dataDir),
  };
}

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

async function stop(child: ChildProcess, exited: Promise<Exit>, dataDir: string): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
  const record = await readRecord(dataDir);
  if (record?.pid === child.pid) await rm(join(dataDir, RECORD_FILE), { force: true });
}

async function openLog(path: string): Promise<Log> {
  const handle = await open(path, 'a');
  const { size } = await handle.stat();
  if (size <= LOG_KEPT_BYTES) return { handle, path, start: size };
  await handle.truncate();
  return { handle, path, start: 0 };
}

async function readFrom({ path, start }: Log): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(PRINTED_BYTES),
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function writeRecord(dataDir: string, pid: number): Promise<void> {
  const record = await identify(pid);
  if (record === undefined) return;
  // Renamed into place, so that a kill leaves the whole record or none.
  const partial = join(dataDir, `${RECORD_FILE}.partial`);
  await writeFile(partial, JSON.stringify(record));
  await rename(partial, join(dataDir, RECORD_FILE));
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
