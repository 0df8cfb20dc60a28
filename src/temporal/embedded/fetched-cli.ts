// Keeps a fetched Temporal CLI in the user's cache, safe from a kill and from several first runs at once.

import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cliBelow, temporalVersion } from './executable';
import { reasonOf } from './reason';

/** The one that the server's settings in `start-dev.ts` were verified against. */
export const CLI_VERSION = '1.9.1';

/** From best to worst: the vendor's own archive first. */
const FETCH_SOURCES = ['download', 'python'] as const;
type FetchSource = (typeof FETCH_SOURCES)[number];

export interface FetchedCli {
  readonly path: string;
  readonly version: string;
  readonly source: FetchSource;
}

/** Longer than any fetch may take, so that what is older was left behind by a kill. */
const ABANDONED_AFTER_MS = 3_600_000;

const UNFINISHED = '.fetch-';

/** What an earlier run fetched into `cacheDir`, or undefined when nothing there works. */
export async function fetchedEarlier(cacheDir: string): Promise<FetchedCli | undefined> {
  for (const source of FETCH_SOURCES) {
    const cli = await tried(homeOf(cacheDir, source), source);
    if (cli !== undefined) return cli;
  }
  return undefined;
}

/**
 * Lets `fetchInto` fill a folder of its own (`bin/temporal`), tries what came, and moves it into the cache.
 * Of several at once one wins, and the others use its copy.
 */
export async function fetchIntoCache(options: {
  readonly cacheDir: string;
  readonly source: FetchSource;
  readonly fetchInto: (folder: string) => Promise<void>;
}): Promise<FetchedCli> {
  const { cacheDir, source } = options;
  await mkdir(cacheDir, { recursive: true });
  await removeAbandoned(cacheDir);
  const folder = await mkdtemp(join(cacheDir, UNFINISHED));
  try {
    await options.fetchInto(folder);
    await temporalVersion(cliBelow(folder)).catch((err: unknown) => {
      throw new Error(`what came does not run: ${reasonOf(err)}`, { cause: err });
    });
    const home = homeOf(cacheDir, source);
    await moveTo(home, folder, source);
    return { path: cliBelow(home), version: await temporalVersion(cliBelow(home)), source };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Platform and architecture are in the name, because a home directory may be mounted into a container.
function homeOf(cacheDir: string, source: FetchSource): string {
  const target = `${process.platform}-${process.arch}`;
  return join(cacheDir, `temporal-cli-${CLI_VERSION}-${target}-${source}`);
}

async function moveTo(home: string, folder: string, source: FetchSource): Promise<void> {
  try {
    await rename(folder, home);
  } catch (err) {
    // A folder that is there already is another process's copy, or a damaged one from before.
    if ((await tried(home, source)) !== undefined) return;
    const damaged = join(home, '..', `${UNFINISHED}${basename(folder)}-damaged`);
    await rename(home, damaged).catch(() => {
      throw err;
    });
    await rename(folder, home);
    await rm(damaged, { recursive: true, force: true });
  }
}

async function tried(home: string, source: FetchSource): Promise<FetchedCli | undefined> {
  const path = cliBelow(home);
  return temporalVersion(path).then(
    (version) => ({ path, version, source }),
    () => undefined,
  );
}

async function removeAbandoned(cacheDir: string): Promise<void> {
  const names = (await readdir(cacheDir)).filter((name) => name.startsWith(UNFINISHED));
  for (const path of names.map((name) => join(cacheDir, name))) {
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
