// Finds and tries programs on a search path that is given: used by the steps that look for the Temporal CLI.

import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { whyProgramFailed } from './reason';

const run = promisify(execFile);

/** `--version` takes 0.1 s; the first run of an unknown program on macOS is scanned for seconds. */
const VERSION_DEADLINE_MS = 10_000;

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** Every executable file called `name` on the search path, in its order. */
export async function executablesOn(searchPath: string, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of new Set(searchPath.split(delimiter))) {
    if (folder === '') continue;
    const path = resolve(folder, name + SUFFIX);
    if (await isExecutable(path)) found.push(path);
  }
  return found;
}

/** Where the `temporal` of a fetched CLI lies below its folder. */
export function cliBelow(folder: string): string {
  return join(folder, 'bin', `temporal${SUFFIX}`);
}

/**
 * The version that `path --version` prints.
 * @throws Error that says in a few words why this is no usable Temporal CLI.
 */
export async function temporalVersion(path: string): Promise<string> {
  const { stdout } = await run(path, ['--version'], { timeout: VERSION_DEADLINE_MS }).catch(
    (err: unknown) => {
      throw new Error(whyProgramFailed(err), { cause: err });
    },
  );
  const version = /^temporal version (\S+)/m.exec(stdout)?.[1];
  if (version === undefined) throw new Error('`--version` does not say "temporal version"');
  return version;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
