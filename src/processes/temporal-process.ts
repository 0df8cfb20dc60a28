// The Temporal server that a process speaks to: one of its own, or a given one.

import type { Config, TemporalConfig } from '../config/config';
import { findTemporalCli, type CliOptions } from '../temporal/embedded/cli';
import { startOwnTemporal } from '../temporal/embedded/own-temporal';
import { searchAttributes } from '../temporal/search-attributes';
import { say } from './process';
import type { Running } from './running';

/** Gateway and worker without Temporal settings speak to a server on this machine. */
export function givenTemporal(config: Config): TemporalConfig {
  return config.temporal ?? { connection: { address: '127.0.0.1:7233' }, namespace: 'default' };
}

/** The embedded server, unless a Temporal is set. @param stop is called when it dies. */
export async function ownOrGivenTemporal(
  config: Config,
  running: Running,
  stop: (code: number) => void,
): Promise<{ readonly temporal: TemporalConfig; readonly uiUrl?: string }> {
  if (config.temporal !== undefined) return { temporal: config.temporal };
  const { address, uiUrl, close } = await startOwnTemporal({
    dataDir: config.dataDir,
    port: config.embedded.port,
    cli: cliOptions(config),
    searchAttributes: searchAttributes(),
    report: say,
    onExit(reason) {
      say(reason);
      stop(1);
    },
  });
  running.add(close);
  const temporal = { connection: { address }, namespace: 'default' };
  return { temporal, ...(uiUrl === undefined ? {} : { uiUrl }) };
}

function cliOptions({ embedded }: Config): Omit<CliOptions, 'report'> {
  const { cliPath, searchPath, cacheDir } = embedded;
  return { searchPath, cacheDir, ...(cliPath === undefined ? {} : { cliPath }) };
}

/** Prints what `npm start` would run. */
export async function showDoctor(config: Config): Promise<void> {
  say(`Node         ${process.version}`);
  say(`data         ${config.dataDir}`);
  if (config.temporal !== undefined) {
    say(`Temporal     ${config.temporal.connection.address ?? 'by profile'} (nothing is embedded)`);
    return;
  }
  const cli = await findTemporalCli({ ...cliOptions(config), report: say });
  say(`Temporal CLI ${cli.path}`);
  say(`version      ${cli.version} (from ${cli.source})`);
}
