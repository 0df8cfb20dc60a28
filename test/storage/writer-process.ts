// Runs `writer.ts` as a process of its own, to be killed while it stores a part.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from '../harness/eventually';

export interface Writer {
  /** Resolves when a good deal of the part has left it. */
  readonly hasWritten: Promise<unknown>;
  /** Ends it with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Where it writes to. */
export type Target =
  { readonly directory: string } | { readonly endpoint: string; readonly bucket: string };

export function startWriter(target: Target): Writer {
  const args = ['--import', 'tsx', join(__dirname, 'writer.ts'), JSON.stringify(target)];
  // What the test has set counts too: Jest's environment is a copy.
  const { env } = process;
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    hasWritten: within('the first bytes', once(child.stdout, 'data')),
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
