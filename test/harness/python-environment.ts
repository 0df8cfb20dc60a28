// Virtual environments with the pinned packages of a requirements file, made on the first run and kept in the user's cache.

import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PYTHON = 'python3';

/** Half a minute on a quick line; gRPC's wheels have 10 MB. */
const INSTALL_DEADLINE_MS = 180_000;

/**
 * Resolves with the Python of an environment that holds what `<folder>/requirements.txt` pins, each
 * package by its hash.
 */
export async function pythonWith(folder: string): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  const kept = join(cacheDir(), `${basename(folder)}-${await keyOf(requirements)}`);
  const python = join(kept, 'bin', 'python');
  if (await isThere(python)) return python;
  const fresh = `${kept}.${randomUUID()}`;
  try {
    await install(requirements, fresh);
    // Whoever is first wins; nobody sees an environment that is half there.
    await rename(fresh, kept);
  } catch (err) {
    await rm(fresh, { recursive: true, force: true });
    if (!(await isThere(python))) throw err;
  }
  return python;
}

function cacheDir(): string {
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(caches, 'longhaul', 'test-clients');
}

async function keyOf(requirements: string): Promise<string> {
  const { stdout: version } = await run(PYTHON, ['-VV']);
  const pinned = await readFile(requirements, 'utf8');
  return createHash('sha256').update(version).update(pinned).digest('hex').slice(0, 16);
}

/** Without pip inside: that of the machine installs into it, and no package of `venv` is needed. */
async function install(requirements: string, environment: string): Promise<void> {
  await mkdir(cacheDir(), { recursive: true });
  await run(PYTHON, ['-m', 'venv', '--without-pip', environment]);
  const pip = ['-m', 'pip', '--python', join(environment, 'bin', 'python'), 'install'];
  const how = ['--quiet', '--no-input', '--disable-pip-version-check'];
  const what = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', requirements];
  await run(PYTHON, [...pip, ...how, ...what], { timeout: INSTALL_DEADLINE_MS });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
