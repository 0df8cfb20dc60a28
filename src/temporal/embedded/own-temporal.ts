// The Temporal server of `npm start`, from claim to release: data directory, CLI, server.

import { join } from 'node:path';
import { findTemporalCli, type CliOptions } from './cli';
import { claimDataDir } from './data-dir';
import { startEmbeddedTemporal, type EmbeddedTemporal } from './server';
import type { SearchAttributes } from './start-dev';

export interface OwnTemporalOptions {
  readonly dataDir: string;
  /** See `EmbeddedTemporalOptions.port`. */
  readonly port: number;
  readonly cli: Omit<CliOptions, 'report'>;
  readonly searchAttributes: SearchAttributes;
  readonly report: (line: string) => void;
  /** Told when the server ends without being closed. */
  readonly onExit: (reason: string) => void;
}

/**
 * @throws Error when another process uses the data directory, when there is no CLI to be had, or
 * when the server does not start; nothing is left running then.
 */
export async function startOwnTemporal(
  options: OwnTemporalOptions,
): Promise<Pick<EmbeddedTemporal, 'address' | 'uiUrl' | 'close'>> {
  const { dataDir, port, report, searchAttributes, onExit } = options;
  const claim = await claimDataDir(dataDir, report);
  try {
    const cli = await findTemporalCli({ ...options.cli, report });
    const server = await startEmbeddedTemporal({
      ...{ dataDir, port, report, searchAttributes },
      cli: cli.path,
      host: '127.0.0.1',
      ui: true,
    });
    let isClosing = false;
    void server.exited.then(() => {
      if (isClosing) return;
      const logFile = join(dataDir, 'temporal.log');
      onExit(`the embedded Temporal server ended by itself; see ${logFile}`);
    });
    return {
      address: server.address,
      ...(server.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
      async close() {
        isClosing = true;
        await server.close();
        await claim.release();
      },
    };
  } catch (err) {
    await claim.release();
    throw err;
  }
}
