// The Temporal CLI that the tests run: found as `npm start` finds it, and kept in the same cache.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../src/temporal/embedded/cli';
import { writeProgram } from './program';

/** The path of a real Temporal CLI; fetches one on the first run of a machine without. */
export async function realCli(): Promise<string> {
  return (await foundCli()).path;
}

export async function cliVersion(): Promise<string> {
  return (await foundCli()).version;
}

function foundCli(): ReturnType<typeof findTemporalCli> {
  const { TEMPORAL_CLI_PATH: cliPath, PATH: searchPath = '' } = process.env;
  return findTemporalCli({
    ...(cliPath === undefined ? {} : { cliPath }),
    searchPath,
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
    report: () => undefined,
  });
}

export interface ConfiguredCli {
  readonly path: string;
  remove(): Promise<void>;
}

/** A CLI whose servers are configured otherwise than those of `npm start`. */
export async function configuredCli(values: readonly string[]): Promise<ConfiguredCli> {
  const path = await realCli();
  if (values.length === 0) return { path, remove: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-cli-'));
  const flags = values.map((value) => `--dynamic-config-value ${value}`).join(' ');
  const script = `[ "$1" = server ] && set -- "$@" ${flags}\nexec '${path}' "$@"`;
  return {
    path: await writeProgram(folder, 'temporal', script),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
