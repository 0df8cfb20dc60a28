// Real gateway and worker processes, started from the source and ended by pid.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextFreePort } from '../../src/temporal/embedded/free-port';

const ROOT = join(__dirname, '../..');
const READY_DEADLINE_MS = 30_000;
const POLL_MS = 50;

export interface TestProcess {
  readonly pid: number;
  /** `http://127.0.0.1:<port>` of the gateway, or of the worker's health port. */
  readonly url: string;
  /** What it has printed so far. */
  output(): string;
  /** Ends it with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM and resolves with its exit code. */
  stop(): Promise<number | null>;
}

export interface ProcessOptions {
  readonly temporal: { readonly address: string; readonly dataDir: string };
  /** Modules or folders for `SKILLS`. Default: the test skills. */
  readonly skills?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Port of a gateway; a free one by default. */
  readonly port?: number;
}

export const TEST_SKILLS = join(__dirname, 'skills');

export function startGateway(options: ProcessOptions): Promise<TestProcess> {
  return startProcess('gateway', options, 'PORT');
}

export function startWorker(options: ProcessOptions): Promise<TestProcess> {
  return startProcess('worker', options, 'WORKER_HEALTH_PORT');
}

async function startProcess(
  role: 'gateway' | 'worker',
  options: ProcessOptions,
  portVariable: string,
): Promise<TestProcess> {
  const port = options.port ?? (await nextFreePort('127.0.0.1', 0));
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', role], {
    cwd: ROOT,
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: options.temporal.address,
      DATA_DIR: options.temporal.dataDir,
      SKILLS: options.skills ?? TEST_SKILLS,
      LOG_LEVEL: 'warn',
      [portVariable]: String(port),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { output, stop, kill } = control(child);
  const url = `http://127.0.0.1:${String(port)}`;
  await untilReady(url, child, output);
  return { pid: child.pid ?? 0, url, output, kill, stop };
}

function control(child: ChildProcess): Pick<TestProcess, 'output' | 'kill' | 'stop'> {
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    output: () => printed,
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

async function untilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok === true) return;
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the process is not ready:\n${output()}`);
    }
    // Nothing tells that a port listens but asking it.
    await delay(POLL_MS);
  }
}
