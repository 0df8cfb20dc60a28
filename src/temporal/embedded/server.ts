// Runs the Temporal server that Longhaul brings along, on the data directory that its caller has claimed.

import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextFreePort } from './free-port';
import { endOrphan } from './orphan';
import { untilReady } from './readiness';
import { launchServer, type Exit, type ServerProcess } from './server-process';
import { startDevArguments, type SearchAttributes } from './start-dev';

export interface EmbeddedTemporalOptions {
  /** Path of the Temporal CLI, see `findTemporalCli`. */
  readonly cli: string;
  /** Exists and is claimed, see `claimDataDir`. Holds `temporal.db`, `temporal.log`, `temporal.pid`. */
  readonly dataDir: string;
  readonly host: string;
  /** The wanted port: the next free one is used when it is taken, any free one for 0. */
  readonly port: number;
  readonly searchAttributes: SearchAttributes;
  /** With the web UI, on the gRPC port + 1000 or the next free one. */
  readonly ui: boolean;
  readonly report: (line: string) => void;
}

export interface EmbeddedTemporal {
  /** `host:port` of the gRPC frontend; the namespace is `default`. */
  readonly address: string;
  readonly uiUrl?: string;
  readonly pid: number;
  /** Resolves when the server is gone, also by itself. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Stops the server and resolves when it is gone, at the latest after 10 s. Idempotent. */
  readonly close: () => Promise<void>;
}

/** A second on a laptop; a cold disk and a busy machine together took 10 s. */
const START_DEADLINE_MS = 30_000;

/** Each lost race for a port tries the next one; three in a row are no accident. */
const STARTS_TRIED = 3;

const UI_PORT_OFFSET = 1_000;

/** Printed by the CLI after the ports are bound: a healthy answer before it comes from another server. */
const BANNER = /^(Temporal )?Server:/m;
const BANNER_POLL_MS = 10;

const LINES_SHOWN = 12;

class PortTakenError extends Error {}

/**
 * Starts the server and resolves when it takes workflows. The server of a killed predecessor is ended first.
 * @throws Error with the last lines it printed when it ends or is not ready within 30 s; it is stopped then.
 */
export async function startEmbeddedTemporal(
  options: EmbeddedTemporalOptions,
): Promise<EmbeddedTemporal> {
  const dataDir = await realpath(options.dataDir);
  const database = join(dataDir, 'temporal.db');
  await endOrphan({ dataDir, database, report: options.report });
  for (let wanted = options.port, tried = 1; ; tried += 1) {
    const port = await nextFreePort(options.host, wanted);
    if (port !== wanted && wanted !== 0) {
      options.report(`Temporal server: port ${wanted} is taken, using ${port}`);
    }
    try {
      return await startOn(port, { ...options, dataDir, database });
    } catch (err) {
      if (!(err instanceof PortTakenError) || tried === STARTS_TRIED) throw err;
      wanted = port + 1;
    }
  }
}

async function startOn(
  port: number,
  options: EmbeddedTemporalOptions & { readonly database: string },
): Promise<EmbeddedTemporal> {
  const { cli, dataDir, database, host, searchAttributes } = options;
  const uiPort = options.ui ? await nextFreePort(host, uiPortFor(port)) : undefined;
  const args = startDevArguments({ database, host, port, uiPort, searchAttributes });
  const server = await launchServer({ cli, args, dataDir });
  const address = `${host}:${port}`;
  try {
    await untilItServes(server, { address, searchAttributes });
  } catch (err) {
    await server.close();
    throw err;
  }
  const { pid, exited, close } = server;
  const ui = uiPort === undefined ? {} : { uiUrl: `http://${host}:${uiPort}` };
  return { address, ...ui, pid, exited, close };
}

async function untilItServes(
  server: ServerProcess,
  target: { readonly address: string; readonly searchAttributes: SearchAttributes },
): Promise<void> {
  const giveUp = new AbortController();
  const ready = untilBanner(server, giveUp.signal).then(() =>
    untilReady({ ...target, signal: giveUp.signal }),
  );
  const deadline = delay(START_DEADLINE_MS, 'late' as const, { signal: giveUp.signal });
  const first = await Promise.race([ready, server.exited, deadline]).finally(() => {
    giveUp.abort();
    // Both lose the race on purpose; their rejections are the abort itself.
    void Promise.allSettled([ready, deadline]);
  });
  if (first === undefined) return;
  const printed = await server.printed();
  if (first === 'late') {
    throw new Error(
      `the Temporal server is not ready after ${START_DEADLINE_MS} ms:\n${end(printed)}`,
    );
  }
  const how = first.signal ?? `code ${first.code ?? 0}`;
  const message = `the Temporal server ended with ${how} before it was ready:\n${end(printed)}`;
  throw /address already in use/i.test(printed) ? new PortTakenError(message) : new Error(message);
}

// A panic prints its stack last, and its reason before.
function end(printed: string): string {
  const [told = ''] = printed.split('\ngoroutine ', 1);
  return told.trim().split('\n').slice(-LINES_SHOWN).join('\n');
}

async function untilBanner(server: ServerProcess, signal: AbortSignal): Promise<void> {
  while (!BANNER.test(await server.printed())) {
    await delay(BANNER_POLL_MS, undefined, { signal });
  }
}

function uiPortFor(port: number): number {
  // An ephemeral port may be near the end of the range.
  return port + UI_PORT_OFFSET > 65_000 ? 0 : port + UI_PORT_OFFSET;
}
