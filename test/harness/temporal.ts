// A real Temporal server for one test file, on a database of its own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { startEmbeddedTemporal, type EmbeddedTemporal } from '../../src/temporal/embedded/server';
import { searchAttributes } from '../../src/temporal/search-attributes';
import { configuredCli } from './temporal-cli';

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

export interface TestTemporalOptions {
  /** Suggests to continue as new after a dozen events, so that short tasks have several runs. */
  readonly isEager?: boolean;
  /** Callers take turns, as they do with `npm start`. Default: true. */
  readonly isFair?: boolean;
}

/** Temporal suggests to continue as new after thousands of events. */
const EAGER = 'limit.historyCount.suggestContinueAsNew=12';
const UNFAIR = 'matching.enableFairness=false';

export async function startTestTemporal({
  isEager = false,
  isFair = true,
}: TestTemporalOptions = {}): Promise<TestTemporal> {
  const cli = await configuredCli([...(isEager ? [EAGER] : []), ...(isFair ? [] : [UNFAIR])]);
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-test-'));
  let isRunning = false;
  const start = async (port: number): Promise<EmbeddedTemporal> => {
    const started = await startEmbeddedTemporal({
      cli: cli.path,
      dataDir,
      host: '127.0.0.1',
      port,
      searchAttributes: searchAttributes(),
      ui: false,
      report: () => undefined,
    });
    isRunning = true;
    void started.exited.then(() => {
      isRunning = false;
    });
    return started;
  };
  let server = await start(await nextFreePort('127.0.0.1', 0));
  const { address } = server;
  const kill = async (): Promise<void> => {
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
  };
  return {
    address,
    dataDir,
    get pid() {
      return server.pid;
    },
    kill,
    async restart() {
      server = await start(Number(address.split(':')[1]));
      if (server.address !== address) throw new Error(`port of ${address} was taken meanwhile`);
    },
    async close() {
      // Nobody reads its database any more, so that it need not take a second to end.
      if (isRunning) await kill();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
      await cli.remove();
    },
  };
}
