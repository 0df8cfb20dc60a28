// The Temporal CLI that the tests run: found as `npm start` finds it, and kept in the same cache.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../../src/temporal/embedded/cli';

/** The path of a real Temporal CLI; fetches one on the first run of a machine without. */
export async function realCli(): Promise<string> {
  const { TEMPORAL_CLI_PATH: cliPath, PATH: searchPath = '' } = process.env;
  const { path } = await findTemporalCli({
    ...(cliPath === undefined ? {} : { cliPath }),
    searchPath,
    cacheDir: join(homedir(), '.cache', 'longhaul'),
    report: () => undefined,
  });
  return path;
}
