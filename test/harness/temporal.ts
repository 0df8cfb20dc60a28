// A real Temporal server for one test file, on a database of its own.

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../src/temporal/embedded/cli';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { startEmbeddedTemporal } from '../../src/temporal/embedded/server';
import { searchAttributes } from '../../src/temporal/search-attributes';

export interface TestTemporal {
  readonly address: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Ends the server with SIGKILL and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and database. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestTemporal(): Promise<TestTemporal> {
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-test-'));
  const cliPath = process.env['TEMPORAL_CLI_PATH'];
  const cli = await findTemporalCli({
    ...(cliPath === undefined ? {} : { cliPath }),
    searchPath: process.env['PATH'] ?? '',
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'longhaul'),
    report: () => undefined,
  });
  const start = (port: number): ReturnType<typeof startEmbeddedTemporal> =>
    startEmbeddedTemporal({
      cli: cli.path,
      dataDir,
      host: '127.0.0.1',
      port,
      searchAttributes: searchAttributes(),
      ui: false,
      report: () => undefined,
    });
  let server = await start(await nextFreePort('127.0.0.1', 0));
  const { address } = server;
  return {
    address,
    dataDir,
    get pid() {
      return server.pid;
    },
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      server = await start(Number(address.split(':')[1]));
      if (server.address !== address) throw new Error(`port of ${address} was taken meanwhile`);
    },
    async close() {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
