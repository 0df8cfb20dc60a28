// The embedded Temporal server on a database of its own, as `npm start` runs it.

import { Client, Connection } from '@temporalio/client';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../src/temporal/embedded/cli';
import { nextFreePort } from '../src/temporal/embedded/free-port';
import { startEmbeddedTemporal } from '../src/temporal/embedded/server';
import { searchAttributes } from '../src/temporal/search-attributes';

export interface BenchTemporal {
  readonly address: string;
  /** A plain client with nothing of ours around it. */
  readonly client: Client;
  readonly pid: number;
  /** Also the data directory of the processes under test. */
  readonly dataDir: string;
  /** What runs: the version of the CLI. */
  readonly version: string;
  close(): Promise<void>;
}

export async function startBenchTemporal(): Promise<BenchTemporal> {
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-bench-'));
  const removeData = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const cliPath = process.env['TEMPORAL_CLI_PATH'];
    const cli = await findTemporalCli({
      ...(cliPath === undefined ? {} : { cliPath }),
      searchPath: process.env['PATH'] ?? '',
      cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
      report: () => undefined,
    });
    const server = await startEmbeddedTemporal({
      cli: cli.path,
      dataDir,
      host: '127.0.0.1',
      port: await nextFreePort('127.0.0.1', 0),
      searchAttributes: searchAttributes(),
      ui: false,
      report: () => undefined,
    });
    const { address } = server;
    const connection = Connection.lazy({ address });
    return {
      address,
      client: new Client({ connection }),
      pid: server.pid,
      dataDir,
      version: cli.version,
      async close() {
        await connection.close();
        await server.close();
        await removeData();
      },
    };
  } catch (err) {
    await removeData();
    throw err;
  }
}
