// Real gateway and worker processes, ended by pid.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { fromSource, startChild, type Child, type Program } from './child';

/** A few seconds, but on a machine that is busy with other things. */
const READY_DEADLINE_MS = 60_000;
const POLL_MS = 50;

/** A free port may be taken by somebody else until the process is there to listen to it. */
const STARTS = 3;
const PORT_IS_TAKEN = /EADDRINUSE|is taken/;

export interface TestProcess {
  readonly pid: number;
  /** `http://127.0.0.1:<port>` of the gateway, or of the worker's health port. */
  readonly url: string;
  /** `127.0.0.1:<port>` of a gateway that serves gRPC, else empty. */
  readonly grpcAddress: string;
  /** What it has printed so far. */
  output(): string;
  /** Ends it with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it with SIGTERM and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly temporal: { readonly address: string; readonly dataDir: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Gives a gateway a free `GRPC_PORT`. Default: false. */
  readonly servesGrpc?: boolean;
  /** Default: this checkout's source. */
  readonly program?: Program;
}

export const TEST_SKILLS = join(__dirname, 'skills');

const PROGRAMS = {
  gateway: fromSource(),
  worker: fromSource('test/harness/worker-main.ts'),
} as const;

export function startGateway(options: ProcessOptions): Promise<TestProcess> {
  return startProcess('gateway', options, 'PORT');
}

export function startWorker(options: ProcessOptions): Promise<TestProcess> {
  return startProcess('worker', options, 'WORKER_HEALTH_PORT');
}

async function startProcess(
  role: 'gateway' | 'worker',
  { temporal, env, servesGrpc = false, program = PROGRAMS[role] }: ProcessOptions,
  portVariable: string,
): Promise<TestProcess> {
  for (let start = 1; ; start += 1) {
    const port = await nextFreePort('127.0.0.1', 0);
    const grpcPort = servesGrpc ? String(await nextFreePort('127.0.0.1', 0)) : '';
    const settings = {
      ...process.env,
      TEMPORAL_ADDRESS: temporal.address,
      DATA_DIR: temporal.dataDir,
      SKILLS: TEST_SKILLS,
      LOG_LEVEL: 'warn',
      [portVariable]: String(port),
      GRPC_PORT: grpcPort,
      ...env,
    };
    const child = startChild([role], settings, program);
    const url = `http://127.0.0.1:${String(port)}`;
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      await child.end(signal);
    };
    if (await isReadyInTime(url, child)) {
      return {
        pid: child.pid,
        url,
        grpcAddress: servesGrpc ? `127.0.0.1:${grpcPort}` : '',
        output: () => child.output(),
        kill: () => end('SIGKILL'),
        stop: () => end('SIGTERM'),
      };
    }
    await end('SIGKILL');
    if (start < STARTS && PORT_IS_TAKEN.test(child.output())) continue;
    throw new Error(`the process is not ready:\n${child.output()}`);
  }
}

async function isReadyInTime(url: string, child: Child): Promise<boolean> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  while (!child.hasEnded() && Date.now() < deadline) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok === true) return true;
    // Nothing tells that a port listens but asking it.
    await delay(POLL_MS);
  }
  return false;
}
