// Programs for the tests to run: shell scripts, written where a test wants them.

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Resolves with the path of the program called `name`. */
export async function writeProgram(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}
