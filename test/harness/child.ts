// One command of the program as a process of its own, run from the source unless told otherwise.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** What runs as `src/main.ts`, or stands for it. */
export interface Program {
  /** Working directory. */
  readonly cwd: string;
  /** Arguments of Node, the last of them the main module. */
  readonly node: readonly string[];
}

/** As `npm start` runs it; see docs/skills.md. */
export function fromSource(main = 'src/main.ts'): Program {
  return { cwd: ROOT, node: ['--conditions=longhaul-src', '--import', 'tsx', main] };
}

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

export function startChild(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { cwd, node }: Program = fromSource(),
): Child {
  const child = spawn(process.execPath, [...node, ...args], {
    cwd,
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
