// Runs `owner.ts` as a process of its own and ends it with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Owner {
  readonly pid: number;
  /** What its one line says. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
  readonly kill: () => Promise<void>;
}

const cleanups: (() => Promise<unknown>)[] = [];

/** Undoes, last first, what the test left: call it in `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const undo of cleanups.splice(0).reverse()) await undo();
}

export function later(undo: () => Promise<unknown>): void {
  cleanups.push(undo);
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-test-'));
  later(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function spawnOwner(...args: readonly string[]): Promise<Owner> {
  const script = join(__dirname, 'owner.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  later(kill);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { pid: child.pid ?? 0, said: JSON.parse(line) as Owner['said'], ended, kill };
}
