// The Temporal CLI that the tests run: found as `npm start` finds it, and kept in the same cache.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../src/temporal/embedded/cli';
import { writeProgram } from './program';

/** The path of a real Temporal CLI; fetches one on the first run of a machine without. */
export async function realCli(): Promise<string> {
  const { TEMPORAL_CLI_PATH: cliPath, PATH: searchPath = '' } = process.env;
  const { path } = await findTemporalCli({
    ...(cliPath === undefined ? {} : { cliPath }),
    searchPath,
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
    report: () => undefined,
  });
  return path;
}

export interface EagerCli {
  readonly path: string;
  remove(): Promise<void>;
}

/** Temporal suggests to continue as new after thousands of events; a server of this CLI after twelve. */
export async function eagerCli(): Promise<EagerCli> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-cli-'));
  const suggestion = '--dynamic-config-value limit.historyCount.suggestContinueAsNew=12';
  const script = `[ "$1" = server ] && set -- "$@" ${suggestion}\nexec '${await realCli()}' "$@"`;
  const path = await writeProgram(folder, 'temporal', script);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
