// One command of `src/main.ts` as a process of its own, run from the source.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

export interface Child {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  hasEnded(): boolean;
  /** Resolves with the exit code, null after a signal; everything is printed by then. */
  readonly ended: Promise<number | null>;
  /** Sends the signal, unless it is over already, and resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** @param main what stands for `src/main.ts`, from the root of the project. Default: itself. */
export function startChild(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  main = 'src/main.ts',
): Child {
  // As `npm start` does it; see docs/skills.md.
  const node = ['--conditions=longhaul-src', '--import', 'tsx', main];
  const child = spawn(process.execPath, [...node, ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => code);
  return {
    pid: child.pid ?? 0,
    output: () => printed,
    hasEnded,
    ended,
    end(signal) {
      if (!hasEnded()) child.kill(signal);
      return ended;
    },
  };
}
