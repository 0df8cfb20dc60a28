// The child process of the embedded server: its log, its exit, and how it is stopped.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { forgetServer, recordServer } from './orphan';

/** A stop takes a second; after this the server hangs, and SQLite survives a kill. */
const STOP_DEADLINE_MS = 10_000;

/** Weeks of errors; more of them would only fill the disk. */
const LOG_KEPT_BYTES = 16 * 1024 * 1024;

/** A start prints half a kilobyte; a panic with its stacks still fits. */
const PRINTED_BYTES = 64 * 1024;

const LOG_FILE = 'temporal.log';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves once, when the process is gone for whatever reason. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The first 64 KiB that it has printed: for the start, and for why it failed. */
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
    const message = `the Temporal CLI ${cli} cannot be run; set TEMPORAL_CLI_PATH to one that can`;
    throw new Error(message, { cause: err });
  } finally {
    await log.handle.close();
  }
  const pid = child.pid ?? 0;
  const close = (): Promise<void> => stop(child, exited, dataDir);
  killOnExit(child);
  try {
    await recordServer(dataDir, pid);
  } catch (err) {
    await close();
    throw err;
  }
  return { pid, exited, printed: () => readFrom(log), close };
}

/** The last net: a process that ends without closing its server does not leave it behind. */
function killOnExit(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

async function stop(child: ChildProcess, exited: Promise<Exit>, dataDir: string): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
  await forgetServer(dataDir, child.pid);
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
