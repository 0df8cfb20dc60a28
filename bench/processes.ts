// The processes that are measured: the program in its roles, and the worker of the bare workflows.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextFreePort } from '../src/temporal/embedded/free-port';
import { pythonWith } from '../test/harness/python-environment';
import { profileFlags } from './cpu-profiles';

/** The checkout that this file belongs to. */
export const ROOT = join(__dirname, '..');

const SKILLS = join(__dirname, 'skills.mjs');
const PEER_WORKER = join(__dirname, 'peers/worker.ts');
const PEER_SERVER = join(__dirname, 'peers/server.ts');
const PYTHON_PEER = join(__dirname, 'peers/a2a-python');

const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 50;

const FROM_SOURCE = ['--import', 'tsx'];

export type Role = 'start' | 'gateway' | 'worker';

/** As `npm start`, `npm run gateway` and `npm run worker` start them: their memory is measured, and how soon they are there. */
const ARGUMENTS: Readonly<Record<Role, readonly string[]>> = {
  start: [...FROM_SOURCE, 'src/main.ts', 'start'],
  gateway: ['--max-semi-space-size=8', '--max-old-space-size=768', 'dist/main.js', 'gateway'],
  worker: ['dist/main.js', 'worker'],
};

export interface BenchProcess {
  readonly pid: number;
  /** Of the gateway, or of the worker's health port. */
  readonly url: string;
  /** Ends it with SIGTERM and resolves when it is gone. */
  close(): Promise<void>;
  /** The same with SIGKILL. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  readonly role: Role;
  /** Without an address it brings its own server along, as `npm start` does. */
  readonly temporal: { readonly address?: string; readonly dataDir: string };
  readonly taskQueue: string;
  /** Checkout whose `src/main.ts` runs. Default: this one. */
  readonly root?: string;
}

/** Resolves when it is ready for calls. */
export async function startProgram(options: ProgramOptions): Promise<BenchProcess> {
  const { role, temporal, taskQueue, root = ROOT } = options;
  const port = String(await nextFreePort('127.0.0.1', 0));
  const { address } = temporal;
  const child = launch(ARGUMENTS[role], root, {
    ...(address === undefined ? await ownTemporal() : { TEMPORAL_ADDRESS: address }),
    DATA_DIR: temporal.dataDir,
    TASK_QUEUE: taskQueue,
    SKILLS,
    LOG_LEVEL: 'warn',
    [role === 'worker' ? 'WORKER_HEALTH_PORT' : 'PORT']: port,
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(child, () => answers(`${url}/readyz`));
  return started(child, url);
}

async function ownTemporal(): Promise<Record<string, string>> {
  return { EMBEDDED_TEMPORAL_PORT: String(await nextFreePort('127.0.0.1', 0)) };
}

export async function startPeerWorker(address: string, taskQueue: string): Promise<BenchProcess> {
  const child = launch([...FROM_SOURCE, PEER_WORKER, address, taskQueue], ROOT, {});
  let hasSaidReady = false;
  child.process.once('message', () => {
    hasSaidReady = true;
  });
  await ready(child, () => Promise.resolve(hasSaidReady));
  return started(child, '');
}

/** An A2A server of the official SDK for JavaScript. */
export async function startPeerServer(): Promise<BenchProcess> {
  const child = launch([...FROM_SOURCE, PEER_SERVER], ROOT, {});
  let port: number | undefined;
  child.process.once('message', (said) => {
    ({ port } = said as { readonly port: number });
  });
  await ready(child, () => Promise.resolve(port !== undefined));
  return started(child, `http://127.0.0.1:${String(port)}`);
}

function started({ process: child }: Launched, url: string): BenchProcess {
  return {
    pid: child.pid ?? 0,
    url,
    close: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

/**
 * An A2A server of the official SDK for Python, of the releases that its `requirements.txt` pins.
 *
 * @param database file of its task store and event stream. Default: none, it is in memory.
 */
export async function startPythonServer(database?: string): Promise<BenchProcess> {
  const args = [join(PYTHON_PEER, 'server.py'), ...(database === undefined ? [] : [database])];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const child = listenTo(spawn(await pythonWith(PYTHON_PEER), args, { env }));
  const port = (): string | undefined => /^(\d+)\n/.exec(child.printed())?.[1];
  await ready(child, () => Promise.resolve(port() !== undefined));
  return started(child, `http://127.0.0.1:${String(port())}`);
}

interface Launched {
  readonly process: ChildProcess;
  printed(): string;
}

function launch(args: readonly string[], cwd: string, env: Record<string, string>): Launched {
  const name = `${basename(args.at(-1) ?? '')} ${env['TASK_QUEUE'] ?? 'peer'}`;
  return listenTo(
    spawn(process.execPath, [...profileFlags(name), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
  );
}

function listenTo(child: ChildProcess): Launched {
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return { process: child, printed: () => printed };
}

async function ready(child: Launched, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (!(await isReady())) {
    if (child.process.exitCode !== null || Date.now() > deadline) {
      child.process.kill('SIGKILL');
      throw new Error(
        `${child.process.spawnargs.slice(1).join(' ')} is not ready:\n${child.printed()}`,
      );
    }
    await delay(READY_POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  return response?.ok === true;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
